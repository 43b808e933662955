//! Files and folders that their owner alone can read, written whole or not at all and synced.

use std::ffi::OsString;
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{ErrorKind, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::FolderError;

/// Most bytes of a secret file.
const MAX_SECRET_BYTES: u64 = 1 << 16;

/// Creates a folder with mode 0700, and its parents, and syncs the folder that holds it.
pub(crate) fn create_folder(folder: &Path) -> Result<(), FolderError> {
    if folder.is_dir() {
        return Ok(());
    }
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .map_err(FolderError::io(folder))?;
    sync_folder(parent(folder))
}

/// Writes a new file with mode 0600.
///
/// # Errors
///
/// Returns [`FolderError::Exists`] if there is one; nothing is overwritten.
pub fn create_private(path: &Path, bytes: &[u8]) -> Result<(), FolderError> {
    let draft = write_draft(path, bytes)?;
    // A link, unlike a renaming, fails where there is a file already.
    let linked = std::fs::hard_link(&draft, path);
    let removed = std::fs::remove_file(&draft);
    match linked {
        Err(cause) if cause.kind() == ErrorKind::AlreadyExists => {
            return Err(FolderError::Exists { file: path.to_owned() });
        }
        other => other.map_err(FolderError::io(path))?,
    }
    removed.map_err(FolderError::io(&draft))?;
    sync_folder(parent(path))
}

/// Writes a file with mode 0600 in the place of the one there is.
///
/// # Errors
///
/// Returns [`FolderError::Io`] if it cannot be written; the old file then stands.
pub fn replace_private(path: &Path, bytes: &[u8]) -> Result<(), FolderError> {
    let draft = write_draft(path, bytes)?;
    std::fs::rename(&draft, path).map_err(FolderError::io(path))?;
    sync_folder(parent(path))
}

/// Reads a file that its owner alone may read.
///
/// # Errors
///
/// Returns [`FolderError::Wide`] if others can read it.
pub fn read_private(path: &Path) -> Result<Zeroizing<Vec<u8>>, FolderError> {
    let failed = FolderError::io(path);
    let file = File::open(path).map_err(&failed)?;
    let metadata = file.metadata().map_err(&failed)?;
    let mode = metadata.mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(FolderError::Wide { file: path.to_owned(), mode });
    }
    let room = usize::try_from(metadata.len().min(MAX_SECRET_BYTES)).unwrap_or_default();
    let mut bytes = Zeroizing::new(Vec::with_capacity(room));
    file.take(MAX_SECRET_BYTES).read_to_end(&mut bytes).map_err(&failed)?;
    Ok(bytes)
}

/// Writes and syncs the bytes beside `path`, under a name of its own.
fn write_draft(path: &Path, bytes: &[u8]) -> Result<PathBuf, FolderError> {
    let mut name = OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(format!(".{}", data_encoding::HEXLOWER.encode(&crate::random::bytes::<8>()?)));
    let draft = path.with_file_name(name);
    let write = || {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
        file.write_all(bytes)?;
        file.sync_all()
    };
    write().map_err(|cause| {
        // The error above says what happened; a draft that cannot be removed either changes nothing.
        let _ = std::fs::remove_file(&draft);
        FolderError::Io { path: draft.clone(), cause }
    })?;
    Ok(draft)
}

/// Syncs a folder, so that a name in it survives a loss of power.
pub(crate) fn sync_folder(folder: &Path) -> Result<(), FolderError> {
    File::open(folder).and_then(|opened| opened.sync_all()).map_err(FolderError::io(folder))
}

/// Returns the folder that holds a path.
fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}
