//! The signing keys of an installation and the trust list that names them, as they lie in the data folder.
//!
//! The root key signs the trust list and nothing else. It is made with the first key, and may be kept elsewhere from then on:
//! it is needed to rotate keys and to change addresses, not to run. Signs no voucher: that is the engine's.

mod rotate;
mod store;

use annona_engine::voucher::trust_list::Issuer;
use annona_engine::voucher::{
    KeyError, KeyId, ListError, PublicKey, SigningKey, TrustList, TrustedKey, key_file,
};
use jiff::Timestamp;

use crate::folder::{FolderError, Layout, create_private};
use crate::random::RandomError;

pub use rotate::{KEY_YEARS, VERIFY_YEARS};

/// Keys that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyringError {
    /// A file cannot be read or written.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// A key file holds no key.
    #[error("{}: {cause}", file.display())]
    Key {
        /// The file.
        file: std::path::PathBuf,
        /// Why.
        cause: KeyError,
    },
    /// The trust list is not one that the root key signed.
    #[error("{}: {cause}", file.display())]
    List {
        /// The file.
        file: std::path::PathBuf,
        /// Why.
        cause: ListError,
    },
    /// The root key is needed and is not here.
    #[error(
        "the root key is not in the data folder: put {} back, or name it with --root",
        file.display()
    )]
    RootAway {
        /// Where it would be.
        file: std::path::PathBuf,
    },
    /// Other daemons use the keys and know nothing of this name or address.
    #[error(
        "the daemons that use these keys do not go by the issuer `{issuer}` at {address}: set `issuer` and `address` as theirs, or stop them first"
    )]
    OthersRun {
        /// The issuer.
        issuer: String,
        /// Where its status lists are.
        address: String,
    },
    /// No key may sign now.
    #[error("no signing key of the trust list may sign now: run `annona key rotate`")]
    NoSigner,
    /// The operating system gives no randomness.
    #[error(transparent)]
    Random(#[from] RandomError),
}

/// What names the installation in its trust list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The issuer.
    pub issuer: String,
    /// Where its status lists are: the installation's address and `/v1/status-lists/`.
    pub status_address: String,
}

impl Identity {
    /// Returns the identity of an installation at `address`, which has no trailing slash.
    #[must_use]
    pub fn new(issuer: &str, address: &str) -> Self {
        Self { issuer: issuer.to_owned(), status_address: format!("{address}/v1/status-lists/") }
    }
}

impl Identity {
    /// Returns whether a list names the installation as it is called.
    fn is_named_in(&self, list: &TrustList) -> bool {
        list.issuer(&self.issuer)
            .is_some_and(|issuer| issuer.status_addresses.contains(&self.status_address))
    }
}

/// The keys in use.
#[derive(Debug, Clone)]
pub struct Keyring {
    root: PublicKey,
    list: TrustList,
    signed: Vec<u8>,
    signer: SigningKey,
}

impl Keyring {
    /// Reads the keys of a data folder; in a folder without keys, makes a root key and a first signing key.
    ///
    /// Where the list does not name the installation as it is called now, a new version is signed if the root key is there.
    ///
    /// # Errors
    ///
    /// Returns [`KeyringError`] if a file cannot be used, no key may sign, or the root key is needed and away.
    pub fn open(
        layout: &Layout,
        identity: &Identity,
        now: Timestamp,
    ) -> Result<Self, KeyringError> {
        let list = match store::list(layout, now)? {
            Some(list) => rotate::renamed(layout, list, identity, now)?,
            None => rotate::first(layout, identity, now)?,
        };
        Self::read(layout, list, identity, now)
    }

