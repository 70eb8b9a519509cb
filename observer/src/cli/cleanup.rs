//! `cleanup`: removes what a killed observer left attached.

use std::io::Write;
use std::sync::Arc;

use observer::source::live;

use super::failure::Failure;
use super::output::Output;

/// Removes leftovers, and says how much there was.
pub fn cleanup() -> Result<(), Failure> {
    let found = live::cleanup()?;
    let mut output = Output::new(Arc::default());
    output.write(|out| match found {
        0 => writeln!(out, "nothing was left attached"),
        1 => writeln!(out, "removed leftovers from 1 place"),
        n => writeln!(out, "removed leftovers from {n} places"),
    });
    output.finish()
}
