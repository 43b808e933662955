//! The installation's master key: 32 bytes as 64 hexadecimal digits, so that it can be kept on paper.

use std::path::Path;

use annona_engine::vault::MasterKey;
use zeroize::Zeroizing;

use super::{FolderError, Layout, create_private, read_private};

/// Reads the master key, or creates it in a folder without a database.
pub(super) fn load(layout: &Layout, named: Option<&Path>) -> Result<MasterKey, FolderError> {
    let in_folder = layout.master_key();
    let path = named.unwrap_or(&in_folder);
    if path.exists() {
        return read(path);
    }
    if layout.database().exists() {
        return Err(FolderError::KeyLost { key: path.to_owned(), database: layout.database() });
    }
    if named.is_some() {
        // A key that the configuration names is the operator's to make: a mistyped path must not become a new key.
        return Err(FolderError::Io {
            path: path.to_owned(),
            cause: std::io::ErrorKind::NotFound.into(),
        });
    }
    let bytes = Zeroizing::new(crate::random::bytes::<32>()?);
    let text = Zeroizing::new(format!("{}\n", data_encoding::HEXLOWER.encode(bytes.as_slice())));
    create_private(path, text.as_bytes())?;
    Ok(MasterKey::new(*bytes))
}

/// Reads the master key of a database that is elsewhere and has begun; makes none.
pub(super) fn kept(
    layout: &Layout,
    named: Option<&Path>,
    database: &str,
) -> Result<MasterKey, FolderError> {
    let in_folder = layout.master_key();
    let path = named.unwrap_or(&in_folder);
    if path.exists() {
        return read(path);
    }
    Err(FolderError::KeyLost { key: path.to_owned(), database: database.into() })
}

/// Reads the master key in a file.
pub(super) fn read(path: &Path) -> Result<MasterKey, FolderError> {
    let text = read_private(path)?;
    let decoded = data_encoding::HEXLOWER_PERMISSIVE.decode(text.trim_ascii()).map(Zeroizing::new);
    decoded
        .ok()
        .and_then(|bytes| <[u8; 32]>::try_from(bytes.as_slice()).ok())
        .map(MasterKey::new)
        .ok_or_else(|| FolderError::NoKey { file: path.to_owned() })
}
