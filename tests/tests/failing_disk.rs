//! Writes and syncs of the database fail: the daemon says so, acknowledges nothing that is not recorded, and goes on.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use annona_tests::{
    Callers, Client, Installation, Journal, StoreKind, Watch, World, all_differences,
};

/// How many ask at once.
const CLIENTS: u64 = 6;
/// How long they work before calls fail, and after.
const WORK: Duration = Duration::from_millis(300);
/// How many calls are to fail, if that many are made in time.
const FAILURES: usize = 3;
/// How long that may take.
const IN_TIME: Duration = Duration::from_secs(5);
/// Which calls fail, and how.
const FAULTS: [(&str, &str, &str); 4] = [
    ("fsync,fdatasync", "annona.db-wal", "EIO"),
    ("pwrite64", "annona.db-wal", "EIO"),
    ("pwrite64", "annona.db-wal", "ENOSPC"),
    ("fsync,fdatasync,pwrite64", "annona.db", "EIO"),
];

/// Has clients work until calls of the daemon failed, and on; returns them and how many calls failed.
async fn worked(
    clients: Vec<Client>,
    office: &Callers,
    world: &Arc<World>,
    watch: impl FnOnce() -> Watch,
) -> (Vec<Client>, usize) {
    let stop = Arc::new(AtomicBool::new(false));
    let work = |client: Client| {
        tokio::spawn(client.work(office.clone(), Arc::clone(world), Arc::clone(&stop)))
    };
    let working: Vec<_> = clients.into_iter().map(work).collect();
    tokio::time::sleep(WORK).await;
    let (watch, began) = (watch(), Instant::now());
    while watch.failed() < FAILURES && began.elapsed() < IN_TIME {
        tokio::time::sleep(WORK / 30).await;
    }
    let failed = watch.failed();
    watch.end();
    tokio::time::sleep(WORK).await;
    stop.store(true, Ordering::Relaxed);
    let mut clients = Vec::new();
    for client in working {
        clients.push(client.await.unwrap());
    }
    (clients, failed)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_failing_disk_did_not_take_is_acknowledged_to_nobody() {
    let mut installation = Installation::new(StoreKind::Sqlite).await;
    let mut daemon = installation.start();
    let office = installation.office(&daemon);
    let world = Arc::new(World::with(Journal::default(), true));
    let mut clients: Vec<Client> = (0..CLIENTS).map(|number| Client::new(1, number)).collect();
    for (calls, file, error) in FAULTS {
        // Now and then, so that what follows a failure does not fail as well.
        let watch = || Watch::fail(&daemon, calls, Some(file), error, "2+11");
        let (before, failed);
        (clients, failed) = worked(clients, &office, &world, watch).await;
        // Pages move into the database itself now and then only.
        assert!(failed > 0 || file == "annona.db", "no {calls} failed");
        before = world.journal.len();
        for client in &mut clients {
            client.settle(&office, &world).await.unwrap();
        }
        assert_eq!(
            world.complaints(),
            Vec::<String>::new(),
            "{error} of {calls}: {}",
            daemon.log()
        );
        assert!(!daemon.has_ended(), "{error} of {calls}: {}", daemon.log());
        assert!(world.journal.len() >= before);
    }
    let answered = world.journal.since(0);
    let none = Vec::<String>::new();
    assert_eq!(all_differences(&office, &answered, &installation.folder()).await, none);
    assert!(world.put_off.load(Ordering::Relaxed) > 0, "somebody was told that it failed");
    daemon.kill();
    let mut daemon = installation.start();
    let office = installation.office(&daemon);
    assert_eq!(all_differences(&office, &answered, &installation.folder()).await, none);
    assert_eq!(world.complaints(), none);
    assert!(daemon.terminate());
    assert_eq!(installation.verify().map(|_| ()), Ok(()));
}