    /// Reads the keys that other daemons use at this moment, and changes nothing of them.
    ///
    /// # Errors
    ///
    /// Returns [`KeyringError::OthersRun`] if they are not called as this one is, and another [`KeyringError`] if a file cannot
    /// be used or no key may sign.
    pub fn join(
        layout: &Layout,
        identity: &Identity,
        now: Timestamp,
    ) -> Result<Self, KeyringError> {
        let list = store::list(layout, now)?.filter(|signed| identity.is_named_in(&signed.list));
        let list = list.ok_or_else(|| KeyringError::OthersRun {
            issuer: identity.issuer.clone(),
            address: identity.status_address.clone(),
        })?;
        Self::read(layout, list, identity, now)
    }

    /// Puts a new signing key to work at once; those before it go on verifying.
    ///
    /// # Errors
    ///
    /// Returns [`KeyringError`] if there are no keys yet, a file cannot be used, or the root key is away.
    pub fn rotate(
        layout: &Layout,
        issuer: &str,
        root: Option<&std::path::Path>,
        now: Timestamp,
    ) -> Result<TrustedKey, KeyringError> {
        rotate::rotate(layout, issuer, root, now)
    }

    /// Returns the trust list of a data folder, if it has one.
    ///
    /// # Errors
    ///
    /// Returns [`KeyringError`] if it cannot be read, or is not signed by the folder's root key.
    pub fn list_of(layout: &Layout, now: Timestamp) -> Result<Option<TrustList>, KeyringError> {
        Ok(store::list(layout, now)?.map(|signed| signed.list))
    }

    /// Makes a key pair, writes its private half to `file` (mode 0600) and returns its public half.
    ///
    /// # Errors
    ///
    /// Returns [`KeyringError`] if there is such a file already, or it cannot be written.
    pub fn new_pair(file: &std::path::Path) -> Result<PublicKey, KeyringError> {
        let key = store::fresh()?;
        create_private(file, key_file::encode(&key).as_bytes())?;
        Ok(*key.public())
    }

    /// Returns the key that signs vouchers of `issuer` now, if one may and is in the folder.
    ///
    /// # Errors
    ///
    /// Returns [`KeyringError`] if a key file cannot be used.
    pub fn signs(
        layout: &Layout,
        list: &TrustList,
        issuer: &str,
        now: Timestamp,
    ) -> Result<Option<KeyId>, KeyringError> {
        Ok(Self::signing(layout, list, issuer, now)?.map(|key| key.id()))
    }

    fn read(
        layout: &Layout,
        stored: store::Signed,
        identity: &Identity,
        now: Timestamp,
    ) -> Result<Self, KeyringError> {
        let signer = Self::signing(layout, &stored.list, &identity.issuer, now)?
            .ok_or(KeyringError::NoSigner)?;
        Ok(Self { root: stored.root, list: stored.list, signed: stored.bytes, signer })
    }

    /// Returns the newest key of an issuer that may sign now and is in the folder.
    fn signing(
        layout: &Layout,
        list: &TrustList,
        issuer: &str,
        now: Timestamp,
    ) -> Result<Option<SigningKey>, KeyringError> {
        let second = now.as_second();
        let keys = list.issuer(issuer).map(|issuer: &Issuer| issuer.keys.as_slice());
        let newest = keys.unwrap_or_default().iter().rev();
        for key in newest.filter(|key| key.window.may_issue(second)) {
            if let Some(signer) = store::signing_key(layout, key.public.id())? {
                return Ok(Some(signer));
            }
        }
        Ok(None)
    }

    /// Returns the key that verifiers are given by hand.
    #[must_use]
    pub fn root(&self) -> &PublicKey {
        &self.root
    }

    /// Returns the trust list.
    #[must_use]
    pub fn list(&self) -> &TrustList {
        &self.list
    }

    /// Returns the trust list as the root key signed it.
    #[must_use]
    pub fn signed(&self) -> &[u8] {
        &self.signed
    }

    /// Returns the key that signs vouchers now.
    #[must_use]
    pub fn signer(&self) -> &SigningKey {
        &self.signer
    }
}

#[cfg(test)]
mod tests;
