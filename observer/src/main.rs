//! The `kafka-observer` command.
fn main() {}
