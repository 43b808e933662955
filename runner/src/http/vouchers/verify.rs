//! Saying what a voucher's code is worth, and why.

use annona_engine::Refusal;
use annona_engine::decide::redeemable;
use annona_engine::id::VoucherId;
use annona_engine::recorded::Hash;
use annona_engine::voucher::{Context, Invalid, verify as verify_code};
use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::auth::{Action, Principal, may};
use crate::http::App;
use crate::http::extract::{Anyone, Short};
use crate::http::problem::{Details, Problem};
use crate::http::seen::Seen;
use crate::http::shape::{Verdict, Voucher};

/// A code to be verified.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Scanned {
    /// The text of the code.
    #[schema(example = "EV1:…")]
    token: String,
}

/// Says whether a voucher's code is good, and why not; to providers and officers with what is left of it.
///
/// Without a token it says only whether the code is authentic and stands, and is limited.
#[utoipa::path(
    post,
    path = "/v1/vouchers/verify",
    tag = "vouchers",
    security((), ("token" = [])),
    request_body = Scanned,
    responses(
        (status = 200, body = Verdict),
        (status = 429, body = Details),
    )
)]
pub(super) async fn verify(
    State(app): State<App>,
    Anyone(principal): Anyone,
    Short(scanned): Short<Scanned>,
) -> Result<Json<Verdict>, Problem> {
    // An applicant learns what anybody does.
    let principal = principal.filter(|it| may(it, Action::Verify).is_ok());
    if principal.is_none() {
        app.0.throttles.public_checks.take(Hash::of(b"anyone"))?;
    }
    let verified = app.authentic(principal.as_ref(), &scanned.token);
    let verdict = match (verified, &principal) {
        (Err(invalid), _) => invalid.into(),
        (Ok(id), None) => app.stands(id).await?,
        (Ok(id), Some(principal)) => app.worth(principal, id).await?,
    };
    Ok(Json(verdict))
}

impl App {
    /// Checks what stands in a code, for a provider also whether it is one for them.
    fn authentic(&self, principal: Option<&Principal>, code: &str) -> Result<VoucherId, Invalid> {
        let context = Context::at(self.0.engine.now().as_second());
        let provider = principal.and_then(Principal::provider);
        let context = match provider {
            Some(provider) => context.for_provider(&provider.id, &provider.kind),
            None => context,
        };
        let verified = verify_code(code, self.0.keyring.list(), &context)?;
        Ok(VoucherId(verified.claims.cti))
    }

    /// Returns whether the ledger lets an authentic voucher stand, without a word of what is left.
    async fn stands(&self, id: VoucherId) -> Result<Verdict, Problem> {
        let Some(application) = self.0.engine.store().by_voucher(id).await? else {
            return Ok(unknown());
        };
        let loaded = self.0.engine.load(application).await?.ok_or_else(Problem::not_found)?;
        let programme = self.0.engine.programme(loaded.application.definition).await?;
        let voucher = loaded.application.voucher.as_ref().ok_or_else(Problem::not_found)?;
        Ok(match redeemable(&programme, voucher, self.0.engine.now()) {
            Err(Refusal::VoucherRevoked) => Invalid::Revoked.into(),
            Err(Refusal::VoucherUsedUp { .. }) => Invalid::UsedUp.into(),
            Err(Refusal::VoucherExpired { .. }) => Invalid::Expired.into(),
            // A lock is between the voucher's bearer and providers.
            Ok(()) | Err(_) => Verdict::valid("The voucher is authentic."),
        })
    }

    /// Returns what the ledger says of an authentic voucher to somebody who may verify.
    async fn worth(&self, principal: &Principal, id: VoucherId) -> Result<Verdict, Problem> {
        let seen = match self.with_voucher(principal, id).await {
            Ok(seen) => seen,
            Err(problem) if problem.code == "not_found" => return Ok(unknown()),
            Err(problem) => return Err(problem),
        };
        if seen.may(principal, Action::ReadVoucher).is_err() {
            return Ok(match principal.provider() {
                Some(_) => not_admitted(),
                None => self.stands(id).await?,
            });
        }
        let voucher = super::voucher(&seen)?;
        let shape = Voucher::of(voucher, &seen.viewer(principal));
        Ok(self.ledger(&seen, voucher).with(shape))
    }

    fn ledger(&self, seen: &Seen, voucher: &annona_engine::application::Voucher) -> Verdict {
        match redeemable(&seen.programme, voucher, self.0.engine.now()) {
            Ok(()) => Verdict::valid("The voucher is good."),
            Err(refusal) => refusal.into(),
        }
    }
}

/// Returns that a code is signed as it should be and yet recorded nowhere: by a restored or another daemon.
fn unknown() -> Verdict {
    Verdict::not(
        "voucher_unknown",
        "The voucher is authentic, but it is not recorded here.".to_owned(),
    )
}

fn not_admitted() -> Verdict {
    let why = "This provider is not admitted to the voucher's programme.";
    Verdict::not("provider_not_admitted", why.to_owned())
}
