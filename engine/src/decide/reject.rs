//! Rejecting: ends the application, with a reason.

use annona_definitions::programme::{NoticeEvent, Recipient};

use super::Decision;
use super::decision::{self, may_decide};
use super::recorder::Recorder;
use crate::command::Decide;
use crate::effect::Effect;
use crate::event::{Body, RejectedBy};
use crate::refusal::Refusal;

/// Rejects with one of the programme's reasons.
pub(super) fn reject(mut recorder: Recorder<'_>, decide: &Decide) -> Result<Decision, Refusal> {
    let (task, stage) = may_decide(&recorder, decide)?;
    let offered = &recorder.programme.reasons.reject;
    decision::reason(&mut recorder, decide, offered, true)?;
    end(&mut recorder, RejectedBy::Officer { stage: stage.id.clone(), task: task.number });
    recorder.done()
}

/// Records a rejection whose reason is noted already.
pub(super) fn end(recorder: &mut Recorder<'_>, by: RejectedBy) {
    recorder.record(Body::Rejected { by });
    recorder.effect(Effect::ReleaseOncePer);
    recorder.notify(NoticeEvent::Rejected, &Recipient::Applicant);
}
