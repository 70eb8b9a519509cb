//! The client's side: some requests at once, then as many answers.

use std::net::TcpStream;

use anyhow::{Context, Result};

use super::broker::read_frame;
use super::{Script, Written, write};
use crate::wire;

/// Runs the script; returns when each request was written. Correlation ids count from 0.
pub fn run(stream: &TcpStream, script: &Script) -> Result<Vec<Written>> {
    let mut written = Vec::new();
    for round in 0..script.rounds {
        let first = round * script.in_flight;
        for correlation_id in first..first + script.in_flight {
            let request = wire::heartbeat(correlation_id, "scripted");
            written.push(write(stream, &request, script.split)?);
        }
        for _ in 0..script.in_flight {
            read_frame(stream)?.context("the broker closed the connection")?;
        }
    }
    Ok(written)
}
