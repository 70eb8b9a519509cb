//! An audit of live traffic: flags in, its report out.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use clap::Args;
use observer::event::{Event, Handler};
use observer::pipeline;
use observer::sink::audit::{Audit, Report, Unread};
use observer::time::Timestamp;

use crate::cli::failure::Failure;
use crate::cli::listen::listen;
use crate::cli::live::{self, LiveFlags, Outside, State, View};
use crate::cli::value::address;

/// Where the traffic comes from.
#[derive(Args)]
pub struct SourceFlags {
    /// Serve /metrics, /healthz and /readyz while capturing.
    #[arg(long, value_name = "ADDR:PORT", value_parser = address, conflicts_with = "captures")]
    listen: Option<SocketAddr>,
    #[command(flatten)]
    live: LiveFlags,
}

impl SourceFlags {
    /// The pipeline's configuration.
    pub fn config(&self) -> pipeline::Config {
        self.live.pipeline.config()
    }

    /// Captures until a signal, or the end of the wanted time.
    pub fn capture(&self, audit: Audit) -> Result<Report, Failure> {
        let stop = Arc::new(AtomicBool::new(false));
        let listener = self.listen.map(listen).transpose()?;
        let watch = live::capture(&self.live, Outside { listener, ports: None }, &stop, || {
            Ok(Watch { audit, unread: Unread::default() })
        })?;
        Ok(watch.audit.report(watch.unread))
    }
}

struct Watch {
    audit: Audit,
    unread: Unread,
}

impl Handler for Watch {
    fn event(&mut self, event: Event<'_>) {
        self.audit.event(event);
    }
}

impl View for Watch {
    fn look(&mut self, _now: Timestamp, state: &State<'_>) {
        self.unread = Unread::new(state.pipeline.ledger(), state.lost_bytes());
    }
}
