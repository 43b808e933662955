//! Copying files so that they are whole, private and on the disk; and their digests.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use annona_engine::recorded::Hash;
use data_encoding::HEXLOWER;
use sha2::{Digest as _, Sha256};

use super::BackupError;
use crate::folder::{create_folder, sync_folder};

/// Bytes read at once.
const CHUNK_BYTES: usize = 1 << 16;

/// A folder that is being filled beside its place, and removed unless it gets there.
#[derive(Debug)]
pub(super) struct Draft {
    folder: PathBuf,
    target: PathBuf,
    is_kept: bool,
}

impl Draft {
    /// Makes the folder, if there is nothing in its place.
    pub(super) fn of(target: &Path) -> Result<Self, BackupError> {
        let target = std::path::absolute(target).map_err(BackupError::io(target))?;
        match std::fs::read_dir(&target) {
            Ok(mut entries) => {
                if entries.next().is_some() {
                    let what = format!("{} is not empty: name a new folder", target.display());
                    return Err(BackupError::Refused(what));
                }
            }
            Err(cause) if cause.kind() == ErrorKind::NotFound => {}
            Err(cause) => return Err(BackupError::io(&target)(cause)),
        }
        let (Some(parent), Some(name)) = (target.parent(), target.file_name()) else {
            let what = format!("{} cannot be a new folder", target.display());
            return Err(BackupError::Refused(what));
        };
        create_folder(parent)?;
        let suffix = HEXLOWER.encode(&crate::random::bytes::<4>()?);
        let folder = parent.join(format!(".{}.{suffix}.unfinished", name.to_string_lossy()));
        create_folder(&folder)?;
        Ok(Self { folder, target, is_kept: false })
    }

    /// Returns where it is being filled.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Puts it in its place.
    pub(super) fn end(mut self) -> Result<PathBuf, BackupError> {
        sync_folder(&self.folder)?;
        // A folder takes the place of an empty one, and of nothing else.
        std::fs::rename(&self.folder, &self.target).map_err(BackupError::io(&self.target))?;
        self.is_kept = true;
        if let Some(parent) = self.target.parent() {
            sync_folder(parent)?;
        }
        Ok(self.target.clone())
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if !self.is_kept {
            // What stays says by its name that it is not finished.
            let _ = std::fs::remove_dir_all(&self.folder);
        }
    }
}

/// Digests of files by their names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Sums(BTreeMap<String, Hash>);

impl Sums {
    /// Adds a file.
    pub(super) fn add(&mut self, name: &str, digest: Hash) {
        self.0.insert(name.to_owned(), digest);
    }

    /// Returns the digest of a file.
    pub(super) fn of(&self, name: &str) -> Option<Hash> {
        self.0.get(name).copied()
    }

    /// Returns the files, in the order of their names.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Returns how many there are.
    pub(super) fn len(&self) -> u64 {
        self.0.len() as u64
    }

    /// Writes them as `sha256sum --check` reads them.
    pub(super) fn text(&self) -> String {
        self.0.iter().fold(String::new(), |mut text, (name, digest)| {
            // Writing into a string never fails.
            let _ = writeln!(text, "{digest}  {name}");
            text
        })
    }

    /// Reads what [`Self::text`] wrote; no name leads out of the folder.
    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        let lines = std::str::from_utf8(bytes).ok()?.lines();
        let sums = lines.map(|line| {
            let (digest, name) = line.split_once("  ")?;
            let digest = HEXLOWER.decode(digest.as_bytes()).ok()?;
            let plain = !name.is_empty() && !name.contains('/') && name != ".." && name != ".";
            plain.then_some((name.to_owned(), Hash(digest.try_into().ok()?)))
        });
        sums.collect::<Option<_>>().map(Self)
    }
}

/// Makes an empty file that its owner alone can read.
pub(super) fn create(path: &Path) -> Result<File, BackupError> {
    let mut options = OpenOptions::new();
    let file = options.write(true).create_new(true).mode(0o600).open(path);
    file.map_err(BackupError::io(path))
}

/// Copies a file, syncs the copy, and returns the digest of what was written.
pub(super) fn copy(from: &Path, to: &Path) -> Result<Hash, BackupError> {
    let mut source = File::open(from).map_err(BackupError::io(from))?;
    let mut target = create(to)?;
    let digest = each_chunk(&mut source, from, |chunk| {
        target.write_all(chunk).map_err(BackupError::io(to))
    })?;
    target.sync_all().map_err(BackupError::io(to))?;
    Ok(digest)
}

/// Copies a file whose digest is known.
pub(super) fn copy_known(from: &Path, to: &Path, known: Hash) -> Result<(), BackupError> {
    if copy(from, to)? == known {
        return Ok(());
    }
    Err(BackupError::Different(format!("{} is not what it was", from.display())))
}

/// Syncs a file and returns its digest.
pub(super) fn digest(path: &Path) -> Result<Hash, BackupError> {
    let mut file = File::open(path).map_err(BackupError::io(path))?;
    file.sync_all().map_err(BackupError::io(path))?;
    each_chunk(&mut file, path, |_| Ok(()))
}

/// Reads a file of bounded size.
pub(super) fn read(path: &Path, most: u64) -> Result<Vec<u8>, BackupError> {
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(BackupError::io(path))?;
    file.take(most).read_to_end(&mut bytes).map_err(BackupError::io(path))?;
    Ok(bytes)
}

fn each_chunk(
    file: &mut File,
    path: &Path,
    mut with: impl FnMut(&[u8]) -> Result<(), BackupError>,
) -> Result<Hash, BackupError> {
    let mut hash = Sha256::new();
    let mut chunk = vec![0; CHUNK_BYTES];
    loop {
        let read = file.read(&mut chunk).map_err(BackupError::io(path))?;
        let Some(part) = chunk.get(..read).filter(|part| !part.is_empty()) else {
            return Ok(Hash(hash.finalize().into()));
        };
        hash.update(part);
        with(part)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_read_as_they_were_written_and_lead_nowhere_else() {
        let mut sums = Sums::default();
        sums.add("annona.db", Hash([7; 32]));
        sums.add("b", Hash([8; 32]));
        assert_eq!(Sums::parse(sums.text().as_bytes()), Some(sums));
        let digest = "07".repeat(32);
        for name in ["../annona.db", "", "..", "/etc/passwd"] {
            assert_eq!(Sums::parse(format!("{digest}  {name}\n").as_bytes()), None, "{name}");
        }
    }

    #[test]
    fn what_is_not_finished_leaves_nothing_and_nothing_is_overwritten() {
        let place = tempfile::tempdir().unwrap();
        let target = place.path().join("a/b");
        drop(Draft::of(&target).unwrap());
        assert_eq!(std::fs::read_dir(place.path().join("a")).unwrap().count(), 0);
        let whole = Draft::of(&target).unwrap();
        create(&whole.folder().join("file")).unwrap();
        whole.end().unwrap();
        assert!(matches!(Draft::of(&target), Err(BackupError::Refused(_))));
    }
}
