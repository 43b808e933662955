//! Workers go on whatever happens, and end when they are told to.

use std::sync::atomic::{AtomicUsize, Ordering};

use annona_engine::clock::Still;
use annona_engine::id::DocumentId;
use annona_engine::recorded::Hash;
use annona_engine::service::Settings;
use annona_engine::store::{Memory, Sqlite, StoredDocument};
use annona_engine::vault::MasterKey;
use annona_engine::voucher::SigningKey;
use jiff::Timestamp;

use super::*;

/// Fails, panics, and from then on works.
#[derive(Debug, Default)]
struct Clumsy(Arc<AtomicUsize>);

#[async_trait]
impl Worker for Clumsy {
    fn name(&self) -> &'static str {
        "clumsy"
    }

    async fn tick(&self) -> Result<Duration, Failure> {
        match self.0.fetch_add(1, Ordering::SeqCst) {
            0 => Err(Failure::Overloaded),
            1 => panic!("it slipped"),
            _ => Ok(Duration::from_secs(1)),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_worker_that_fails_or_panics_goes_on_until_it_is_stopped() {
    let ticks = Arc::new(AtomicUsize::new(0));
    let workers = Workers::none();
    workers.add(Clumsy(Arc::clone(&ticks)));
    tokio::time::sleep(AFTER_FAILURE * 2 + Duration::from_millis(3_500)).await;
    assert_eq!(ticks.load(Ordering::SeqCst), 6);
    workers.stop(Duration::from_secs(1)).await;
    tokio::time::sleep(Duration::from_mins(1)).await;
    assert_eq!(ticks.load(Ordering::SeqCst), 6);
}

#[tokio::test(start_paused = true)]
async fn a_worker_that_does_not_end_is_not_waited_for_for_ever() {
    #[derive(Debug)]
    struct Endless;
    #[async_trait]
    impl Worker for Endless {
        fn name(&self) -> &'static str {
            "endless"
        }
        async fn tick(&self) -> Result<Duration, Failure> {
            std::future::pending().await
        }
    }
    let workers = Workers::none();
    workers.add(Endless);
    tokio::task::yield_now().await;
    let began = tokio::time::Instant::now();
    workers.stop(Duration::from_secs(3)).await;
    assert_eq!(began.elapsed(), Duration::from_secs(3));
}

#[tokio::test]
async fn cleaning_forgets_uploads_after_a_day_the_record_first_and_then_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let start: Timestamp = "2026-03-02T06:00:00Z".parse().unwrap();
    let clock = Arc::new(Still::at(start));
    let settings = Settings {
        issuer: "annona".into(),
        address: "https://aid.example".into(),
        status_list_size: 1 << 10,
    };
    let (store, master) = (Arc::new(Memory::new()), MasterKey::new([1; 32]));
    let key = SigningKey::from_seed(&[7; 32]);
    let engine =
        Engine::start(store, Arc::clone(&clock) as _, master, key, settings).await.unwrap();
    let id = DocumentId(uuid::Uuid::from_u128(7));
    let document = StoredDocument {
        id,
        sha256: Hash([1; 32]),
        size: 1,
        media_type: "application/pdf".into(),
        file: format!("{id}.00"),
        key: Vec::new(),
        uploader: Hash([2; 32]),
        uploaded_at: start,
        application: None,
    };
    let file = folder.path().join(&document.file);
    std::fs::write(&file, "sealed").unwrap();
    engine.record(Record::AddDocument(document)).await.unwrap();
    let documents = Documents::new(folder.path().to_owned());
    let cleaning = Cleaning { engine: engine.clone(), documents };
    clock.set(start + UPLOADS_KEPT);
    assert_eq!(cleaning.tick().await.unwrap(), CLEANING_EVERY);
    assert!(file.exists());
    clock.set(start + UPLOADS_KEPT + SignedDuration::from_secs(1));
    cleaning.tick().await.unwrap();
    assert!(!file.exists());
    assert_eq!(engine.store().document(id).await.unwrap(), None);
}

#[tokio::test]
async fn cleaning_empties_the_journal_of_what_was_erased() {
    let folder = tempfile::tempdir().unwrap();
    let store = Sqlite::open(&folder.path().join("annona.db")).await.unwrap();
    let settings = Settings {
        issuer: "annona".into(),
        address: "https://aid.example".into(),
        status_list_size: 1 << 10,
    };
    let clock = Arc::new(Still::at("2026-03-02T06:00:00Z".parse().unwrap()));
    let (master, key) = (MasterKey::new([1; 32]), SigningKey::from_seed(&[7; 32]));
    let engine = Engine::start(Arc::new(store), clock, master, key, settings).await.unwrap();
    let journal = || std::fs::metadata(folder.path().join("annona.db-wal")).unwrap().len();
    engine.store().is_writable().await.unwrap();
    assert!(journal() > 0);
    let documents = folder.path().join("documents");
    std::fs::create_dir(&documents).unwrap();
    Cleaning { engine, documents: Documents::new(documents) }.tick().await.unwrap();
    assert_eq!(journal(), 0);
}
