//! The daemon and the command line.
//!
//! Holds no rule of a programme and no SQL: those are the engine's.

pub mod auth;
pub mod backup;
pub mod channels;
pub mod cli;
pub mod client;
pub mod config;
pub mod daemon;
pub mod demo;
pub mod documents;
pub mod folder;
pub mod http;
pub mod keyring;
pub mod opened;
pub mod output;
pub mod random;
pub mod sign_in_message;
pub mod signals;
pub mod telemetry;
