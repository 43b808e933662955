//! Drives the `annona` binary from outside.
