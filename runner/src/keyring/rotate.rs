//! Making keys and lists: the first ones, a new name or address, a new signing key.

use std::path::Path;

use annona_engine::voucher::trust_list::Issuer;
use annona_engine::voucher::{SigningKey, TrustList, TrustedKey, Window};
use jiff::Timestamp;

use super::store::{self, Signed};
use super::{Identity, KeyringError};
use crate::folder::Layout;

/// For how many years a key may sign.
pub const KEY_YEARS: i64 = 2;
/// For how many years after its last signature a key goes on verifying: no voucher is good for longer.
pub const VERIFY_YEARS: i64 = 10;
/// Seconds of a year of 366 days.
const YEAR_SECONDS: i64 = 366 * 86_400;

/// Makes the first keys and the first list.
pub(super) fn first(
    layout: &Layout,
    identity: &Identity,
    now: Timestamp,
) -> Result<Signed, KeyringError> {
    // An earlier first start may have ended before there was a list: its root key is used again.
    let root = match store::root_key(layout, None)? {
        Some(root) => root,
        None => store::fresh()?,
    };
    if !layout.root_key().exists() {
        store::keep_root(layout, &root)?;
    }
    let key = trusted(&new_key(layout)?, now);
    let issuer = Issuer {
        name: identity.issuer.clone(),
        status_addresses: vec![identity.status_address.clone()],
        keys: vec![key],
    };
    let list = TrustList {
        version: 1,
        issued_at: now.as_second(),
        expires_at: None,
        issuers: vec![issuer],
    };
    store::keep(layout, list, &root)
}

/// Signs a new version where the list does not name the installation as it is called now.
pub(super) fn renamed(
    layout: &Layout,
    signed: Signed,
    identity: &Identity,
    now: Timestamp,
) -> Result<Signed, KeyringError> {
    let mut list = signed.list.clone();
    match list.issuers.iter_mut().find(|issuer| issuer.name == identity.issuer) {
        Some(issuer) if issuer.status_addresses.contains(&identity.status_address) => {
            return Ok(signed);
        }
        // Vouchers that are out name the older addresses: those stay.
        Some(issuer) => issuer.status_addresses.push(identity.status_address.clone()),
        None => list.issuers.push(Issuer {
            name: identity.issuer.clone(),
            status_addresses: vec![identity.status_address.clone()],
            keys: vec![trusted(&new_key(layout)?, now)],
        }),
    }
    sign_next(layout, list, None, now)
}

/// Puts a new key to work.
pub(super) fn rotate(
    layout: &Layout,
    issuer: &str,
    root: Option<&Path>,
    now: Timestamp,
) -> Result<TrustedKey, KeyringError> {
    let mut list = store::list(layout, now)?.ok_or(KeyringError::NoSigner)?.list;
    if store::root_key(layout, root)?.is_none() {
        return Err(KeyringError::RootAway { file: layout.root_key() });
    }
    let key = trusted(&new_key(layout)?, now);
    let named = list.issuers.iter_mut().find(|known| known.name == issuer);
    named.ok_or(KeyringError::NoSigner)?.rotate(key);
    sign_next(layout, list, root, now)?;
    Ok(key)
}

/// Signs the next version of a list.
fn sign_next(
    layout: &Layout,
    mut list: TrustList,
    root: Option<&Path>,
    now: Timestamp,
) -> Result<Signed, KeyringError> {
    let root = store::root_key(layout, root)?
        .ok_or_else(|| KeyringError::RootAway { file: layout.root_key() })?;
    list.version += 1;
    list.issued_at = now.as_second();
    store::keep(layout, list, &root)
}

fn new_key(layout: &Layout) -> Result<SigningKey, KeyringError> {
    let key = store::fresh()?;
    store::keep_signing_key(layout, &key)?;
    Ok(key)
}

fn trusted(key: &SigningKey, now: Timestamp) -> TrustedKey {
    let issue_from = now.as_second();
    let issue_until = issue_from.saturating_add(KEY_YEARS * YEAR_SECONDS);
    let verify_until = issue_until.saturating_add(VERIFY_YEARS * YEAR_SECONDS);
    TrustedKey { public: *key.public(), window: Window { issue_from, issue_until, verify_until } }
}
