//! The decision core against the language's own words: every command, refusal and clock, and after each decision the log.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a world that cannot be built fails the test"
)]

mod duties;
mod held;
mod late;
mod personal;
mod preview;
mod refusals;
mod returned;
mod sequences;
mod voucher;
mod world;
