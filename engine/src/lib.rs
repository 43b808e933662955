//! The engine: a pure decision core, and around it the store, the writer, timers, outbox and vouchers.

pub mod cbor;
pub mod reference;
pub mod voucher;
