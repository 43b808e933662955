//! The lock of a data folder: held by one process, freed by the operating system when that process ends, however it ends.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read as _, Seek as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;

use super::{FolderError, Layout};

/// The lock, held while the value lives.
#[derive(Debug)]
pub(super) struct Lock(#[expect(dead_code, reason = "the open file is the lock")] File);

/// Most bytes of a process number.
const MAX_PID_BYTES: u64 = 16;

impl Lock {
    /// Takes the lock of a folder and writes this process's number into it.
    pub(super) fn take(layout: &Layout) -> Result<Self, FolderError> {
        let path = layout.lock();
        let failed = FolderError::io(&path);
        let mut options = OpenOptions::new();
        let mut file = options
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&path)
            .map_err(&failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                let read = (&file).take(MAX_PID_BYTES).read_to_string(&mut holder);
                let pid = read.ok().and_then(|_| holder.trim().parse().ok());
                return Err(FolderError::InUse { folder: layout.root().to_owned(), pid });
            }
            Err(TryLockError::Error(cause)) => return Err(failed(cause)),
        }
        file.set_len(0).map_err(&failed)?;
        file.rewind().map_err(&failed)?;
        writeln!(file, "{}", std::process::id()).map_err(&failed)?;
        Ok(Self(file))
    }
}
