//! Refusals that are answered although something was recorded, read back from what was recorded.

use crate::application::{Application, HoldPoint};
use crate::event::{Body, Event};
use crate::refusal::{MAX_FAILED_CHECKS, Refusal};

/// Returns the refusal that a request was answered with, by its events and the application as it stood after them.
#[must_use]
pub fn refused(application: &Application, events: &[Event]) -> Option<Refusal> {
    let body = &events.last()?.body;
    if let Body::CheckFailed { locked_until } = body {
        let failed = application.voucher.as_ref().map_or(0, |voucher| voucher.failed_checks);
        return Some(match locked_until {
            Some(until) => Refusal::CheckLocked { until: until.to_string() },
            None => Refusal::CheckFailed { left: MAX_FAILED_CHECKS.saturating_sub(failed) },
        });
    }
    // What holds an application at another point stands behind an event that counts: that request was not refused.
    if let Body::Held { point: HoldPoint::Approving { .. }, cause, .. } = body {
        return Some(Refusal::Held { cause: cause.clone() });
    }
    None
}
