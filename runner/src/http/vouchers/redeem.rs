//! Redeeming a voucher, with a signed receipt.

use annona_engine::Refusal;
use annona_engine::command::{self, Redeem};
use annona_engine::event::Body as Recorded;
use annona_engine::id::VoucherId;
use annona_engine::service::{Failure, Outcome};
use annona_engine::voucher::Receipt;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use data_encoding::BASE64URL_NOPAD;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::auth::{Action, Principal};
use crate::http::App;
use crate::http::extract::{Body, Id, IdempotencyKey, Known};
use crate::http::problem::{Details, Problem, Wrong};
use crate::http::seen::{Seen, once};
use crate::http::shape::{Redemption, Voucher};

/// Most characters of an amount.
const MAX_AMOUNT: usize = 30;

/// What is to be redeemed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewRedemption {
    /// How much, as an exact decimal in a text; without it, all that is left.
    #[schema(example = "300.00")]
    amount: Option<String>,
    /// What whoever shows the voucher says, where the voucher has a `check`.
    check: Option<String>,
}

/// A redemption that was recorded.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Redeemed {
    /// The redemption.
    redemption: Redemption,
    /// The voucher as it left it.
    voucher: Voucher,
    /// The signed receipt: `COSE_Sign1`, in base64url without padding.
    receipt: String,
}

/// Redeems a voucher, whole or in part.
#[utoipa::path(
    post,
    path = "/v1/vouchers/{id}/redemptions",
    tag = "vouchers",
    params(
        ("id" = String, Path, description = "The voucher's id"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same key and body are answered alike"),
    ),
    request_body = NewRedemption,
    responses(
        (status = 201, body = Redeemed),
        (status = 403, body = Details),
        (status = 409, body = Details),
        (status = 429, body = Details),
    )
)]
pub(super) async fn redeem(
    State(app): State<App>,
    Known(principal): Known,
    Id(id): Id<VoucherId>,
    key: IdempotencyKey,
    body: Body<NewRedemption>,
) -> Result<(StatusCode, Json<Redeemed>), Problem> {
    let seen = app.with_voucher(&principal, id).await?;
    may_redeem(&seen, &principal)?;
    let once = once(&principal, &format!("POST /v1/vouchers/{id}/redemptions"), &key, body.digest);
    let action = body.value.about(id)?;
    let application = seen.loaded.application.id;
    let redeemed = app.0.engine.handle(&principal.in_engine(), application, action, once).await;
    let outcome = redeemed.map_err(|failure| refused(failure, app.0.engine.now()))?;
    Ok((StatusCode::CREATED, Json(app.redeemed(&principal, &seen, &outcome)?)))
}

fn may_redeem(seen: &Seen, principal: &Principal) -> Result<(), Problem> {
    seen.may(principal, |sight| Action::Redeem(sight.application))
}

impl App {
    /// Returns the answer to a redemption; made from what was recorded alone, so that a repeated request is answered alike.
    fn redeemed(
        &self,
        principal: &Principal,
        seen: &Seen,
        outcome: &Outcome,
    ) -> Result<Redeemed, Problem> {
        let receipt = self.receipt(seen, outcome).ok_or_else(unreceipted)?;
        let application = &outcome.application;
        let voucher = application.voucher.as_ref().ok_or_else(unreceipted)?;
        let taken = voucher.redemptions.last().ok_or_else(unreceipted)?;
        Ok(Redeemed {
            redemption: Redemption::of(taken, &voucher.currency),
            voucher: Voucher::of(voucher, &seen.viewer_of(principal, application)),
            receipt: BASE64URL_NOPAD.encode(&receipt.sign(self.0.keyring.signer())),
        })
    }

    /// Returns what the receipt of the redemption just recorded says.
    fn receipt(&self, seen: &Seen, outcome: &Outcome) -> Option<Receipt> {
        let currency = seen.programme.currency?;
        let voucher = outcome.application.voucher.as_ref()?;
        outcome.events.iter().find_map(|event| match &event.body {
            Recorded::VoucherRedeemed { redemption, provider, amount, balance, .. } => {
                Some(Receipt {
                    issuer: self.0.engine.settings().issuer.clone(),
                    subject: outcome.application.reference.clone(),
                    issued_at: event.at.as_second(),
                    voucher: voucher.number.clone(),
                    redemption: u64::from(*redemption),
                    provider: provider.clone(),
                    amount_minor: currency.minor_units(*amount)?,
                    currency: voucher.currency.clone(),
                    balance_minor: currency.minor_units(*balance)?,
                })
            }
            _ => None,
        })
    }
}

fn unreceipted() -> Problem {
    tracing::error!("a redemption was recorded that no receipt can tell of");
    Problem::new("internal", "the redemption is recorded; its receipt cannot be written")
}

impl NewRedemption {
    fn about(self, voucher: VoucherId) -> Result<command::Action, Problem> {
        let amount = self.amount.map(|text| {
            let is_digit = |byte: &u8| byte.is_ascii_digit();
            let bytes = text.as_bytes();
            let plain = text.len() <= MAX_AMOUNT
                && bytes.iter().all(|byte| is_digit(byte) || *byte == b'.')
                && bytes.first().is_some_and(is_digit)
                && bytes.last().is_some_and(is_digit);
            text.parse().ok().filter(|_| plain).ok_or_else(not_an_amount)
        });
        Ok(command::Action::Redeem(Redeem {
            voucher,
            amount: amount.transpose()?,
            check: self.check,
        }))
    }
}

fn not_an_amount() -> Problem {
    let wrong = Wrong {
        pointer: "/amount".to_owned(),
        code: "not_an_amount".to_owned(),
        message: "an amount is an exact decimal in a text, such as \"300.00\"".to_owned(),
    };
    Problem::new("body_invalid", "the body is not as this request takes it")
        .with_errors(vec![wrong])
}

/// Returns the problem: a wrong amount with its place in this body, a lock with the time to wait.
fn refused(failure: Failure, now: Timestamp) -> Problem {
    let Failure::Refused(refusal) = failure else { return failure.into() };
    match &refusal {
        Refusal::AnswersInvalid { errors } => {
            let wrong = |error: &annona_definitions::form::FieldError| Wrong {
                pointer: error.pointer.clone(),
                code: error.code.to_owned(),
                message: error.message.clone(),
            };
            let detail = "the voucher cannot be redeemed like this";
            Problem::new("body_invalid", detail).with_errors(errors.iter().map(wrong).collect())
        }
        Refusal::CheckLocked { until } => {
            let wait = until.parse::<Timestamp>().ok().map(|until| until.duration_since(now));
            let wait = wait.and_then(|wait| wait.try_into().ok()).unwrap_or_default();
            Problem::from(refusal).retry_after(wait)
        }
        _ => refusal.into(),
    }
}
