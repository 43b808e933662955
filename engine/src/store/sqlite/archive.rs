//! A copy of the store without the keys of what is in it, and those keys in a file of their own; and the two put together again.
//!
//! The file that is copied is read beside a daemon that may be writing to it: nothing is locked, and nothing written there.

use std::path::Path;

use sqlx::sqlite::SqliteSynchronous;
use sqlx::{Connection as _, Executor as _, SqliteConnection, SqlitePool};

use super::super::StoreError;
use super::error::failed;
use super::open;
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
    let readers = open::current_readers(live).await?;
    let copied = copy(&readers, draft).await;
    readers.close().await;
    copied?;
    let mut connection = connect(draft).await?;
    attach(&mut connection, keys).await?;
    for sql in [
        "PRAGMA apart.application_id = 1097756272",
        "PRAGMA apart.user_version = 1",
        "CREATE TABLE apart.data_key (
             application BLOB NOT NULL PRIMARY KEY CHECK (length(application) = 16),
             wrapped     BLOB NOT NULL
         ) STRICT, WITHOUT ROWID",
        "CREATE TABLE apart.document_key (
             id  BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
             key BLOB NOT NULL
         ) STRICT, WITHOUT ROWID",
        "INSERT INTO apart.data_key (application, wrapped) SELECT application, wrapped FROM main.data_key",
        "INSERT INTO apart.document_key (id, key) SELECT id, key FROM main.document WHERE length(key) > 0",
        "DELETE FROM main.data_key",
        "UPDATE main.document SET key = x''",
        "DETACH apart",
    ] {
        connection.execute(sql).await.map_err(failed)?;
    }
    // Written afresh: no page of it ever held a key.
    sqlx::query("VACUUM INTO $1")
        .bind(text(store)?)
        .execute(&mut connection)
        .await
        .map_err(failed)?;
    connection.close().await.map_err(failed)
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
    let mut connection = connect(keys).await?;
    sqlx::query("DELETE FROM document_key WHERE id = $1")
        .bind(document.0.as_bytes().as_slice())
        .execute(&mut connection)
        .await
        .map_err(failed)?;
    sqlx::query("DELETE FROM data_key WHERE application = $1")
        .bind(application.as_ref().map(|id| id.0.as_bytes().as_slice()))
        .execute(&mut connection)
        .await
        .map_err(failed)?;
    connection.close().await.map_err(failed)
}

/// Counts the keys of a file.
///
/// # Errors
///
/// Returns [`StoreError`] if it cannot be read, or is no file of keys.
pub async fn count(keys: &Path) -> Result<Keys, StoreError> {
    let mut connection = connect(keys).await?;
    let owner = number(&mut connection, "PRAGMA application_id").await?;
    let version = number(&mut connection, "PRAGMA user_version").await?;
    if owner != KEYS_ID {
        return Err(StoreError::Unfit("it holds no keys of a store".to_owned()));
    }
    if version != KEYS_VERSION {
        return Err(StoreError::Newer { found: version, known: KEYS_VERSION });
    }
    let applications = number(&mut connection, "SELECT count(*) FROM data_key").await?;
    let documents = number(&mut connection, "SELECT count(*) FROM document_key").await?;
    connection.close().await.map_err(failed)?;
    Ok(Keys { applications: unsigned(applications), documents: unsigned(documents) })
}

/// Gives a store the keys of a file, each where what it opens still is. A document without a key is nobody's to use any more.
///
/// # Errors
///
/// Returns [`StoreError`] if a file cannot be read or written.
pub async fn put_together(store: &Path, keys: &Path) -> Result<Gone, StoreError> {
    let mut connection = connect(store).await?;
    attach(&mut connection, keys).await?;
    for sql in [
        "INSERT INTO main.data_key (application, wrapped)
         SELECT application, wrapped FROM apart.data_key WHERE application IN (SELECT id FROM main.application)",
        "UPDATE main.document SET key = k.key FROM apart.document_key k WHERE k.id = main.document.id",
        "DETACH apart",
    ] {
        connection.execute(sql).await.map_err(failed)?;
    }
    let discarded = "UPDATE document SET discarded = 1
                      WHERE discarded = 0 AND application IS NOT NULL AND length(key) = 0";
    let discarded = connection.execute(discarded).await.map_err(failed)?.rows_affected();
    let unreferenced = "DELETE FROM document WHERE application IS NULL AND length(key) = 0";
    let unreferenced = connection.execute(unreferenced).await.map_err(failed)?.rows_affected();
    connection.close().await.map_err(failed)?;
    Ok(Gone { discarded, unreferenced })
}

async fn copy(readers: &SqlitePool, to: &Path) -> Result<(), StoreError> {
    let copied = sqlx::query("VACUUM INTO $1").bind(text(to)?).execute(readers).await;
    copied.map(|_| ()).map_err(failed)
}

/// Opens a file that nobody else uses; whoever made it syncs it.
async fn connect(file: &Path) -> Result<SqliteConnection, StoreError> {
    let options = open::options(file).synchronous(SqliteSynchronous::Off);
    SqliteConnection::connect_with(&options).await.map_err(failed)
}

async fn attach(connection: &mut SqliteConnection, file: &Path) -> Result<(), StoreError> {
    let attached = sqlx::query("ATTACH $1 AS apart").bind(text(file)?).execute(connection).await;
    attached.map(|_| ()).map_err(failed)
}

async fn number(connection: &mut SqliteConnection, sql: &'static str) -> Result<i64, StoreError> {
    sqlx::query_scalar(sql).fetch_one(connection).await.map_err(failed)
}

fn text(path: &Path) -> Result<&str, StoreError> {
    path.to_str().ok_or_else(|| StoreError::Unfit(format!("{} is no text", path.display())))
}

fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}
