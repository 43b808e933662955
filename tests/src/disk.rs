//! A disk that can lose its power: what of a folder is on it for certain, and what may be.
//!
//! A file's bytes are certain once the file was synced, its name once its folder was. Everything else may be there or not, each
//! write by itself and torn at 4 KiB, whatever came before or after it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::trace::{Call, Change};

/// What a disk writes whole, in bytes.
const WHOLE: u64 = 4096;

/// A file, whatever its names.
type File = usize;

/// Something that may be on the disk.
#[derive(Debug, Clone)]
struct Piece {
    /// Where in the recording its call ended.
    ended: u64,
    effect: Effect,
}

#[derive(Debug, Clone)]
enum Effect {
    /// Bytes within one block.
    Bytes { file: File, place: u64, bytes: Vec<u8> },
    /// A length; longer files are cut, shorter ones filled with zeros.
    Length { file: File, length: u64 },
    /// A file has a name, and lost another in the same step.
    Named { path: PathBuf, file: File, instead_of: Option<PathBuf> },
    /// A name is gone.
    Gone { path: PathBuf },
    /// A folder is there.
    Folder { path: PathBuf },
}

/// What is on a disk.
#[derive(Debug, Clone, Default)]
pub struct Disk {
    folder: PathBuf,
    names: BTreeMap<PathBuf, File>,
    folders: Vec<PathBuf>,
    files: Vec<Vec<u8>>,
}

/// A disk, and what may be on it besides.
#[derive(Debug, Clone)]
pub struct Unsynced {
    certain: Disk,
    /// What running programs see.
    seen: Disk,
    pieces: Vec<Piece>,
}

impl Disk {
    /// Returns a disk that holds a folder as it is.
    #[must_use]
    pub fn of(folder: &Path) -> Self {
        let mut disk = Self { folder: folder.to_owned(), ..Self::default() };
        let mut left = vec![folder.to_owned()];
        while let Some(path) = left.pop() {
            for entry in std::fs::read_dir(&path).unwrap().flatten() {
                if entry.file_type().unwrap().is_dir() {
                    left.push(entry.path());
                } else {
                    disk.names.insert(entry.path(), disk.files.len());
                    disk.files.push(std::fs::read(entry.path()).unwrap());
                }
            }
            disk.folders.push(path);
        }
        disk
    }

    /// Writes what is on the disk into another folder, as its owner's alone. Shared memory is gone with the power.
    pub fn write(&self, into: &Path) {
        use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
        let place = |path: &Path| into.join(path.strip_prefix(&self.folder).unwrap());
        for folder in &self.folders {
            let mut builder = std::fs::DirBuilder::new();
            builder.recursive(true).mode(0o700).create(place(folder)).unwrap();
        }
        for (path, file) in &self.names {
            if path.extension().is_some_and(|it| it == "db-shm") {
                continue;
            }
            let mut options = std::fs::OpenOptions::new();
            let mut opened =
                options.write(true).create_new(true).mode(0o600).open(place(path)).unwrap();
            std::io::Write::write_all(&mut opened, &self.files[*file]).unwrap();
        }
    }

    fn apply(&mut self, effect: &Effect) {
        match effect {
            Effect::Bytes { file, place, bytes } => {
                let contents = self.file(*file);
                let begin = usize::try_from(*place).unwrap();
                let end = begin + bytes.len();
                if contents.len() < end {
                    contents.resize(end, 0);
                }
                contents[begin..end].copy_from_slice(bytes);
            }
            Effect::Length { file, length } => {
                self.file(*file).resize(usize::try_from(*length).unwrap(), 0);
            }
            Effect::Named { path, file, instead_of } => {
                let _ = self.file(*file);
                if let Some(before) = instead_of {
                    self.names.remove(before);
                }
                self.names.insert(path.clone(), *file);
            }
            Effect::Gone { path } => {
                self.names.remove(path);
            }
            Effect::Folder { path } => self.folders.push(path.clone()),
        }
    }

    /// Returns the contents of a file that may not be on the disk yet.
    fn file(&mut self, file: File) -> &mut Vec<u8> {
        if self.files.len() <= file {
            self.files.resize(file + 1, Vec::new());
        }
        &mut self.files[file]
    }
}

impl Piece {
    /// Returns whether a sync is about it: of its file, or of the folder of its name.
    fn concerns(&self, path: &Path, synced: Option<File>) -> bool {
        match &self.effect {
            Effect::Bytes { file, .. } | Effect::Length { file, .. } => Some(*file) == synced,
            Effect::Named { path: name, .. }
            | Effect::Gone { path: name }
            | Effect::Folder { path: name } => name.parent() == Some(path),
        }
    }
}

impl Unsynced {
    /// Returns a disk on which everything is certain.
    #[must_use]
    pub fn new(disk: Disk) -> Self {
        Self { certain: disk.clone(), seen: disk, pieces: Vec::new() }
    }

