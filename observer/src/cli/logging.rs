//! Logs, on standard error.

use std::io::IsTerminal;

use tracing::level_filters::LevelFilter;

/// Logs what is at least as important as `level`.
pub fn start(level: LevelFilter) {
    let is_colourful = std::io::stderr().is_terminal() && !no_color();
    tracing_subscriber::fmt()
        .with_max_level(level)
        .with_writer(std::io::stderr)
        .with_ansi(is_colourful)
        .init();
}

/// Whether the user wants no colour (no-color.org).
pub fn no_color() -> bool {
    std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
}
