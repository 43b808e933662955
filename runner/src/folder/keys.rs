//! The lock of keys that several daemons use: each holds it with the others, and whoever changes the keys holds it alone.
//!
//! Freed by the operating system when the process ends, however it ends.

use std::fs::{File, OpenOptions, TryLockError};
use std::os::unix::fs::OpenOptionsExt as _;

use super::{FolderError, Layout};

/// The hold on the keys, while the value lives.
#[derive(Debug)]
pub struct KeysHeld {
    /// `None`: the keys are in the data folder, whose lock is enough.
    file: Option<File>,
    alone: bool,
}

impl KeysHeld {
    /// Takes the keys of a folder that this process holds: alone if nobody uses them, else with those who do.
    ///
    /// # Errors
    ///
    /// Returns [`FolderError::InUse`] while somebody changes them.
    pub fn take(layout: &Layout) -> Result<Self, FolderError> {
        if !layout.shares_keys() {
            return Ok(Self { file: None, alone: true });
        }
        let path = layout.keys().join("lock");
        let failed = FolderError::io(&path);
        let mut options = OpenOptions::new();
        let options = options.read(true).write(true).create(true).truncate(false).mode(0o600);
        let file = options.open(&path).map_err(&failed)?;
        let alone = match file.try_lock() {
            Ok(()) => true,
            Err(TryLockError::WouldBlock) => match file.try_lock_shared() {
                Ok(()) => false,
                Err(TryLockError::WouldBlock) => {
                    return Err(FolderError::InUse { folder: layout.keys(), pid: None });
                }
                Err(TryLockError::Error(cause)) => return Err(failed(cause)),
            },
            Err(TryLockError::Error(cause)) => return Err(failed(cause)),
        };
        Ok(Self { file: Some(file), alone })
    }

    /// Returns whether nobody else uses them.
    #[must_use]
    pub fn is_alone(&self) -> bool {
        self.alone
    }

    /// Lets others use them too.
    ///
    /// # Errors
    ///
    /// Returns [`FolderError::Io`] if the lock cannot be changed.
    pub fn share(&mut self, layout: &Layout) -> Result<(), FolderError> {
        if let (Some(file), true) = (&self.file, self.alone) {
            file.lock_shared().map_err(FolderError::io(&layout.keys()))?;
        }
        self.alone = self.file.is_none();
        Ok(())
    }
}
