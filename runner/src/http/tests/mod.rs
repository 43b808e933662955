//! The API through its real router, on the store in memory and a clock that is moved.

mod documents;
mod frame;
mod incidents;
mod programmes;
mod roster;
mod sign_in;
mod tokens;
mod trust;
mod world;
