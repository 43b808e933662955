//! A loss of power at any moment: what was answered is on the disk, whatever else is not.

use std::time::Duration;

use annona_tests::{Plan, Recording};

/// How many ask while the recording is made.
const CLIENTS: u64 = 6;
/// How much is answered in the recording; the recorded run (`tests/crash/power`) tries every cut of one.
const ANSWERS: usize = 60;

#[tokio::test(flavor = "multi_thread")]
async fn what_was_answered_before_a_loss_of_power_is_on_the_disk() {
    let recording = Recording::make(CLIENTS, ANSWERS, 1, None).await;
    let plan = Plan {
        every: 9,
        prefixes: 3,
        subsets: 3,
        seed: 1,
        unsynced: None,
        at_most: Duration::from_secs(20),
    };
    let losses = recording.replay(plan).await;
    assert!(losses.wrong.is_empty(), "{losses}");
    assert!(losses.cuts > 2 && losses.answered >= ANSWERS, "{losses}");
    // Where the journal's syncs are taken to do nothing, the same comparison finds what is lost.
    let lying = Plan { unsynced: Some("annona.db-wal"), prefixes: 1, subsets: 2, ..plan };
    let losses = recording.replay(lying).await;
    assert!(!losses.wrong.is_empty(), "{losses}");
}
