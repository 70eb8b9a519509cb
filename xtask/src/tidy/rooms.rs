//! Who may use what: the names that only some rooms of the house may use.

use quote::ToTokens;

use super::findings::Finding;
use super::mentions::{Mention, mentions};
use super::source::Source;

/// Names that only some rooms of the house may use.
struct Room {
    /// What the names are, for the finding.
    what: &'static str,
    /// The names.
    names: Names,
    /// Files and folders that may use them.
    may: &'static [&'static str],
    /// Whether [`OUTER`] may too.
    outer: bool,
}

/// How a path is recognised.
enum Names {
    /// By the crate it begins with.
    Crates(&'static [&'static str]),
    /// By any segment.
    Items(&'static [&'static str]),
    /// By two segments in a row.
    Pairs(&'static [[&'static str; 2]]),
}

/// What meets people and networks; everything else in `observer` is the core, or a source.
const OUTER: &[&str] = &[
    "observer/src/sink",
    "observer/src/http",
    "observer/src/cli",
    "observer/src/main.rs",
    "xtask",
    "tests",
];

const LIVE: &str = "observer/src/source/live";

const ROOMS: &[Room] = &[
    Room {
        what: "aya is for source/live and build scripts",
        names: Names::Crates(&["aya", "aya_log", "aya_obj", "aya_build"]),
        may: &[LIVE, "observer/build.rs", "observer-ebpf/build.rs"],
        outer: false,
    },
    Room {
        what: "the kernel's half is for observer-ebpf",
        names: Names::Crates(&["aya_ebpf", "aya_log_ebpf"]),
        may: &["observer-ebpf/src"],
        outer: false,
    },
    Room {
        what: "the core knows no async runtime",
        names: Names::Crates(&["tokio", "futures", "axum", "hyper"]),
        may: &[LIVE],
        outer: true,
    },
    Room {
        what: "metrics are for the sinks",
        names: Names::Crates(&["prometheus"]),
        may: &[],
        outer: true,
    },
    Room {
        what: "only exporters open sockets",
        // A `UnixStream` pair wakes a thread of our own.
        names: Names::Items(&[
            "TcpListener",
            "TcpStream",
            "TcpSocket",
            "UdpSocket",
            "UnixListener",
        ]),
        may: &[],
        outer: true,
    },
    Room {
        what: "only exporters open sockets, and those by the standard library",
        names: Names::Pairs(&[["libc", "socket"], ["libc", "connect"]]),
        may: &[],
        outer: false,
    },
    Room {
        what: "only exporters open sockets, and those by the standard library",
        names: Names::Pairs(&[["libc", "syscall"]]),
        // bpf(2) has no wrapper.
        may: &["observer/src/source/live/presence", "xtask/src/classifier.rs"],
        outer: false,
    },
    Room {
        what: "only exporters open sockets, and those by the standard library",
        names: Names::Crates(&["socket2", "mio"]),
        may: &[],
        outer: false,
    },
    Room {
        what: "no clock is read below the sources: time comes in the input",
        names: Names::Items(&["Instant", "SystemTime", "clock_gettime", "gettimeofday"]),
        may: &[LIVE],
        outer: true,
    },
    Room {
        what: "no clock is read below the sources: time comes in the input",
        names: Names::Crates(&["chrono", "coarsetime", "jiff", "minstant", "quanta", "web_time"]),
        may: &[],
        outer: true,
    },
    Room {
        what: "system calls are for source/live",
        names: Names::Crates(&["libc", "nix", "netlink_sys"]),
        may: &[LIVE, "tests", "xtask/src/classifier.rs"],
        outer: false,
    },
    Room {
        what: "the core makes no system calls",
        names: Names::Crates(&["rustix"]),
        may: &[LIVE],
        outer: true,
    },
    Room {
        what: "unsafe code is for system calls, in source/live and the kernel",
        names: Names::Items(&["unsafe", "asm"]),
        may: &[
            LIVE,
            "observer-ebpf/src",
            "observer/build.rs",
            "xtask/src/process.rs",
            "xtask/src/classifier.rs",
        ],
        outer: false,
    },
    Room {
        what: "the core reads no file and asks no system: what it needs comes in",
        names: Names::Items(&["fs", "File", "OpenOptions", "thread", "include_bytes"]),
        may: &[LIVE, "observer/build.rs"],
        outer: true,
    },
    Room {
        what: "the core reads no file and asks no system: what it needs comes in",
        names: Names::Pairs(&[["std", "env"], ["std", "process"], ["std", "os"]]),
        may: &[LIVE, "observer/build.rs"],
        outer: true,
    },
];

/// The names that the file may not use.
pub fn trespasses(source: &Source) -> Vec<Finding> {
    let rooms: Vec<_> = ROOMS.iter().filter(|room| !room.admits(&source.path)).collect();
    let mut findings = Vec::new();
    for mention in mentions(source.code.to_token_stream()) {
        let Some(room) = rooms.iter().find(|room| room.names.include(&mention)) else { continue };
        let text = format!("{}: {}", mention.path(), room.what);
        findings.push(Finding::new(&source.path, mention.line, text));
    }
    findings.dedup();
    findings
}

impl Room {
    fn admits(&self, path: &str) -> bool {
        let outer = if self.outer { OUTER } else { &[] };
        self.may.iter().chain(outer).any(|may| {
            let rest = path.strip_prefix(may);
            rest.is_some_and(|rest| rest.is_empty() || rest == ".rs" || rest.starts_with('/'))
        })
    }
}

impl Names {
    fn include(&self, mention: &Mention) -> bool {
        match self {
            Self::Crates(crates) => {
                let first = mention.segments.first();
                let named = first.is_some_and(|first| crates.contains(&first.as_str()));
                named && (mention.imported || mention.segments.len() > 1)
            }
            Self::Items(items) => {
                mention.segments.iter().any(|segment| items.contains(&segment.as_str()))
            }
            Self::Pairs(pairs) => {
                let mut neighbours = mention.segments.windows(2);
                neighbours.any(|two| pairs.iter().any(|pair| two == pair))
            }
        }
    }
}
