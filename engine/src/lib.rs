//! The engine: a pure decision core, and around it the store, the writer, timers, outbox and vouchers.
//!
//! Without its `runtime` feature the crate is the pure core: it waits for nothing, reads no clock, draws no randomness and
//! knows no database.

pub mod application;
pub mod audit;
pub mod cbor;
pub mod clock;
pub mod command;
pub mod counted;
pub mod decide;
pub mod effect;
pub mod event;
pub mod evolve;
pub mod facts;
pub mod id;
pub mod message;
#[cfg(feature = "runtime")]
pub mod outbox;
pub mod recorded;
pub mod reference;
pub mod refusal;
pub mod roster;
#[cfg(feature = "runtime")]
pub mod schedules;
#[cfg(feature = "runtime")]
pub mod service;
#[cfg(feature = "runtime")]
pub mod store;
#[cfg(feature = "runtime")]
mod timers;
pub mod trial;
pub mod vault;
pub mod voucher;
pub mod words;
#[cfg(feature = "runtime")]
pub mod writer;

pub use evolve::evolve;
pub use refusal::Refusal;
