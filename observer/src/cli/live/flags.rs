//! Flags of the commands that capture.

use std::net::SocketAddr;
use std::time::Duration;

use clap::{Args, ValueEnum};
use observer::ports::Ports;
use observer::source::live;

use super::names::Names;
use crate::cli::metric_flags::MetricFlags;
use crate::cli::options::PipelineFlags;
use crate::cli::value::{address, bytes, duration, number, size};

/// The kernel takes some 3 GiB for them, at once: 368 bytes for each direction. Before Linux 6.0 it counts an
/// array's bytes with 32 bits.
const MOST_FLOWS: u64 = 1 << 23;

/// What to capture, for how long, and what to make of it.
#[derive(Args, Clone, Debug)]
pub struct LiveFlags {
    #[command(flatten)]
    capture: CaptureFlags,
    #[command(flatten)]
    pub pipeline: PipelineFlags,
    #[command(flatten)]
    pub metrics: MetricFlags,
}

/// What to capture, and how.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Capture")]
pub struct CaptureFlags {
    /// Interfaces by name or pattern (eth0,veth*); every one that is up where none is named.
    #[arg(short, long = "interface", value_name = "NAMES", env = "KAFKA_OBSERVER_INTERFACE")]
    interfaces: Vec<Names>,
    /// Size of the ring between kernel and observer: a power of two. It takes a 32nd more of memory, and 1 MiB
    /// at least.
    #[arg(
        long,
        value_name = "SIZE",
        env = "KAFKA_OBSERVER_RING_SIZE",
        default_value = "16M",
        value_parser = bytes::<u32>,
        allow_hyphen_values = true
    )]
    ring_size: u32,
    /// What to copy of the payload.
    #[arg(long = "capture", value_enum, env = "KAFKA_OBSERVER_CAPTURE", default_value_t)]
    copy: Copy,
    /// Payload bytes to copy of each packet; all where not given. Not with the sieve.
    #[arg(
        long,
        value_name = "SIZE",
        env = "KAFKA_OBSERVER_SNAP_LENGTH",
        value_parser = size::<u32>(1..=1 << 30),
        allow_hyphen_values = true
    )]
    snap_length: Option<u32>,
    /// Directions of connections that the kernel remembers.
    #[arg(
        long,
        value_name = "N",
        env = "KAFKA_OBSERVER_MAX_FLOWS",
        default_value_t = 65_536,
        value_parser = number::<u32>(1..=MOST_FLOWS),
        allow_hyphen_values = true
    )]
    max_flows: u32,
    /// How to attach to interfaces.
    #[arg(long, value_enum, env = "KAFKA_OBSERVER_ATTACH", default_value_t)]
    attach: Attach,
    /// Do not watch the life of local sockets.
    #[arg(long, env = "KAFKA_OBSERVER_NO_SOCKETS")]
    no_sockets: bool,
    /// Keep all capabilities after attaching.
    #[arg(long, env = "KAFKA_OBSERVER_KEEP_PRIVILEGES")]
    keep_privileges: bool,
    /// End after so long.
    #[arg(
        long = "for",
        value_name = "TIME",
        value_parser = duration,
        allow_hyphen_values = true
    )]
    pub run_for: Option<Duration>,
}

/// What to copy of the payload.
#[derive(Clone, std::marker::Copy, Debug, Default, ValueEnum)]
enum Copy {
    /// Metadata where the kernel can tell it from data, else everything.
    #[default]
    Auto,
    /// Metadata.
    Sieve,
    /// Everything.
    Plain,
}

/// How to attach to interfaces.
#[derive(Clone, std::marker::Copy, Debug, Default, ValueEnum)]
enum Attach {
    /// tcx where the kernel has it, else clsact.
    #[default]
    Auto,
    /// clsact.
    Clsact,
}

/// Where to serve.
#[derive(Args, Clone, Debug)]
pub struct ServeFlags {
    /// Address of /metrics, /healthz and /readyz.
    #[arg(
        long,
        value_name = "ADDR:PORT",
        env = "KAFKA_OBSERVER_LISTEN",
        default_value = "127.0.0.1:9464",
        value_parser = address
    )]
    pub listen: SocketAddr,
}

impl LiveFlags {
    /// The same, of other ports.
    pub fn with_ports(mut self, ports: Ports) -> Self {
        self.pipeline.ports = ports;
        self
    }

    /// How long to run.
    pub const fn run_for(&self) -> Option<Duration> {
        self.capture.run_for
    }

    /// The capture's configuration; so much time lies between two looks.
    pub fn capture(&self, interval: Duration) -> live::Config {
        let flags = &self.capture;
        live::Config {
            ports: self.pipeline.ports.clone(),
            interfaces: Names::all(&flags.interfaces),
            ring_bytes: flags.ring_size,
            flows: flags.max_flows,
            interval,
            copy: match flags.copy {
                Copy::Auto => live::Copy::Auto,
                Copy::Sieve => live::Copy::Sieve,
                Copy::Plain => live::Copy::Plain,
            },
            snap_len: flags.snap_length,
            attach: match flags.attach {
                Attach::Auto => live::Attach::Auto,
                Attach::Clsact => live::Attach::Clsact,
            },
            sockets: !flags.no_sockets,
            drop_privileges: !flags.keep_privileges,
        }
    }
}
