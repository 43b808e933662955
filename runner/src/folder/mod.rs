//! The data folder: what lies where, and who may use it.
//!
//! One daemon holds it at a time. Folders are 0700 and secrets 0600; a secret that others can read is refused, never repaired
//! behind the operator's back.

mod installation;
mod keys;
mod layout;
mod lock;
mod master;
mod private;

use std::path::{Path, PathBuf};

use annona_engine::vault::MasterKey;
use uuid::Uuid;

use crate::random::RandomError;

pub use keys::KeysHeld;
pub use layout::{Layout, Running};
pub(crate) use private::{create_folder, sync_folder};
pub use private::{create_private, read_private, replace_private};

/// A data folder that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// Another daemon uses it.
    #[error("{} is in use by another annona{}", folder.display(), pid.map(|pid| format!(" (process {pid})")).unwrap_or_default())]
    InUse {
        /// The folder.
        folder: PathBuf,
        /// The process that holds it, as far as it can be told.
        pid: Option<u32>,
    },
    /// Others can read a secret.
    #[error("{} can be read by others (mode {mode:o}): run `chmod 600` on it, and ask who has read it", file.display())]
    Wide {
        /// The file.
        file: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// There is a database and no master key.
    #[error("the master key {} is missing, and without it no personal value in {} can be read: put the key back", key.display(), database.display())]
    KeyLost {
        /// Where the key should be.
        key: PathBuf,
        /// The database.
        database: PathBuf,
    },
    /// The file of a key does not hold one.
    #[error("{} holds no key: 64 hexadecimal digits are expected", file.display())]
    NoKey {
        /// The file.
        file: PathBuf,
    },
    /// A folder belongs to another installation.
    #[error("{} belongs to another installation ({found}) than the database ({wanted}): name the folder that the daemons of this database share", folder.display())]
    Foreign {
        /// The folder.
        folder: PathBuf,
        /// Whose it is.
        found: Uuid,
        /// Whose it should be.
        wanted: Uuid,
    },
    /// A folder is nobody's, where the installation has one.
    #[error("{} is not the folder that the daemons of this database share (it has no file `installation`): name that one, or mount it", folder.display())]
    Unmarked {
        /// The folder.
        folder: PathBuf,
    },
    /// The file that names an installation does not.
    #[error("{} names no installation", file.display())]
    NoMark {
        /// The file.
        file: PathBuf,
    },
    /// What should be a folder is a file.
    #[error("{} is a file, not a folder", path.display())]
    NoFolder {
        /// What.
        path: PathBuf,
    },
    /// The file is there already.
    #[error("{} is there already", file.display())]
    Exists {
        /// The file.
        file: PathBuf,
    },
    /// The operating system refuses.
    #[error("{}: {cause}", path.display())]
    Io {
        /// What.
        path: PathBuf,
        /// Why.
        cause: std::io::Error,
    },
    /// No key can be made.
    #[error(transparent)]
    Random(#[from] RandomError),
}

impl FolderError {
    /// Returns what turns an error about `path` into one of these.
    pub(crate) fn io(path: &Path) -> impl Fn(std::io::Error) -> Self + '_ {
        |cause| Self::Io { path: path.to_owned(), cause }
    }
}

/// A data folder that this process holds until the value is dropped.
#[derive(Debug)]
pub struct Folder {
    layout: Layout,
    _lock: lock::Lock,
}

impl Folder {
    /// Creates the folder where it is missing, and takes it.
    ///
    /// # Errors
    ///
    /// Returns [`FolderError`] if another process holds it or it cannot be written.
    pub fn open(root: &Path) -> Result<Self, FolderError> {
        Self::take(Layout::new(root))
    }

    /// Does what [`Self::open`] does, where documents or keys may lie elsewhere.
    ///
    /// # Errors
    ///
    /// Returns [`FolderError`] if another process holds it or it cannot be written.
    pub fn take(layout: Layout) -> Result<Self, FolderError> {
        let root = layout.root();
        if root.is_file() {
            return Err(FolderError::NoFolder { path: root.to_owned() });
        }
        private::create_folder(root)?;
        let lock = lock::Lock::take(&layout)?;
        for folder in [layout.documents(), layout.keys(), layout.messages()] {
            private::create_folder(&folder)?;
        }
        Ok(Self { layout, _lock: lock })
    }

    /// Returns what lies where.
    #[must_use]
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Returns the master key: from `named`, where the configuration names a file, else from the folder.
    ///
    /// Only in a folder without a database is one created, and never at a place that the configuration names.
    ///
    /// # Errors
    ///
    /// Returns [`FolderError`] if it is missing beside a database, can be read by others, or is none.
    pub fn master_key(&self, named: Option<&Path>) -> Result<MasterKey, FolderError> {
        master::load(&self.layout, named)
    }

    /// Checks that what the daemons of an installation share is its own; marks it where the installation `begins`.
    ///
    /// # Errors
    ///
    /// Returns [`FolderError::Foreign`] or [`FolderError::Unmarked`] if it is not.
    pub fn belongs_to(&self, installation: Uuid, begins: bool) -> Result<(), FolderError> {
        installation::check(&self.layout, installation, begins)
    }

    /// Tells clients on this machine where the daemon is.
    ///
    /// # Errors
    ///
    /// Returns [`FolderError`] if the file cannot be written.
    pub fn announce(&self, running: &Running) -> Result<(), FolderError> {
        let text = serde_json::json!({"address": running.address, "pid": running.pid});
        replace_private(&self.layout.daemon(), format!("{text}\n").as_bytes())
    }

    /// Takes the announcement back; the daemon stops.
    pub fn retract(&self) {
        // Nothing is lost if it stays: a client then finds nobody at the address, and says so.
        let _ = std::fs::remove_file(self.layout.daemon());
    }
}

/// Returns the master key of a folder that has a database, without taking the folder; makes none.
///
/// # Errors
///
/// Returns [`FolderError`] if there is no database or no key, it can be read by others, or is none.
pub fn master_key_of(layout: &Layout, named: Option<&Path>) -> Result<MasterKey, FolderError> {
    let database = layout.database();
    std::fs::metadata(&database).map_err(FolderError::io(&database))?;
    master::load(layout, named)
}

/// Returns the master key in a file; makes none.
///
/// # Errors
///
/// Returns [`FolderError`] if there is no key, it can be read by others, or is none.
pub fn master_key_in(file: &Path) -> Result<MasterKey, FolderError> {
    master::read(file)
}

/// Returns the master key of a database that is not in the folder and has begun; makes none.
///
/// # Errors
///
/// Returns [`FolderError`] if there is no key, it can be read by others, or is none.
pub fn kept_master_key(
    layout: &Layout,
    named: Option<&Path>,
    database: &str,
) -> Result<MasterKey, FolderError> {
    master::kept(layout, named, database)
}

#[cfg(test)]
mod tests;
