//! Recording that a voucher is past its last day.

use annona_definitions::programme::{NoticeEvent, Recipient};

use super::Decision;
use super::recorder::Recorder;
use crate::application::{Voucher, VoucherStatus};
use crate::effect::Effect;
use crate::event::Body;
use crate::id::Who;
use crate::refusal::Refusal;

/// Records the expiry; a voucher is refused from its end on whether or not this has run.
pub(super) fn expire(mut recorder: Recorder<'_>) -> Result<Decision, Refusal> {
    if recorder.command.who != Who::Engine {
        return Err(Refusal::NotFound);
    }
    let voucher = recorder.application()?.voucher.clone().ok_or(Refusal::NotFound)?;
    let open = matches!(voucher.status, VoucherStatus::Active | VoucherStatus::PartRedeemed);
    if !open || recorder.now < voucher.expires_at {
        return Err(Refusal::AlreadyDone);
    }
    recorder.record(Body::VoucherExpired);
    if unused(&voucher) {
        recorder.effect(Effect::ReleaseOncePer);
    }
    recorder.notify(NoticeEvent::VoucherExpired, &Recipient::Applicant);
    recorder.done()
}

/// Returns whether nothing of a voucher was redeemed: then its approval does not count for `once_per`.
pub(super) fn unused(voucher: &Voucher) -> bool {
    voucher.redemptions.is_empty()
}
