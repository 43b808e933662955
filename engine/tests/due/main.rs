//! Work that falls due, on the store in memory and a clock that is moved.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on has failed"
)]

mod outbox;
mod schedules;
mod timers;
mod world;
