//! The verifier: from a scanned text to claims that can be relied on, or the first reason not to.
//!
//! Needs no network. Never trusts anything that the token says about its own verification, and never tells how much
//! is left on a voucher: that stands in the ledger alone.

use super::{
    claims::{Claims, Payload, VERSION},
    cose::Sign1,
    envelope,
    invalid::Invalid,
    keys::KeyId,
    status::{Status, StatusList},
    trust_list::{TrustList, TrustedKey},
};
use crate::cbor::Limits;

/// How far the reader's clock may be behind the issuer's, for `nbf` and `iat`; `exp` has no such grace.
pub const CLOCK_SKEW_SECONDS: i64 = 5 * 60;

/// What the verifier knows apart from the token.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// The present instant, in seconds since 1970.
    pub now: i64,
    /// The id of the provider who asks, if one does.
    pub audience: Option<&'a str>,
    /// The kind of the provider who asks, if one does.
    pub provider_kind: Option<&'a str>,
    /// The newest status list at hand, already verified.
    pub status: Option<&'a StatusList>,
}

impl<'a> Context<'a> {
    /// Builds the context of somebody who is no provider and has no status list.
    #[must_use]
    pub const fn at(now: i64) -> Self {
        Self { now, audience: None, provider_kind: None, status: None }
    }

    /// Adds the provider who asks.
    #[must_use]
    pub const fn for_provider(self, id: &'a str, kind: &'a str) -> Self {
        Self { audience: Some(id), provider_kind: Some(kind), ..self }
    }

    /// Adds a status list.
    #[must_use]
    pub const fn with_status(self, list: &'a StatusList) -> Self {
        Self { status: Some(list), ..self }
    }
}

/// A voucher that holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// What the voucher says.
    pub claims: Claims,
    /// The key that signed it.
    pub key: KeyId,
    /// Whether its status was looked up.
    pub status: StatusCheck,
}

/// Whether a voucher's status was looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatusCheck {
    /// A status list of the issuer says that it is valid.
    Valid,
    /// No status list was at hand, or the voucher names none.
    NotChecked,
}

/// Verifies the text of a token.
///
/// # Errors
///
/// Returns the first reason to refuse it, in the order of [`Invalid::ALL`].
pub fn verify(text: &str, trusted: &TrustList, context: &Context<'_>) -> Result<Verified, Invalid> {
    let signed = Sign1::from_bytes(&envelope::open(text)?, Limits::TOKEN)?;
    let header = signed.header()?;
    if header.typ.is_some() {
        // Another kind of signed structure, such as a status list.
        return Err(Invalid::WrongHeader);
    }
    let payload = Payload::decode(&signed.payload)?;
    if trusted.is_too_old(context.now) {
        return Err(Invalid::TrustListTooOld);
    }
    let signers = trusted.signers(&signed, header.kid)?;
    let named = payload.issuer()?;
    let (_, key) =
        signers.into_iter().find(|(issuer, _)| issuer.name == named).ok_or(Invalid::OtherIssuer)?;
    let times = payload.times()?;
    check_key(key, times, context.now)?;
    check_times(times, context.now)?;
    if payload.version()? != VERSION {
        return Err(Invalid::UnknownVersion);
    }
    let claims = payload.claims()?;
    check_provider(&claims, context)?;
    let status = check_status(&claims, context)?;
    Ok(Verified { claims, key: key.public.id(), status })
}

fn check_key(
    key: &TrustedKey,
    (_, _, issued_at): (i64, i64, i64),
    now: i64,
) -> Result<(), Invalid> {
    if !key.window.may_issue(issued_at) {
        return Err(Invalid::KeyNotIssuing);
    }
    if !key.window.may_verify(now) {
        return Err(Invalid::KeyExpired);
    }
    Ok(())
}

fn check_times((expires, not_before, issued_at): (i64, i64, i64), now: i64) -> Result<(), Invalid> {
    let latest = now.saturating_add(CLOCK_SKEW_SECONDS);
    if now >= expires {
        return Err(Invalid::Expired);
    }
    if not_before > latest {
        return Err(Invalid::NotYetValid);
    }
    if issued_at > latest {
        return Err(Invalid::IssuedInFuture);
    }
    Ok(())
}

fn check_provider(claims: &Claims, context: &Context<'_>) -> Result<(), Invalid> {
    let provider_asks = context.audience.is_some() || context.provider_kind.is_some();
    if provider_asks && claims.audience.is_some() && claims.audience.as_deref() != context.audience
    {
        return Err(Invalid::OtherProvider);
    }
    match context.provider_kind {
        Some(kind) if !claims.voucher.kinds.iter().any(|allowed| allowed == kind) => {
            Err(Invalid::OtherProviderKind)
        }
        _ => Ok(()),
    }
}

fn check_status(claims: &Claims, context: &Context<'_>) -> Result<StatusCheck, Invalid> {
    let (Some(place), Some(list)) = (&claims.status, context.status) else {
        return Ok(StatusCheck::NotChecked);
    };
    if list.uri() != place.uri || list.issuer() != claims.issuer {
        return Err(Invalid::StatusUnknown);
    }
    if list.is_too_old(context.now) {
        return Err(Invalid::StatusListTooOld);
    }
    match list.status(place.idx) {
        Some(Status::Valid) => Ok(StatusCheck::Valid),
        Some(Status::Revoked) => Err(Invalid::Revoked),
        Some(Status::Suspended) => Err(Invalid::Suspended),
        Some(Status::UsedUp) => Err(Invalid::UsedUp),
        None => Err(Invalid::StatusUnknown),
    }
}
