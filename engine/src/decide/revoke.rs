//! Revoking a voucher.

use annona_definitions::programme::{NoticeEvent, Recipient};

use super::Decision;
use super::expire::unused;
use super::recorder::Recorder;
use crate::application::VoucherStatus;
use crate::effect::Effect;
use crate::event::Body;
use crate::id::Who;
use crate::refusal::Refusal;

/// Revokes what is left of a voucher, with the issuer's words for why.
pub(super) fn revoke(mut recorder: Recorder<'_>, note: &str) -> Result<Decision, Refusal> {
    if !matches!(recorder.command.who, Who::Person(_)) || !recorder.facts.rights.holds("issuer") {
        return Err(Refusal::NotFound);
    }
    let voucher = recorder.application()?.voucher.clone().ok_or(Refusal::NotFound)?;
    match voucher.status {
        VoucherStatus::Active | VoucherStatus::PartRedeemed => {}
        VoucherStatus::Revoked => return Err(Refusal::VoucherRevoked),
        VoucherStatus::Redeemed => {
            return Err(Refusal::VoucherUsedUp { why: "nothing is left to revoke".to_owned() });
        }
        VoucherStatus::Expired => {
            let day = recorder.programme.calendar.date(voucher.expires_at);
            return Err(Refusal::VoucherExpired { on: day.yesterday().unwrap_or(day).to_string() });
        }
    }
    if note.trim().is_empty() {
        return Err(Refusal::NoteRequired);
    }
    recorder.because(None, Some(note))?;
    recorder.record(Body::VoucherRevoked);
    if unused(&voucher) {
        recorder.effect(Effect::ReleaseOncePer);
    }
    recorder.notify(NoticeEvent::VoucherRevoked, &Recipient::Applicant);
    recorder.done()
}
