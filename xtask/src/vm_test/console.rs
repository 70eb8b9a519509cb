//! What the first process of an emulated machine says on its console, a line each: said there, read
//! here, and a verdict made of it. The kernel writes to the same console.

use std::collections::BTreeMap;
use std::fmt;

/// Where the observer is in the emulated machine.
pub const OBSERVER: &str = "bin/kafka-observer";
/// Folders of captures to send again, and of modules to load.
pub const CAPTURES: &str = "captures";
/// Modules of the kernel.
pub const MODULES: &str = "modules";

const MARK: &str = "vm-test: ";
/// What Linux says when it cannot go on.
const PANIC: &str = "Kernel panic";

/// What is checked on every kernel, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Check {
    /// The observer loads its programs, attaches them as this kernel can, and is ready.
    Starts,
    /// What it says of traffic is what replay says of a recording of the same.
    Observes,
    /// When it is killed under traffic, the traffic goes on.
    Killed,
    /// After that, and a cleanup where it takes one, nothing of it is left in the kernel.
    CleanedUp,
}

/// A line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Saying {
    /// For a person to read.
    Note(String),
    /// A check's outcome: what was seen, or what was wrong.
    Outcome(Check, Result<String, String>),
    /// There is nothing more to come.
    End,
}

/// What was said.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    notes: Vec<String>,
    outcomes: BTreeMap<Check, Result<String, String>>,
    panic: Option<String>,
    ended: bool,
}

impl Check {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Starts, Self::Observes, Self::Killed, Self::CleanedUp];

    const fn name(self) -> &'static str {
        match self {
            Self::Starts => "starts",
            Self::Observes => "observes",
            Self::Killed => "killed",
            Self::CleanedUp => "cleaned-up",
        }
    }
}

impl Saying {
    fn parse(line: &str) -> Option<Self> {
        // A boot loader does not end its last line.
        let (_, said) = line.trim_end().split_once(MARK)?;
        let (kind, rest) = said.split_once(' ').unwrap_or((said, ""));
        let outcome = |is_good| {
            let (name, text) = rest.split_once(": ")?;
            let check = Check::ALL.into_iter().find(|check| check.name() == name)?;
            let text = text.to_owned();
            Some(Self::Outcome(check, if is_good { Ok(text) } else { Err(text) }))
        };
        match kind {
            "note" => Some(Self::Note(rest.to_owned())),
            "good" => outcome(true),
            "bad" => outcome(false),
            "end" => Some(Self::End),
            _ => None,
        }
    }
}

impl fmt::Display for Saying {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let one_line = |text: &str| text.trim_end().replace('\n', " | ");
        match self {
            Self::Note(text) => write!(f, "{MARK}note {}", one_line(text)),
            Self::Outcome(check, Ok(seen)) => {
                write!(f, "{MARK}good {}: {}", check.name(), one_line(seen))
            }
            Self::Outcome(check, Err(wrong)) => {
                write!(f, "{MARK}bad {}: {}", check.name(), one_line(wrong))
            }
            Self::End => write!(f, "{MARK}end"),
        }
    }
}

impl Verdict {
    /// Reads all that a console showed.
    pub fn read(console: &str) -> Self {
        let mut verdict = Self::default();
        for line in console.lines() {
            match Saying::parse(line) {
                Some(Saying::Note(text)) => verdict.notes.push(text),
                Some(Saying::Outcome(check, outcome)) => {
                    verdict.outcomes.insert(check, outcome);
                }
                Some(Saying::End) => verdict.ended = true,
                None if line.contains(PANIC) => verdict.panic = Some(line.trim().to_owned()),
                None => {}
            }
        }
        verdict
    }

    /// Whether every check was made, all are good, and the machine ended as it should.
    pub fn is_good(&self) -> bool {
        let is_good = |check| self.outcomes.get(&check).is_some_and(Result::is_ok);
        self.ended && self.panic.is_none() && Check::ALL.into_iter().all(is_good)
    }

    /// What a person shall see of it.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = self.notes.clone();
        for check in Check::ALL {
            let name = check.name();
            lines.push(match self.outcomes.get(&check) {
                Some(Ok(seen)) => format!("{name}: good: {seen}"),
                Some(Err(wrong)) => format!("{name}: BAD: {wrong}"),
                None => format!("{name}: BAD: nothing was said of it"),
            });
        }
        lines.extend(self.panic.clone());
        if !self.ended {
            lines.push("the first process did not come to its end".to_owned());
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A console on which every check was good, as the serial line gives it.
    fn good() -> String {
        let good = |check| Saying::Outcome(check, Ok("seen".to_owned()));
        let said = Check::ALL.map(good).into_iter().chain([Saying::End]);
        let said: Vec<_> = said.map(|saying| format!("{saying}\r\n")).collect();
        let boot = "\u{1b}cSeaBIOS vm-test: note hello\r\n[    1.0] something\r\n";
        [boot, &said.concat(), "[   9.9] reboot: Power down\r\n"].concat()
    }

    #[test]
    fn what_is_said_is_what_is_read() {
        for saying in [
            Saying::Note("kafka_observer_capture_mode{mode=\"plain\"} 1".to_owned()),
            Saying::Outcome(Check::Starts, Ok("clsact".to_owned())),
            Saying::Outcome(Check::CleanedUp, Err("left: a filter: kobs".to_owned())),
            Saying::End,
        ] {
            assert_eq!(Saying::parse(&format!("{saying}\r\n")), Some(saying));
        }
        let two = Saying::Note("one\ntwo\n".to_owned()).to_string();
        assert_eq!(two, "vm-test: note one | two");
    }

    #[test]
    fn all_checks_must_be_good() {
        let verdict = Verdict::read(&good());
        assert!(verdict.is_good(), "{verdict:?}");
        assert_eq!(verdict.lines()[..2], ["hello", "starts: good: seen"]);
        let bad = good().replace("good killed: seen", "bad killed: it stopped");
        assert!(!Verdict::read(&bad).is_good());
        assert!(Verdict::read(&bad).lines().contains(&"killed: BAD: it stopped".to_owned()));
    }

    #[test]
    fn a_check_of_which_nothing_was_said_is_not_good() {
        for missing in ["good observes", "vm-test: end"] {
            assert!(!Verdict::read(&good().replace(missing, "")).is_good(), "{missing}");
        }
        assert!(!Verdict::read("").is_good());
    }

    #[test]
    fn a_panic_is_told() {
        let console = good() + "[   10.0] Kernel panic - not syncing: Attempted to kill init!\r\n";
        let verdict = Verdict::read(&console);
        assert!(!verdict.is_good());
        let told = verdict.lines().into_iter().any(|line| line.ends_with("to kill init!"));
        assert!(told, "{verdict:?}");
    }

    #[test]
    fn what_cannot_be_read_is_nothing() {
        for line in ["", "vm-test:", "vm-test: good", "vm-test: good nothing: x", "vm-test: odd x"]
        {
            assert_eq!(Saying::parse(line), None, "{line}");
        }
    }
}
