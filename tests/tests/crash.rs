//! The daemon is killed again and again while people decide: what was answered is there, and nothing else is wrong.

use annona_tests::{Campaign, StoreKind};

/// How often a daemon is killed on each store; the recorded run (`tests/crash/run`) does it far more often.
const KILLS: u64 = 15;

async fn nothing_is_lost(store: StoreKind, clients: u64) {
    let campaign = Campaign { store, kills: KILLS, clients, seed: 1, verify_every: 5 };
    let report = campaign.run(|_| ()).await;
    assert!(report.wrong.is_empty(), "{report}");
    assert!(report.answered > 100, "{report}");
    let reached: u64 = report.at_points.values().sum();
    assert!(reached >= KILLS / 3, "{report}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_answered_before_a_kill_is_there_after_it_on_sqlite() {
    nothing_is_lost(StoreKind::Sqlite, 16).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_answered_before_a_kill_is_there_after_it_on_postgres() {
    nothing_is_lost(StoreKind::Postgres, 16).await;
}
