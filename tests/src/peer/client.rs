//! The client's side: some requests at once, then as many answers.

use std::net::TcpStream;

use anyhow::{Context, Result};

use super::broker::read_frame;
use super::{Script, Written, write};

/// Runs the script; returns when each request was written. Correlation ids count from 0.
pub fn run(stream: &TcpStream, script: &Script) -> Result<Vec<Written>> {
    let mut written = Vec::new();
    for round in 0..script.rounds {
        let first = round * script.in_flight;
        for correlation_id in first..first + script.in_flight {
            written.push(write(stream, &heartbeat(correlation_id), script.split)?);
        }
        for _ in 0..script.in_flight {
            read_frame(stream)?.context("the broker closed the connection")?;
        }
    }
    Ok(written)
}

/// Heartbeat v0, under request header v1.
fn heartbeat(correlation_id: i32) -> Vec<u8> {
    let mut frame = [12_i16.to_be_bytes(), 0_i16.to_be_bytes()].concat();
    frame.extend(correlation_id.to_be_bytes());
    let string = |text: &str| [&(text.len() as i16).to_be_bytes()[..], text.as_bytes()].concat();
    frame.extend(string("scripted"));
    frame.extend(string("group"));
    frame.extend(1_i32.to_be_bytes());
    frame.extend(string("member"));
    [&(frame.len() as i32).to_be_bytes()[..], &frame].concat()
}
