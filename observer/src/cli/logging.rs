//! Logs, on standard error.

use std::io::{self, IsTerminal};

use tracing::level_filters::LevelFilter;

use super::stderr::Stderr;

/// Logs what is at least as important as `level`.
pub fn start(level: LevelFilter) {
    let is_colourful = io::stderr().is_terminal() && !no_color();
    tracing_subscriber::fmt()
        .with_max_level(level)
        .with_writer(Stderr::at_once)
        .with_ansi(is_colourful)
        .init();
}

/// Whether the user wants no colour (no-color.org).
pub fn no_color() -> bool {
    std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
}
