//! The API through its real router, on the store in memory and a clock that is moved.

mod applications;
mod decisions;
mod frame;
mod office;
mod tasks;
mod vouchers;
mod world;
