//! Erasing the personal values of an application that is over.

use super::Decision;
use super::recorder::Recorder;
use crate::application::VoucherStatus;
use crate::effect::Effect;
use crate::event::Body;
use crate::id::Who;
use crate::refusal::Refusal;

/// Erases at an administrator's wish, or when the time to keep is over.
pub(super) fn erase(mut recorder: Recorder<'_>) -> Result<Decision, Refusal> {
    let allowed = match recorder.command.who {
        Who::Person(_) => recorder.facts.rights.holds("administrator"),
        Who::Engine => true,
        Who::Provider(_) | Who::Applicant => false,
    };
    if !allowed {
        return Err(Refusal::NotFound);
    }
    let application = recorder.application()?;
    if application.erased {
        return Err(Refusal::AlreadyDone);
    }
    let redeemable = application.voucher.as_ref().is_some_and(|voucher| {
        matches!(voucher.status, VoucherStatus::Active | VoucherStatus::PartRedeemed)
            && recorder.now < voucher.expires_at
    });
    // What cannot be opened any more is not kept by refusing.
    if !recorder.facts.key_is_gone && (!application.has_ended() || redeemable) {
        return Err(Refusal::StillOpen);
    }
    recorder.record(Body::Erased);
    recorder.effect(Effect::DestroyKey);
    recorder.done()
}
