//! kafka-observer's daemon on the loopback.

use std::net::{Ipv4Addr, SocketAddr};
use std::process::Command;

use anyhow::Result;

use super::{Place, Running};
use crate::bench::metrics;
use crate::kafka::free_port;

pub(super) fn start(running: &mut Running, place: &Place, capture: &str) -> Result<()> {
    let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()?));
    let ports: Vec<_> = place.ports.iter().map(ToString::to_string).collect();
    let mut command = Command::new(&place.observer);
    command
        .args(["run", "--interface", "lo", "--capture", capture, "--ports", &ports.join(",")])
        .args(["--listen", &listen.to_string()]);
    running.spawn("kafka-observer", command, || metrics::is_ready(listen))?;
    running.metrics = Some(listen);
    Ok(())
}
