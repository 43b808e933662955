//! The API through its real router, on the store in memory and a clock that is moved.

mod documents;
mod frame;
mod world;
