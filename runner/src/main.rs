//! The `annona` binary.

fn main() {}
