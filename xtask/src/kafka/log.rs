//! What a process wrote: a log file in, its last lines out.

use std::fs::{self, File};
use std::path::Path;

use anyhow::{Context, Result};

const TAIL_LINES: usize = 25;

/// A fresh log file, as standard output and standard error of a process.
pub(super) fn create(path: &Path) -> Result<(File, File)> {
    let out = File::create(path).with_context(|| format!("cannot write {}", path.display()))?;
    let err = out.try_clone()?;
    Ok((out, err))
}

/// The last lines, for an error message.
pub(super) fn tail(path: &Path) -> String {
    let text = fs::read(path).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<_> = text.lines().collect();
    let from = lines.len().saturating_sub(TAIL_LINES);
    let last = lines.get(from..).unwrap_or_default().join("\n");
    format!("the end of {}:\n{last}", path.display())
}
