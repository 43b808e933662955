//! Withdrawing an application.

use annona_definitions::programme::{NoticeEvent, Recipient};

use super::Decision;
use super::answer::is_applicant;
use super::recorder::Recorder;
use crate::effect::Effect;
use crate::event::Body;
use crate::refusal::Refusal;

/// Ends an application at its applicant's wish.
pub(super) fn withdraw(mut recorder: Recorder<'_>) -> Result<Decision, Refusal> {
    is_applicant(&recorder)?;
    let application = recorder.application()?;
    if application.has_ended() {
        return Err(Refusal::AlreadyEnded);
    }
    if application.held.is_some() {
        recorder.effect(Effect::CloseIncident);
    }
    recorder.record(Body::Withdrawn);
    recorder.effect(Effect::ReleaseOncePer);
    recorder.notify(NoticeEvent::Withdrawn, &Recipient::Applicant);
    recorder.done()
}
