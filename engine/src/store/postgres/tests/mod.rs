//! What only this store promises, against a real server of its own. The rest is the suite's for every store.

mod cluster;
mod conformance;
mod copying;
mod daemons;
mod failures;
mod plans;
