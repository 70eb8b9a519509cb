//! What to capture, and how.

use std::time::Duration;

use crate::ports::Ports;

/// What to capture, and how.
#[derive(Clone, Debug)]
pub struct Config {
    /// TCP ports to watch; a segment is watched when either of its ports is.
    pub ports: Ports,
    /// Names and globs of interfaces; where there are none, every interface that is up.
    pub interfaces: Vec<String>,
    /// Size of the ring in bytes: a power of two, a page or more.
    pub ring_bytes: u32,
    /// Directions of connections that the kernel remembers.
    pub flows: u32,
    /// Time between two looks at the ring while little comes, but for those that [`super::Handle::ring`] asks
    /// for.
    pub interval: Duration,
    /// What to copy.
    pub copy: Copy,
    /// Payload bytes to copy of a packet at most; all where `None`. Not with the sieve.
    pub snap_len: Option<u32>,
    /// How to attach to interfaces.
    pub attach: Attach,
    /// Whether to watch the life of local sockets.
    pub sockets: bool,
    /// Whether to give up the capabilities that are no longer needed once attached.
    pub drop_privileges: bool,
}

/// What to copy of the payload.
#[derive(Clone, std::marker::Copy, Debug, PartialEq, Eq, Default)]
pub enum Copy {
    /// Metadata where the kernel can tell it from data, else everything.
    #[default]
    Auto,
    /// Metadata; an error where the kernel cannot.
    Sieve,
    /// Everything.
    Plain,
}

/// How to attach to interfaces.
#[derive(Clone, std::marker::Copy, Debug, PartialEq, Eq, Default)]
pub enum Attach {
    /// tcx where the kernel has it (6.6 and later), else clsact.
    #[default]
    Auto,
    /// Filters of a clsact qdisc. They outlive a killed process, until the next start or a cleanup.
    Clsact,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            ports: Ports::default(),
            interfaces: Vec::new(),
            ring_bytes: 16 << 20,
            flows: 65_536,
            interval: Duration::from_millis(200),
            copy: Copy::Auto,
            snap_len: None,
            attach: Attach::Auto,
            sockets: true,
            drop_privileges: true,
        }
    }
}
