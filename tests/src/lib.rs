//! Drives the `annona` binary from outside: starts daemons on folders of their own, and speaks to them over HTTP as people do.
//!
//! Links nothing of the engine: what it knows is what any client knows.
#![expect(
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    reason = "a test that cannot go on has failed"
)]

mod caller;
mod cluster;
mod daemon;
mod people;

pub use caller::{Answer, Caller};
pub use cluster::Cluster;
pub use daemon::{Daemon, binary, python, repository, run, scratch};
pub use people::{People, aside, form};
