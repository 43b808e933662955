//! Key files and the signed list in the data folder: reads and writes, and decides nothing.

use std::path::Path;

use annona_engine::voucher::{KeyId, PublicKey, SigningKey, TrustList, key_file};
use jiff::Timestamp;
use zeroize::Zeroizing;

use super::KeyringError;
use crate::folder::{FolderError, Layout, create_private, read_private, replace_private};

/// Most bytes of a trust list.
const MAX_LIST_BYTES: usize = 1 << 20;

/// The trust list as it lies in the folder.
#[derive(Debug, Clone)]
pub(super) struct Signed {
    pub(super) root: PublicKey,
    pub(super) list: TrustList,
    pub(super) bytes: Vec<u8>,
}

/// Reads the list and checks it against the root's public key, which lies beside it.
pub(super) fn list(layout: &Layout, now: Timestamp) -> Result<Option<Signed>, KeyringError> {
    let file = layout.trust_list();
    if !file.exists() {
        return Ok(None);
    }
    let bytes = std::fs::read(&file).map_err(FolderError::io(&file))?;
    let root = root(layout)?;
    let list = TrustList::verify(
        bytes.get(..bytes.len().min(MAX_LIST_BYTES)).unwrap_or_default(),
        &root,
        now.as_second(),
        None,
    )
    .map_err(|cause| KeyringError::List { file, cause })?;
    Ok(Some(Signed { root, list, bytes }))
}

/// Writes a list that was just signed.
pub(super) fn keep(
    layout: &Layout,
    list: TrustList,
    root: &SigningKey,
) -> Result<Signed, KeyringError> {
    let bytes = list.sign(root);
    replace_private(&layout.trust_list(), &bytes)?;
    Ok(Signed { root: *root.public(), list, bytes })
}

/// Reads the root's public key: 64 hexadecimal digits.
fn root(layout: &Layout) -> Result<PublicKey, KeyringError> {
    let file = layout.root_public();
    let text = std::fs::read_to_string(&file).map_err(FolderError::io(&file))?;
    let bytes = data_encoding::HEXLOWER_PERMISSIVE.decode(text.trim().as_bytes()).ok();
    let bytes = bytes.and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
    let bytes = bytes.ok_or_else(|| FolderError::NoKey { file: file.clone() })?;
    PublicKey::from_bytes(&bytes).map_err(|cause| KeyringError::Key { file, cause })
}

/// Writes the root key and, beside it, its public half: that first, so that a root key never stands without it.
pub(super) fn keep_root(layout: &Layout, root: &SigningKey) -> Result<(), KeyringError> {
    let public = data_encoding::HEXLOWER.encode(&root.public().to_bytes());
    replace_private(&layout.root_public(), format!("{public}\n").as_bytes())?;
    Ok(create_private(&layout.root_key(), key_file::encode(root).as_bytes())?)
}

/// Reads the root key from `named`, or from the folder.
pub(super) fn root_key(
    layout: &Layout,
    named: Option<&Path>,
) -> Result<Option<SigningKey>, KeyringError> {
    let file = named.map_or_else(|| layout.root_key(), Path::to_owned);
    if file.exists() || named.is_some() { key(&file).map(Some) } else { Ok(None) }
}

/// Writes a signing key under its id.
pub(super) fn keep_signing_key(layout: &Layout, key: &SigningKey) -> Result<(), KeyringError> {
    Ok(create_private(&layout.signing_key(key.id()), key_file::encode(key).as_bytes())?)
}

/// Reads a signing key, if it is here.
pub(super) fn signing_key(layout: &Layout, id: KeyId) -> Result<Option<SigningKey>, KeyringError> {
    let file = layout.signing_key(id);
    if file.exists() { key(&file).map(Some) } else { Ok(None) }
}

/// Makes a key of the operating system's randomness.
pub(super) fn fresh() -> Result<SigningKey, KeyringError> {
    let seed = Zeroizing::new(crate::random::bytes::<32>()?);
    Ok(SigningKey::from_seed(&seed))
}

fn key(file: &Path) -> Result<SigningKey, KeyringError> {
    let text = read_private(file)?;
    let text = Zeroizing::new(String::from_utf8_lossy(&text).into_owned());
    key_file::decode(&text).map_err(|cause| KeyringError::Key { file: file.to_owned(), cause })
}
