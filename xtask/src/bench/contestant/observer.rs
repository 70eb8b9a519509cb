//! kafka-observer's daemon on the loopback.

use std::fs::File;
use std::net::{Ipv4Addr, SocketAddr};
use std::process::{Command, Stdio};

use anyhow::Result;

use super::{Place, Running, wait_until};
use crate::bench::metrics;
use crate::kafka::free_port;
use crate::process::Guarded;

pub(super) fn start(running: &mut Running, place: &Place, capture: &str) -> Result<()> {
    let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()?));
    let ports: Vec<_> = place.ports.iter().map(ToString::to_string).collect();
    let mut command = Command::new(&place.observer);
    command
        .args(["run", "--interface", "lo", "--capture", capture, "--ports", &ports.join(",")])
        .args(["--listen", &listen.to_string()])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(File::create(&running.log)?);
    let mut process = Guarded::spawn("kafka-observer", command)?;
    wait_until(&mut process, &running.log, || metrics::is_ready(listen))?;
    running.process = Some(process);
    running.metrics = Some(listen);
    Ok(())
}
