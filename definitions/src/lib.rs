//! Reads, checks and compiles the YAML definition of an assistance programme.
//!
//! Text goes in; a compiled [`Programme`] or a [`Report`] of findings comes out. The crate reads no file, no clock and no
//! network.

pub mod calendar;
pub mod form;
pub mod guard;
pub mod money;
pub mod programme;
pub mod text;
pub mod value;

pub use programme::Programme;
