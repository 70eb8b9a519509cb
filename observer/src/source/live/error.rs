//! Why capture does not start, in sentences that say what to do.

use std::io;

use aya::programs::ProgramError;

/// Why capture does not start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Capabilities are missing.
    #[error(
        "capturing is not permitted without {missing}: run as root (sudo), or grant the process \
         these capabilities; `replay` reads capture files without any"
    )]
    NotPermitted {
        /// The capabilities that are missing.
        missing: String,
    },
    /// Capabilities are missing to remove what is attached.
    #[error(
        "removing what a killed observer left attached is not permitted without {missing}: run as \
         root (sudo), or grant the process that capability"
    )]
    CleanupNotPermitted {
        /// The capability that is missing.
        missing: String,
    },
    /// The kernel has no memory for a map.
    #[error(
        "the kernel has not enough memory for {what}: choose a smaller --ring-size or --max-flows"
    )]
    NoMemory {
        /// What it could not make.
        what: String,
    },
    /// Too few files may be open, from the start.
    #[error(
        "no more than {limit} files may be open, and capture takes {least} at least: raise the limit \
         (ulimit -n, or LimitNOFILE= of systemd)"
    )]
    FewFiles {
        /// How many may.
        limit: u64,
        /// How many it takes.
        least: u64,
    },
    /// Too many files are open.
    #[error(
        "too many files are open for {what}: raise the limit (ulimit -n, or LimitNOFILE= of systemd), \
         or name fewer interfaces with --interface"
    )]
    ManyFiles {
        /// What needs another one.
        what: String,
    },
    /// The kernel refused a map or a program.
    #[error(
        "this kernel refused {what} ({reason}): live capture needs Linux 5.8 or later with BPF \
         enabled; `replay` works on any"
    )]
    Refused {
        /// What it refused.
        what: String,
        /// Its answer, with what the verifier said.
        reason: String,
    },
    /// The kernel does not take the sieve.
    #[error(
        "this kernel cannot tell metadata from data ({reason}): that needs Linux 5.18 or later; \
         with `--capture auto` or `plain` whole payloads are copied"
    )]
    NoSieve {
        /// Its answer, with what the verifier said.
        reason: String,
    },
    /// An interface that was named does not exist.
    #[error(
        "there is no interface \"{name}\" (there are: {known}); a pattern, like \"{name}*\", also \
         takes one that comes later"
    )]
    NoSuchInterface {
        /// As it was named.
        name: String,
        /// Interfaces that exist.
        known: String,
    },
    /// An interface pattern cannot be read.
    #[error("\"{pattern}\" is neither the name of an interface nor a pattern like veth*: {reason}")]
    BadPattern {
        /// As it was given.
        pattern: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The ring's size is no power of two, or smaller than a page.
    #[error(
        "a ring of {bytes} bytes is not possible: its size is a power of two from {page} to \
         1073741824"
    )]
    BadRingSize {
        /// As it was given.
        bytes: u32,
        /// The smallest size.
        page: u32,
    },
    /// A snap length together with the sieve.
    #[error("--snap-length is for `--capture plain`: the sieve itself knows what to copy")]
    SnapWithSieve,
    /// A link could not be attached to.
    #[error("could not attach to interface {interface}: {reason}")]
    Attach {
        /// Name of the interface.
        interface: String,
        /// The kernel's answer.
        reason: String,
    },
    /// Another observer runs in this network namespace.
    #[error("an observer is running in this network namespace: stop it first")]
    Running,
    /// The system refused something else.
    #[error("{what}: {source}")]
    System {
        /// What was attempted.
        what: &'static str,
        /// The system's answer.
        source: io::Error,
    },
}

impl Error {
    /// The exit code that stands for it: 2 for bad usage, 3 for what is not permitted or possible.
    pub const fn exit_code(&self) -> u8 {
        match self {
            Self::NoSuchInterface { .. }
            | Self::BadPattern { .. }
            | Self::BadRingSize { .. }
            | Self::SnapWithSieve => 2,
            Self::NotPermitted { .. }
            | Self::CleanupNotPermitted { .. }
            | Self::NoMemory { .. }
            | Self::FewFiles { .. }
            | Self::ManyFiles { .. }
            | Self::Refused { .. }
            | Self::NoSieve { .. }
            | Self::Attach { .. }
            | Self::Running
            | Self::System { .. } => 3,
        }
    }

