//! Why a command did not do what it was asked: a sentence and an exit code.

use std::fmt::{self, Display};
use std::io::Write;
use std::panic::PanicHookInfo;
use std::process::ExitCode;

use super::stderr::Stderr;

/// A finding, a damaged file, or output that could not be written.
const FINDING: u8 = 1;
/// Bad usage or configuration.
const USAGE: u8 = 2;
/// Not permitted, or not possible on this kernel.
const NOT_POSSIBLE: u8 = 3;
/// The address is in use.
#[cfg(feature = "live")]
const ADDRESS_IN_USE: u8 = 4;
/// A defect of ours.
const DEFECT: u8 = 70;

/// A command's failure.
#[derive(Debug, PartialEq, Eq)]
pub struct Failure {
    code: u8,
    /// Nothing to say where it is empty.
    sentence: String,
}

impl Failure {
    /// A finding, a damaged file, or output that could not be written.
    pub fn finding(sentence: impl Display) -> Self {
        Self::new(FINDING, sentence)
    }

    /// Bad usage or configuration.
    pub fn usage(sentence: impl Display) -> Self {
        Self::new(USAGE, sentence)
    }

    /// Not permitted, or not possible here.
    pub fn not_possible(sentence: impl Display) -> Self {
        Self::new(NOT_POSSIBLE, sentence)
    }

    #[cfg(feature = "live")]
    /// Somebody else has the address.
    pub fn address_in_use(sentence: impl Display) -> Self {
        Self::new(ADDRESS_IN_USE, sentence)
    }

    /// Any of them, by its exit code.
    pub fn new(code: u8, sentence: impl Display) -> Self {
        Self { code, sentence: sentence.to_string() }
    }

    /// The end of a command that has said what there is to say, and well.
    pub const fn quiet() -> Self {
        Self { code: 0, sentence: String::new() }
    }

    /// A finding of which standard output tells.
    pub const fn told() -> Self {
        Self { code: FINDING, sentence: String::new() }
    }

    /// Says it on standard error.
    pub fn report(&self) -> ExitCode {
        if !self.sentence.is_empty() {
            say(&self.sentence);
        }
        ExitCode::from(self.code)
    }
}

impl Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentence)
    }
}

/// Says a sentence on standard error.
pub fn say(sentence: &str) {
    // Where nobody listens, the exit code speaks.
    let _ = Stderr::patient().write_all(format!("kafka-observer: {sentence}\n").as_bytes());
}

/// From now on a panic in any thread says that it is a defect, and ends the process as such.
pub fn report_defects() {
    std::panic::set_hook(Box::new(|panic: &PanicHookInfo<'_>| {
        let place = panic.location().map_or_else(String::new, |at| format!(" at {at}"));
        let cause = panic.payload_as_str().unwrap_or("unknown cause");
        say(&format!("this is a defect of kafka-observer, please report it: {cause}{place}"));
        std::process::exit(i32::from(DEFECT));
    }));
}
