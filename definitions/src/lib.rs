//! Reads, checks and compiles the YAML definition of an assistance programme.
