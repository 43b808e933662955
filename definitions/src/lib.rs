//! Reads, checks and compiles the YAML definition of an assistance programme.
//!
//! Text goes in; a compiled [`Programme`] or a [`Report`] of findings comes out. The crate reads no file, no clock and no
//! network.

pub mod calendar;
mod check;
mod compile;
pub mod diagnostic;
pub mod form;
pub mod guard;
mod model;
pub mod money;
pub mod programme;
mod render;
pub mod schema;
pub mod source;
pub mod text;
pub mod value;
pub mod yaml;

pub use compile::{Compiled, compile, compile_deployed};
pub use diagnostic::{Finding, Report, Severity};
pub use programme::Programme;
