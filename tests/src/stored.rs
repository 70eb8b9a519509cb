//! Captures in files: all of their bytes read, or only what is needed.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;

use anyhow::Result;
use observer::ledger::Ledger;
use observer::ports::Ports;
use observer::source::replay::{Capture, Stored};

use crate::in_process::{Said, run, run_captures};

/// A file, of which what is not needed is not read.
pub fn stored(file: File) -> impl Capture {
    Stored::new(move |buffer: &mut [u8], offset| file.read_at(buffer, offset))
}

/// Runs a capture in a file: all of it, and once more what is needed of it.
///
/// # Panics
/// If these do not say the same.
pub fn run_file(path: &Path, ports: &Ports) -> Result<Said> {
    let whole = run(File::open(path)?, ports);
    let needed = run_captures([stored(File::open(path)?)], ports);
    let (said, again) = (lines(&whole), lines(&needed));
    let difference = said.iter().zip(&again).find(|(said, again)| said != again);
    assert_eq!(difference, None);
    assert_eq!(said.len(), again.len());
    Ok(whole)
}

/// All that was said, but for the difference between bytes that were looked at and those left out on purpose.
fn lines(said: &Said) -> Vec<String> {
    let Said { requests, exchanges, software, unmatched, malformed, resyncs, ledger } = said;
    let Ledger { decoded, elided, .. } = *ledger;
    let ledger = Ledger { decoded: decoded + elided, elided: 0, ..*ledger };
    let rest = format!("{software:?} {unmatched:?} {malformed:?} {resyncs} {ledger:?}");
    let requests = requests.iter().map(|request| format!("{request:?}"));
    let exchanges = exchanges.iter().map(|exchange| format!("{exchange:?}"));
    requests.chain(exchanges).chain([rest]).collect()
}
