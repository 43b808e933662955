//! Drives the `annona` binary from outside: starts daemons on folders of their own, and speaks to them over HTTP as people do.
//!
//! Links nothing of the engine: what it knows is what any client knows.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    reason = "a test that cannot go on has failed"
)]

mod caller;
mod chance;
mod cluster;
mod comparison;
mod daemon;
mod disk;
mod fail_point;
mod installation;
mod journal;
mod kills;
mod load;
mod office;
mod people;
mod power;
mod relay;
mod trace;

pub use caller::{Answer, Caller};
pub use chance::Chance;
pub use cluster::{Cluster, given_to_server};
pub use comparison::{all_differences, differences};
pub use daemon::{Daemon, binary, python, repository, run, scratch, signal};
pub use disk::{Disk, Unsynced};
pub use fail_point::{Point, Side, Watch, points};
pub use installation::{Callers, Installation, Post, StoreKind, verify};
pub use journal::{Answered, Journal, Told};
pub use kills::{Campaign, Report};
pub use load::{Client, Gone, World};
pub use office::Office;
pub use people::{People, aside, form};
pub use power::{Losses, Plan, Recording};
pub use relay::{Ended, Relay, Verdict};
pub use trace::{Call, Change, calls, recorded};
