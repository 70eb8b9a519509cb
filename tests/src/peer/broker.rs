//! The broker's side: takes one request at a time and answers it after the delay.

use std::io::{ErrorKind, Read};
use std::net::TcpStream;
use std::time::Instant;

use anyhow::{Context, Result};

use super::{Script, Written, pause, write};
use crate::wire;

/// Serves a connection until the client closes it; returns when each response was written.
pub fn serve(stream: &TcpStream, script: &Script) -> Result<Vec<Written>> {
    let mut written = Vec::new();
    while let Some(request) = read_frame(stream)? {
        pause::until(Instant::now() + script.delay);
        // Behind key and version.
        let correlation_id = request.get(4..).and_then(|rest| rest.first_chunk());
        let correlation_id = i32::from_be_bytes(*correlation_id.context("no request header")?);
        written.push(write(stream, &wire::heartbeat_answer(correlation_id), script.split)?);
    }
    Ok(written)
}

/// Reads a frame; none when the peer has closed.
pub fn read_frame(mut stream: &TcpStream) -> Result<Option<Vec<u8>>> {
    let mut prefix = [0; 4];
    match stream.read_exact(&mut prefix) {
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(None),
        result => result?,
    }
    let mut frame = vec![0; usize::try_from(i32::from_be_bytes(prefix))?];
    stream.read_exact(&mut frame)?;
    Ok(Some(frame))
}
