//! Sending an application.

use annona_definitions::programme::{NoticeEvent, Programme, Recipient};
use jiff::Timestamp;

use super::eligibility::{self, Eligible};
use super::recorder::Recorder;
use super::{Decision, open};
use crate::application::HoldPoint;
use crate::command::{Command, Submit};
use crate::effect::Effect;
use crate::event::Body;
use crate::facts::Facts;
use crate::id::{ApplicationId, Who};
use crate::reference::Reference;
use crate::refusal::Refusal;

/// Takes an application: form, then eligibility, then the first stage.
pub(super) fn submit(
    programme: &Programme,
    submit: &Submit,
    command: &Command,
    facts: &Facts,
    now: Timestamp,
) -> Result<Decision, Refusal> {
    let allowed = match command.who {
        Who::Applicant => true,
        Who::Person(_) => facts.rights.holds("intake"),
        Who::Provider(_) | Who::Engine => false,
    };
    if !allowed || submit.programme != programme.id {
        return Err(Refusal::NotFound);
    }
    let (values, documents) =
        super::decision::read_whole(&programme.form, &submit.form, programme.terms(now), facts)
            .map_err(|errors| Refusal::FormInvalid { errors })?;

    let mut recorder =
        Recorder::before_submission(programme, new_id(facts, now), command, facts, now);
    let form = recorder.record_form("form", &programme.form, values);
    let reference = Reference::mint(programme.id.as_str(), &head(facts.seed.bytes("reference")));
    recorder.record(Body::Submitted {
        programme: programme.id.clone(),
        reference,
        form,
        documents,
    });
    recorder.notify(NoticeEvent::Submitted, &Recipient::Applicant);
    match eligibility::check(&mut recorder) {
        Eligible::Yes => {
            recorder.effect(Effect::TakeOncePer);
            open::open_from(&mut recorder, 0);
        }
        Eligible::No(rule) => eligibility::reject(&mut recorder, rule, None)?,
        Eligible::CannotRun(cause) => {
            // A key that somebody else has is not taken: the retry will find the duplicate.
            if facts.duplicates.is_empty() {
                recorder.effect(Effect::TakeOncePer);
            }
            open::hold(&mut recorder, HoldPoint::Eligibility { returned: None }, cause);
        }
    }
    recorder.done()
}

/// Returns a `UUIDv7` of the instant and the seed.
fn new_id(facts: &Facts, now: Timestamp) -> ApplicationId {
    let millis = u64::try_from(now.as_millisecond()).unwrap_or(0);
    let random: [u8; 10] = head(facts.seed.bytes("application"));
    ApplicationId(uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid())
}

/// Returns the first bytes of a draw.
pub(super) fn head<const N: usize>(bytes: [u8; 32]) -> [u8; N] {
    let mut head = [0; N];
    for (to, from) in head.iter_mut().zip(bytes) {
        *to = from;
    }
    head
}