    /// The kernel refused `what`.
    pub(super) fn refused(what: &str, error: &(dyn std::error::Error + 'static)) -> Self {
        let what = what.to_owned();
        if is_caused_by(error, &[libc::ENOMEM]) {
            return Self::NoMemory { what };
        }
        if is_caused_by(error, &TOO_MANY_FILES) {
            return Self::ManyFiles { what };
        }
        Self::Refused { what, reason: chain(error) }
    }

    /// An interface could not be attached to.
    pub(super) fn attach(interface: &str, error: &(dyn std::error::Error + 'static)) -> Self {
        if is_caused_by(error, &TOO_MANY_FILES) {
            return Self::ManyFiles { what: format!("the hooks of interface {interface}") };
        }
        Self::Attach { interface: interface.to_owned(), reason: chain(error) }
    }

    /// For `map_err`: the system refused `what`.
    pub(super) fn system(what: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |source| {
            if is_caused_by(&source, &TOO_MANY_FILES) {
                return Self::ManyFiles { what: what.to_owned() };
            }
            Self::System { what, source }
        }
    }
}

/// What the system says where a process, or all of them, have as many files open as they may.
const TOO_MANY_FILES: [i32; 2] = [libc::EMFILE, libc::ENFILE];

/// Whether one of these answers of the system is behind an error.
fn is_caused_by(error: &(dyn std::error::Error + 'static), numbers: &[i32]) -> bool {
    let number = error.downcast_ref::<io::Error>().and_then(io::Error::raw_os_error);
    number.is_some_and(|number| numbers.contains(&number))
        || error.source().is_some_and(|cause| is_caused_by(cause, numbers))
}

/// An error and what caused it, in one line; of a verifier's log, the line that says what is wrong.
pub(super) fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    if let Some(ProgramError::LoadError { io_error, verifier_log }) = error.downcast_ref() {
        tracing::debug!("{verifier_log}");
        return match complaint(&verifier_log.to_string()) {
            Some(line) => format!("{io_error}: {line}"),
            None => io_error.to_string(),
        };
    }
    let Some(cause) = error.source() else { return error.to_string() };
    let (text, cause) = (error.to_string(), chain(cause));
    if text.contains(&cause) { text } else { format!("{text}: {cause}") }
}

/// The last line of a verifier's log that is not a statistic.
fn complaint(log: &str) -> Option<&str> {
    const STATISTICS: [&str; 4] = ["processed ", "verification time ", "stack depth ", "mark_read"];
    let is_statistic = |line: &str| STATISTICS.iter().any(|start| line.starts_with(start));
    log.lines().rev().map(str::trim).find(|line| !line.is_empty() && !is_statistic(line))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn want_of_memory_is_not_the_kernels_age() {
        let answer = |number| aya::maps::MapError::CreateError {
            name: "FLOWS".to_owned(),
            io_error: io::Error::from_raw_os_error(number),
        };
        let sentence = Error::refused("the maps", &answer(libc::ENOMEM)).to_string();
        assert!(sentence.contains("not enough memory for the maps"), "{sentence}");
        let sentence = Error::refused("the maps", &answer(libc::EMFILE)).to_string();
        assert!(sentence.contains("too many files are open for the maps: raise"), "{sentence}");
        let sentence = Error::refused("the maps", &answer(libc::EINVAL)).to_string();
        assert!(sentence.contains("5.8 or later"), "{sentence}");
    }

    #[test]
    fn of_a_verifiers_log_the_complaint_is_told() {
        let log = "0: R1=ctx() R10=fp0\n391: (61) r2 = *(u32 *)(r2 +0)\n\
                   dereference of modified ctx ptr R2 off=28 disallowed\n\
                   verification time 482 usec\nstack depth 264\n\
                   processed 81 insns (limit 1000000)\n";
        let told = "dereference of modified ctx ptr R2 off=28 disallowed";
        assert_eq!(complaint(log), Some(told));
        assert_eq!(complaint(""), None);
    }
}
