//! The API through its real router, on the store in memory and a clock that is moved.

mod applications;
mod decisions;
mod documents;
mod frame;
mod incidents;
mod office;
mod programmes;
mod reports;
mod roster;
mod sign_in;
mod slow;
mod tasks;
mod tokens;
mod trust;
mod vouchers;
mod world;
