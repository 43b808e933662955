//! A copy of the store without the keys of what is in it, and those keys in a file of their own; and the two put together again.
//!
//! The file that is copied is read beside a daemon that may be writing to it: nothing is locked, and nothing written there.

use std::path::Path;

use rusqlite::Connection;

use super::super::StoreError;
use super::error::failed;
use super::open;
use super::writer::on_a_thread;
use crate::id::{ApplicationId, DocumentId};

/// Marks a file as keys of a store of this program.
const KEYS_ID: i64 = 1_097_756_272;
/// The schema of a file of keys.
const KEYS_VERSION: i64 = 1;

/// The keys that a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keys {
    /// Keys of applications.
    pub applications: u64,
    /// Keys of documents.
    pub documents: u64,
}

/// What a store lost by being given the keys of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gone {
    /// Documents of applications that were erased.
    pub discarded: u64,
    /// Documents that no application ever referred to.
    pub unreferenced: u64,
}

/// Returns the schema of the stores that this program copies.
#[must_use]
pub fn schema() -> i64 {
    open::known()
}

/// Copies a store as it stands at one instant; without its keys to `store`, and these to `keys`.
///
/// `store`, `keys` and `draft` are empty files; what stood in the draft, the keys beside the values, is of no use afterwards.
///
/// # Errors
///
/// Returns [`StoreError`] if the store cannot be read or a file not be written.
pub async fn take_apart(
    live: &Path,
    draft: &Path,
    store: &Path,
    keys: &Path,
) -> Result<(), StoreError> {
    let [live, draft, store, keys] = [live, draft, store, keys].map(Box::<Path>::from);
    on_a_thread(move || apart(&live, &draft, &store, &keys)).await
}

fn apart(live: &Path, draft: &Path, store: &Path, keys: &Path) -> Result<(), StoreError> {
    vacuum(&open::current_reader(live)?, draft)?;
    let connection = open::unshared(draft)?;
    attach(&connection, keys)?;
    connection
        .execute_batch(
            "PRAGMA apart.application_id = 1097756272;
             PRAGMA apart.user_version = 1;
             CREATE TABLE apart.data_key (
                 application BLOB NOT NULL PRIMARY KEY CHECK (length(application) = 16),
                 wrapped     BLOB NOT NULL
             ) STRICT, WITHOUT ROWID;
             CREATE TABLE apart.document_key (
                 id  BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
                 key BLOB NOT NULL
             ) STRICT, WITHOUT ROWID;
             INSERT INTO apart.data_key (application, wrapped) SELECT application, wrapped FROM main.data_key;
             INSERT INTO apart.document_key (id, key) SELECT id, key FROM main.document WHERE length(key) > 0;
             DELETE FROM main.data_key;
             UPDATE main.document SET key = x'';
             DETACH apart",
        )
        .map_err(failed)?;
    // Written afresh: no page of it ever held a key.
    vacuum(&connection, store)
}

/// Takes the keys of a document, and of the application that referred to it, out of a file: both were erased meanwhile.
///
/// # Errors
///
/// Returns [`StoreError`] if the file cannot be written.
pub async fn forget(
    keys: &Path,
    document: DocumentId,
    application: Option<ApplicationId>,
) -> Result<(), StoreError> {
    let keys: Box<Path> = keys.into();
    on_a_thread(move || {
        let connection = open::unshared(&keys)?;
        let sql = "DELETE FROM document_key WHERE id = ?1";
        connection.execute(sql, (document.0.as_bytes(),)).map_err(failed)?;
        let sql = "DELETE FROM data_key WHERE application = ?1";
        let application = application.map(|id| id.0.into_bytes());
        connection.execute(sql, (application,)).map_err(failed)?;
        Ok(())
    })
    .await
}

/// Counts the keys of a file.
///
/// # Errors
///
/// Returns [`StoreError`] if it cannot be read, or is no file of keys.
pub async fn count(keys: &Path) -> Result<Keys, StoreError> {
    let keys: Box<Path> = keys.into();
    on_a_thread(move || {
        let connection = open::unshared(&keys)?;
        if open::asked::<i64>(&connection, "PRAGMA application_id")? != KEYS_ID {
            return Err(StoreError::Unfit("it holds no keys of a store".to_owned()));
        }
        let version = open::asked(&connection, "PRAGMA user_version")?;
        if version != KEYS_VERSION {
            return Err(StoreError::Newer { found: version, known: KEYS_VERSION });
        }
        Ok(Keys {
            applications: open::asked(&connection, "SELECT count(*) FROM data_key")?,
            documents: open::asked(&connection, "SELECT count(*) FROM document_key")?,
        })
    })
    .await
}

/// Gives a store the keys of a file, each where what it opens still is. A document without a key is nobody's to use any more.
///
/// # Errors
///
/// Returns [`StoreError`] if a file cannot be read or written.
pub async fn put_together(store: &Path, keys: &Path) -> Result<Gone, StoreError> {
    let [store, keys] = [store, keys].map(Box::<Path>::from);
    on_a_thread(move || together(&store, &keys)).await
}

fn together(store: &Path, keys: &Path) -> Result<Gone, StoreError> {
    let connection = open::unshared(store)?;
    attach(&connection, keys)?;
    connection
        .execute_batch(
            "INSERT INTO main.data_key (application, wrapped)
             SELECT application, wrapped FROM apart.data_key WHERE application IN (SELECT id FROM main.application);
             UPDATE main.document SET key = k.key FROM apart.document_key k WHERE k.id = main.document.id;
             DETACH apart",
        )
        .map_err(failed)?;
    let discarded = "UPDATE document SET discarded = 1
                      WHERE discarded = 0 AND application IS NOT NULL AND length(key) = 0";
    let unreferenced = "DELETE FROM document WHERE application IS NULL AND length(key) = 0";
    let changed = |sql| connection.execute(sql, ()).map(|rows| rows as u64).map_err(failed);
    Ok(Gone { discarded: changed(discarded)?, unreferenced: changed(unreferenced)? })
}

/// Writes a whole database into a file afresh.
fn vacuum(connection: &Connection, to: &Path) -> Result<(), StoreError> {
    connection.execute("VACUUM INTO ?1", (text(to)?,)).map(|_| ()).map_err(failed)
}

fn attach(connection: &Connection, file: &Path) -> Result<(), StoreError> {
    connection.execute("ATTACH ?1 AS apart", (text(file)?,)).map(|_| ()).map_err(failed)
}

fn text(path: &Path) -> Result<&str, StoreError> {
    path.to_str().ok_or_else(|| StoreError::Unfit(format!("{} is no text", path.display())))
}
