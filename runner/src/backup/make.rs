//! Making a backup: the database first, then what it refers to, so that nothing it names is younger than it is.

use std::path::{Path, PathBuf};

use annona_engine::clock::Clock;
use annona_engine::store::{Sqlite, Totals, archive};

use super::documents::{self, Copied};
use super::files::{self, Draft, Sums};
use super::manifest::{Common, Contents, Held, installation};
use super::{BackupError, DATABASE, KEYS, Manifest, Part, Step, Told};
use crate::folder::{Layout, create_folder, sync_folder};

/// A backup that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// Where.
    pub folder: PathBuf,
    /// What its store says of itself.
    pub store: Manifest,
    /// What its keys say of themselves.
    pub keys: Manifest,
    /// What its documents say of themselves.
    pub documents: Manifest,
}

/// Makes a backup of a data folder, beside a daemon that may be running on it.
///
/// # Errors
///
/// Returns [`BackupError`] if there is something in its place already, or anything cannot be read or written; nothing is left then.
pub async fn make(
    data: &Layout,
    to: &Path,
    clock: &dyn Clock,
    told: Told<'_>,
) -> Result<Made, BackupError> {
    let draft = Draft::of(to)?;
    let [store, keys, uploads] =
        [Part::Store, Part::Keys, Part::Documents].map(|part| draft.folder().join(part.name()));
    for part in [&store, &keys, &uploads] {
        create_folder(part)?;
    }
    let made_at = clock.now();
    told(Step::Database);
    let (copy, key_file) = (store.join(DATABASE), keys.join(KEYS));
    take_apart(data, draft.folder(), &copy, &key_file).await?;
    let common = Common {
        backup: data_encoding::HEXLOWER.encode(&crate::random::bytes::<16>()?),
        made_at,
        taken_at: clock.now(),
        installation: installation(data),
    };
    let mut key_sums = copy_signing_keys(data, &keys)?;
    let opened = Sqlite::open_to_read(&copy).await.map_err(BackupError::store(&copy))?;
    let totals = count(&opened, &copy, told).await?;
    let number = totals.rows("document");
    let copied = documents::copy(data, &opened, &uploads, &key_file, number, told).await?;
    opened.close().await;
    key_sums.add(KEYS, files::digest(&key_file)?);
    let made = Made {
        store: end_store(&common, &store, &totals)?,
        keys: end_keys(&common, &keys, &key_sums).await?,
        documents: end_documents(&common, &uploads, copied)?,
        folder: draft.folder().to_owned(),
    };
    for part in [&store, &keys, &uploads] {
        sync_folder(part)?;
    }
    Ok(Made { folder: draft.end()?, ..made })
}

/// Copies the database without its keys, and these into a file of their own.
async fn take_apart(
    data: &Layout,
    draft: &Path,
    copy: &Path,
    keys: &Path,
) -> Result<(), BackupError> {
    let live = data.database();
    // The one file that holds both: it is gone before the backup is there.
    let both = draft.join("both.db");
    for file in [&both, &copy.to_owned(), &keys.to_owned()] {
        drop(files::create(file)?);
    }
    archive::take_apart(&live, &both, copy, keys).await.map_err(BackupError::store(&live))?;
    std::fs::remove_file(&both).map_err(BackupError::io(&both))
}

/// Copies what signs and what verifiers are given: the list first, so that each key that it names is there.
fn copy_signing_keys(data: &Layout, to: &Path) -> Result<Sums, BackupError> {
    let mut sums = Sums::default();
    for file in [data.trust_list(), data.root_public(), data.admin_token()] {
        if file.is_file() {
            add(&mut sums, &file, to)?;
        }
    }
    let folder = data.keys();
    let entries = std::fs::read_dir(&folder).map_err(BackupError::io(&folder))?;
    for entry in entries {
        let file = entry.map_err(BackupError::io(&folder))?.path();
        if file.extension().is_some_and(|ending| ending == "pem") && file.is_file() {
            add(&mut sums, &file, to)?;
        }
    }
    Ok(sums)
}

fn add(sums: &mut Sums, file: &Path, to: &Path) -> Result<(), BackupError> {
    let Some(name) = file.file_name().and_then(|name| name.to_str()) else { return Ok(()) };
    let digest = files::copy(file, &to.join(name))?;
    sums.add(name, digest);
    Ok(())
}

async fn count(store: &Sqlite, file: &Path, told: Told<'_>) -> Result<Totals, BackupError> {
    told(Step::Rows(None));
    let totals = store.totals(&|rows| told(Step::Done(rows))).await;
    totals.map_err(BackupError::store(file))
}

fn end_store(common: &Common, folder: &Path, totals: &Totals) -> Result<Manifest, BackupError> {
    let mut sums = Sums::default();
    sums.add(DATABASE, files::digest(&folder.join(DATABASE))?);
    let counts = [("applications", totals.rows("application")), ("events", totals.rows("event"))];
    let totals = Some(Held::of(totals));
    let contents = Contents { counts: &counts, totals, ..Contents::default() };
    common.end(folder, Part::Store, contents, &sums)
}

async fn end_keys(common: &Common, folder: &Path, sums: &Sums) -> Result<Manifest, BackupError> {
    let file = folder.join(KEYS);
    let keys = archive::count(&file).await.map_err(BackupError::store(&file))?;
    let counts = [("applications", keys.applications), ("documents", keys.documents)];
    let contents = Contents { counts: &counts, ..Contents::default() };
    common.end(folder, Part::Keys, contents, sums)
}

fn end_documents(common: &Common, folder: &Path, copied: Copied) -> Result<Manifest, BackupError> {
    let counts = [("documents", copied.sums.len()), ("erased_meanwhile", copied.erased)];
    let contents = Contents { counts: &counts, missing: copied.missing, ..Contents::default() };
    common.end(folder, Part::Documents, contents, &copied.sums)
}
