//! Putting a data folder together from the parts of a backup, each of which is compared with what it says of itself.

use std::path::{Path, PathBuf};

use annona_engine::clock::Clock;
use annona_engine::service::{Audited, erase_without_key};
use annona_engine::store::{Sqlite, archive};
use annona_engine::vault::MasterKey;

use super::files::{self, Draft, Sums};
use super::manifest::Held;
use super::{BackupError, DATABASE, KEYS, Manifest, Part, Step, Told, documents, part_at, verify};
use crate::folder::{
    Layout, create_folder, create_private, master_key_in, read_private, sync_folder,
};

/// What is to be restored.
#[derive(Debug, Clone)]
pub struct Restore {
    /// The backup, or its store.
    pub from: PathBuf,
    /// The keys, where they are elsewhere: those of this backup, or of a later one.
    pub keys: Option<PathBuf>,
    /// The documents, where they are elsewhere.
    pub documents: Option<PathBuf>,
    /// The master key.
    pub master_key: Option<PathBuf>,
    /// Whether everything is opened, folded and compared.
    pub verify: bool,
}

/// What was restored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restored {
    /// Where; none where it was only verified.
    pub folder: Option<PathBuf>,
    /// What the store says of itself.
    pub store: Manifest,
    /// What the keys say of themselves.
    pub keys: Manifest,
    /// How many documents there are.
    pub documents: u64,
    /// Documents that had no file when the backup was made.
    pub missing: Vec<String>,
    /// How many applications were erased since, and now are here as well.
    pub erased: u64,
    /// What was verified.
    pub audited: Option<Audited>,
}

/// The parts, as they say of themselves.
#[derive(Debug)]
struct Parts {
    store: (PathBuf, Manifest, Sums),
    keys: (PathBuf, Manifest, Sums),
    documents: (PathBuf, Manifest, Sums),
}

impl Restore {
    /// Restores into an empty folder, or, without one, into a temporary one that is removed again.
    ///
    /// # Errors
    ///
    /// Returns [`BackupError`] if a part is not there or not what it was, or the folder is not empty; nothing is left then.
    pub async fn run(
        &self,
        data: Option<&Path>,
        clock: &dyn Clock,
        told: Told<'_>,
    ) -> Result<Restored, BackupError> {
        let parts = self.parts()?;
        let master = self.master_key.as_deref().map(master_key_in).transpose()?;
        let Some(data) = data else {
            let place = tempfile::Builder::new().prefix("annona-restore").tempdir();
            let place = place.map_err(BackupError::io(&std::env::temp_dir()))?;
            return self.fill(&parts, place.path(), master.as_ref(), clock, told).await;
        };
        let draft = Draft::of(data)?;
        let restored = self.fill(&parts, draft.folder(), master.as_ref(), clock, told).await?;
        if let Some(file) = &self.master_key {
            create_private(&Layout::new(draft.folder()).master_key(), &read_private(file)?)?;
        }
        Ok(Restored { folder: Some(draft.end()?), ..restored })
    }

    /// Reads what the parts say of themselves, and whether they belong together.
    fn parts(&self) -> Result<Parts, BackupError> {
        let read = |place: &Path, part| {
            let folder = part_at(place, part);
            let (manifest, sums) = Manifest::read(&folder, part)?;
            Ok::<_, BackupError>((folder, manifest, sums))
        };
        let store = read(&self.from, Part::Store)?;
        let beside = |named: &Option<PathBuf>, part, flag| match named {
            Some(place) => read(place, part),
            None => read(&self.from, part).map_err(|error| missing(error, part, flag)),
        };
        let keys = beside(&self.keys, Part::Keys, "--keys")?;
        let documents = beside(&self.documents, Part::Documents, "--documents")?;
        for other in [&keys.1, &documents.1] {
            if other.installation != store.1.installation {
                let what =
                    format!("{} and store are of different installations", other.part.name());
                return Err(BackupError::Refused(what));
            }
        }
        // Keys that are older lack those of applications that came later: these would be taken for erased.
        if keys.1.backup != store.1.backup && keys.1.made_at < store.1.taken_at {
            let what = format!(
                "the keys are of {}, before the store, of {}: take those of the same backup, or of a later one",
                keys.1.made_at, store.1.taken_at
            );
            return Err(BackupError::Refused(what));
        }
        Ok(Parts { store, keys, documents })
    }

