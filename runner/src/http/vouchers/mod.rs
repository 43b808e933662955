//! Vouchers: reading, showing, verifying, redeeming and revoking them.
//!
//! An id of a voucher is nobody's business but its people's: it stands in no log line and no error.

mod picture;
mod read;
mod redeem;
mod revoke;
mod token;
mod verify;

use annona_engine::application as row;
use annona_engine::id::VoucherId;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::App;
use super::problem::Problem;
use super::seen::Seen;
use crate::auth::{Action, Principal};

/// Returns the routes of this resource.
pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(verify::verify))
        .routes(routes!(read::read))
        .routes(routes!(token::token))
        .routes(routes!(picture::svg))
        .routes(routes!(picture::png))
        .routes(routes!(redeem::redeem))
        .routes(routes!(revoke::revoke))
}

impl App {
    /// Returns the code of a voucher, for those who may have it.
    async fn code(&self, principal: &Principal, id: VoucherId) -> Result<String, Problem> {
        let seen = self.with_voucher(principal, id).await?;
        seen.may(principal, Action::HoldVoucher)?;
        super::shape::token(&seen.loaded.opened).ok_or_else(Problem::not_found)
    }
}

/// Returns the voucher of an application that was found by it.
fn voucher(seen: &Seen) -> Result<&row::Voucher, Problem> {
    seen.loaded.application.voucher.as_ref().ok_or_else(Problem::not_found)
}
