//! The rules that an application must meet when it is sent, and again when it was corrected.

use annona_definitions::programme::{EligibilityRule, NoticeEvent, ReasonId, Recipient};

use super::recorder::Recorder;
use crate::effect::Effect;
use crate::event::{Body, FactRecord, RejectedBy};
use crate::refusal::Refusal;

/// What the rules say.
pub(super) enum Eligible {
    /// All are met.
    Yes,
    /// The rule at this place is not.
    No(usize),
    /// A rule cannot run.
    CannotRun(String),
}

/// Checks the rules in order, up to the first that fails.
pub(super) fn check(recorder: &mut Recorder<'_>) -> Eligible {
    for (place, eligibility) in recorder.programme.eligibility.iter().enumerate() {
        match &eligibility.rule {
            EligibilityRule::Require(guard) => {
                match recorder.truth(format!("eligibility.{place}.require"), guard, None).0 {
                    Ok(true) => {}
                    Ok(false) => return Eligible::No(place),
                    Err(cause) => return Eligible::CannotRun(cause.to_string()),
                }
            }
            EligibilityRule::OncePer { .. } => {
                if let Some(earlier) = recorder.facts.duplicates.get(&place) {
                    let rule = u16::try_from(place).unwrap_or(u16::MAX);
                    recorder.relies_on(FactRecord::Duplicate { rule, earlier: *earlier });
                    return Eligible::No(place);
                }
            }
        }
    }
    Eligible::Yes
}

/// Records the rejection by a rule.
pub(super) fn reject(
    recorder: &mut Recorder<'_>,
    rule: usize,
    note: Option<&str>,
) -> Result<(), Refusal> {
    let reason: Option<ReasonId> =
        recorder.programme.eligibility.get(rule).map(|rule| rule.otherwise.clone());
    recorder.because(reason, note)?;
    recorder.record(Body::Rejected {
        by: RejectedBy::Eligibility(u16::try_from(rule).unwrap_or(u16::MAX)),
    });
    recorder.effect(Effect::ReleaseOncePer);
    recorder.notify(NoticeEvent::Rejected, &Recipient::Applicant);
    Ok(())
}