    async fn fill(
        &self,
        parts: &Parts,
        folder: &Path,
        master: Option<&MasterKey>,
        clock: &dyn Clock,
        told: Told<'_>,
    ) -> Result<Restored, BackupError> {
        let layout = Layout::new(folder);
        copy_database(&parts.store, &layout, told).await?;
        give_keys(&parts.keys, &layout).await?;
        let (documents, missing) = copy_documents(&parts.documents, &layout, told).await?;
        let database = layout.database();
        let failed = BackupError::store(&database);
        let store = Sqlite::open(&database).await.map_err(&failed)?;
        let erased = erase_without_key(&store, clock.now()).await;
        store.close().await;
        let erased = erased?;
        let mut audited = None;
        if let Some(master) = master {
            let checked = verify::Checked { layout: &layout, master, missing: &missing };
            checked.is_its_key().await?;
            if self.verify {
                audited = Some(checked.audit(&parts.store.1, erased, documents, told).await?);
            }
        }
        for folder in [layout.documents(), layout.keys()] {
            sync_folder(&folder)?;
        }
        Ok(Restored {
            folder: None,
            store: parts.store.1.clone(),
            keys: parts.keys.1.clone(),
            documents,
            missing,
            erased,
            audited,
        })
    }
}

/// Says which part is missing, and how it is named.
fn missing(error: BackupError, part: Part, flag: &str) -> BackupError {
    match error {
        BackupError::NoPart { place, what } if !place.join(part.name()).exists() => {
            BackupError::NoPart { place, what: format!("{what}: name where they are with {flag}") }
        }
        other => other,
    }
}

/// Copies the database, and compares what it holds with what it held.
async fn copy_database(
    (folder, manifest, sums): &(PathBuf, Manifest, Sums),
    layout: &Layout,
    told: Told<'_>,
) -> Result<(), BackupError> {
    told(Step::Database);
    copy_named(folder, DATABASE, sums, &layout.database())?;
    let failed = BackupError::store(folder);
    let is_older = manifest.schema < archive::schema();
    let store = if is_older {
        // Brought up to date here: only what its rows mean can be compared then, and its bytes were.
        Sqlite::open(&layout.database()).await
    } else {
        Sqlite::open_to_read(&layout.database()).await
    };
    let store = store.map_err(&failed)?;
    let held = manifest.totals.as_ref();
    let rows = held.map(|held| held.tables.values().map(|table| table.rows).sum());
    told(Step::Rows(rows));
    let totals = store.totals(&|rows| told(Step::Done(rows))).await;
    store.close().await;
    let found = Held::of(&totals.map_err(&failed)?);
    let none = || BackupError::Different("the store does not say what it holds".to_owned());
    let held = held.ok_or_else(none)?;
    if is_older { held.compare_what_no_schema_changes(&found) } else { held.compare(&found) }
}

/// Copies what signs, and gives the store the keys of what it holds.
async fn give_keys(
    (folder, manifest, sums): &(PathBuf, Manifest, Sums),
    layout: &Layout,
) -> Result<(), BackupError> {
    create_folder(&layout.keys())?;
    for name in sums.names().filter(|name| *name != KEYS) {
        let is_key = Path::new(name).extension().is_some_and(|ending| ending == "pem");
        let to = if is_key { layout.keys() } else { layout.root().to_owned() };
        copy_named(folder, name, sums, &to.join(name))?;
    }
    let file = folder.join(KEYS);
    let failed = BackupError::store(&file);
    if sums.of(KEYS) != Some(files::digest(&file)?) {
        return Err(BackupError::Different(format!("{} is not what it was", file.display())));
    }
    let keys = archive::count(&file).await.map_err(&failed)?;
    if keys.applications != manifest.count("applications")
        || keys.documents != manifest.count("documents")
    {
        return Err(BackupError::Different(format!("{} has other keys", file.display())));
    }
    archive::put_together(&layout.database(), &file).await.map_err(&failed).map(|_| ())
}

/// Copies the files of documents that have a key; returns how many, and which were missing when the backup was made.
async fn copy_documents(
    (folder, manifest, sums): &(PathBuf, Manifest, Sums),
    layout: &Layout,
    told: Told<'_>,
) -> Result<(u64, Vec<String>), BackupError> {
    create_folder(&layout.documents())?;
    told(Step::Documents(manifest.count("documents")));
    let database = layout.database();
    let store = Sqlite::open_to_read(&database).await.map_err(BackupError::store(&database))?;
    let (mut copied, mut missing) = (0, Vec::new());
    let all = documents::each(&store, async |document| {
        let id = document.id.to_string();
        if sums.of(&document.file).is_some() {
            copy_named(folder, &document.file, sums, &layout.documents().join(&document.file))?;
            copied += 1;
            told(Step::Done(1));
        } else if manifest.missing.contains(&id) {
            missing.push(id);
        } else {
            let what = format!("document {id} has a key, and no file among the documents");
            return Err(BackupError::Different(what));
        }
        Ok(())
    })
    .await;
    store.close().await;
    all.map(|()| (copied, missing))
}

fn copy_named(folder: &Path, name: &str, sums: &Sums, to: &Path) -> Result<(), BackupError> {
    let from = folder.join(name);
    let known = sums.of(name).ok_or_else(|| BackupError::NoPart {
        place: folder.to_owned(),
        what: format!("its list of digests does not name {name}"),
    })?;
    files::copy_known(&from, to, known)
}
