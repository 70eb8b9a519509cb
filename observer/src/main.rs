//! The `kafka-observer` command.
//!
//! Lints are denied where the library forbids them, as clap's derives allow many.
#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    deny(
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic,
        clippy::string_slice,
        clippy::todo,
        clippy::unimplemented,
        clippy::unreachable,
        clippy::unwrap_used,
        reason = "no byte from the wire or a file is a panic"
    )
)]

mod cli;
#[cfg(feature = "live")]
mod http;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::main()
}
