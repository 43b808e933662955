//! Which installation a shared folder belongs to: a daemon over another installation's database does not touch it.

use std::path::{Path, PathBuf};

use uuid::Uuid;

use super::{FolderError, Layout, create_private};

/// The file that names the installation.
const MARK: &str = "installation";
/// Most bytes of that file.
const MAX_MARK_BYTES: usize = 100;

/// Checks that the folders that the daemons of an installation share are its own, and marks those that are not yet anybody's
/// where the installation `begins`.
pub(super) fn check(layout: &Layout, installation: Uuid, begins: bool) -> Result<(), FolderError> {
    let folders = [layout.documents(), layout.keys()];
    let found = folders.map(|folder| marked(&folder).map(|mark| (folder, mark)));
    let mut unmarked = Vec::new();
    for found in found {
        match found? {
            (_, Some(found)) if found == installation => {}
            (folder, Some(found)) => {
                return Err(FolderError::Foreign { folder, found, wanted: installation });
            }
            (folder, None) if begins => unmarked.push(folder),
            (folder, None) => return Err(FolderError::Unmarked { folder }),
        }
    }
    unmarked.iter().try_for_each(|folder| {
        create_private(&mark_in(folder), format!("{installation}\n").as_bytes())
    })
}

fn mark_in(folder: &Path) -> PathBuf {
    folder.join(MARK)
}

/// Returns the installation that a folder is marked with.
fn marked(folder: &Path) -> Result<Option<Uuid>, FolderError> {
    let file = mark_in(folder);
    if !file.exists() {
        return Ok(None);
    }
    let bytes = std::fs::read(&file).map_err(FolderError::io(&file))?;
    let text = bytes.get(..bytes.len().min(MAX_MARK_BYTES)).unwrap_or_default();
    let text = String::from_utf8_lossy(text);
    let mark = text.trim().parse().map_err(|_| FolderError::NoMark { file })?;
    Ok(Some(mark))
}