    /// Takes a call.
    pub fn take(&mut self, call: &Call) {
        match &call.change {
            Change::Opened { path, makes, empties } => {
                self.open(call.ended, path, *makes, *empties);
            }
            Change::Written { path, place, bytes } => {
                if let Some(file) = self.seen.names.get(path).copied() {
                    let end = u64::try_from(self.seen.file(file).len()).unwrap();
                    self.write(call.ended, file, place.unwrap_or(end), bytes);
                }
            }
            Change::Cut { path, length } => {
                if let Some(file) = self.seen.names.get(path).copied() {
                    self.add(call.ended, Effect::Length { file, length: *length });
                }
            }
            Change::Synced { path, began } => self.sync(path, *began),
            Change::NotSynced { path } => self.lose(path),
            Change::Renamed { from, to } => {
                if let Some(file) = self.seen.names.get(from).copied() {
                    let instead_of = Some(from.clone());
                    self.add(call.ended, Effect::Named { path: to.clone(), file, instead_of });
                }
            }
            Change::Linked { from, to } => {
                if let Some(file) = self.seen.names.get(from).copied() {
                    let instead_of = None;
                    self.add(call.ended, Effect::Named { path: to.clone(), file, instead_of });
                }
            }
            Change::Unlinked { path } => self.add(call.ended, Effect::Gone { path: path.clone() }),
            Change::Made { path } => self.add(call.ended, Effect::Folder { path: path.clone() }),
        }
    }

    /// Returns how many pieces may be on the disk or not.
    #[must_use]
    pub fn len(&self) -> usize {
        self.pieces.len()
    }

    /// Returns whether everything is certain.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }

    /// Returns a disk with the pieces of which `is_there` is true, by their places.
    #[must_use]
    pub fn after_a_loss(&self, mut is_there: impl FnMut(usize) -> bool) -> Disk {
        let mut disk = self.certain.clone();
        for (place, piece) in self.pieces.iter().enumerate() {
            if is_there(place) {
                disk.apply(&piece.effect);
            }
        }
        disk
    }

    fn open(&mut self, ended: u64, path: &Path, makes: bool, empties: bool) {
        match self.seen.names.get(path).copied() {
            Some(file) if empties => self.add(ended, Effect::Length { file, length: 0 }),
            None if makes => {
                let file = self.seen.files.len().max(self.certain.files.len());
                let path = path.to_owned();
                self.add(ended, Effect::Named { path, file, instead_of: None });
            }
            Some(_) | None => {}
        }
    }

    /// Takes a write, block by block.
    fn write(&mut self, ended: u64, file: File, mut place: u64, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let room = usize::try_from(WHOLE - place % WHOLE).unwrap();
            let (now, later) = bytes.split_at(room.min(bytes.len()));
            self.add(ended, Effect::Bytes { file, place, bytes: now.to_vec() });
            place += u64::try_from(now.len()).unwrap();
            bytes = later;
        }
    }

    fn add(&mut self, ended: u64, effect: Effect) {
        self.seen.apply(&effect);
        self.pieces.push(Piece { ended, effect });
    }

    /// Gives up what a failed sync was about: the system takes it for written.
    fn lose(&mut self, path: &Path) {
        let synced = self.seen.names.get(path).copied();
        self.pieces.retain(|piece| !piece.concerns(path, synced));
    }

    /// Makes certain what had ended before a sync began: of a file its bytes, of a folder its names.
    fn sync(&mut self, path: &Path, began: u64) {
        let synced = self.seen.names.get(path).copied();
        let mut left = Vec::new();
        for piece in std::mem::take(&mut self.pieces) {
            if piece.concerns(path, synced) && piece.ended <= began {
                self.certain.apply(&piece.effect);
            } else {
                left.push(piece);
            }
        }
        self.pieces = left;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(ended: u64, change: Change) -> Call {
        Call { ended, change }
    }

    #[test]
    fn a_file_is_certain_when_it_and_its_folder_are_synced_and_torn_until_then() {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("from");
        std::fs::create_dir(&folder).unwrap();
        let mut disk = Unsynced::new(Disk::of(&folder));
        let path = folder.join("a");
        disk.take(&call(1, Change::Opened { path: path.clone(), makes: true, empties: false }));
        let bytes = vec![7; 5000];
        disk.take(&call(2, Change::Written { path: path.clone(), place: None, bytes }));
        assert_eq!(disk.len(), 3, "a name and two blocks");
        let torn = disk.after_a_loss(|piece| piece != 1);
        let contents = &torn.files[torn.names[&path]];
        assert_eq!((contents.len(), contents.first(), contents.last()), (5000, Some(&0), Some(&7)));
        disk.take(&call(4, Change::Synced { path: path.clone(), began: 3 }));
        assert_eq!(disk.len(), 1, "its name is still only in memory");
        assert!(disk.after_a_loss(|_| false).names.is_empty());
        disk.take(&call(6, Change::Synced { path: folder.clone(), began: 5 }));
        assert!(disk.is_empty());
        let into = place.path().join("into");
        disk.after_a_loss(|_| false).write(&into);
        assert_eq!(std::fs::read(into.join("a")).unwrap(), vec![7; 5000]);
    }

    #[test]
    fn what_is_written_while_a_sync_is_under_way_may_be_missing() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("a");
        std::fs::write(&path, b"old").unwrap();
        let mut disk = Unsynced::new(Disk::of(place.path()));
        let bytes = b"new".to_vec();
        disk.take(&call(5, Change::Written { path: path.clone(), place: Some(0), bytes }));
        disk.take(&call(6, Change::Synced { path, began: 4 }));
        assert_eq!(disk.len(), 1);
    }
}
