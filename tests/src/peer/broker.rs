//! The broker's side: takes one request at a time and answers it after the delay.

use std::io::{ErrorKind, Read};
use std::net::TcpStream;
use std::time::Instant;

use anyhow::Result;

use super::{Script, Written, pause, write};

/// Serves a connection until the client closes it; returns when each response was written.
pub fn serve(stream: &TcpStream, script: &Script) -> Result<Vec<Written>> {
    let mut written = Vec::new();
    while let Some(request) = read_frame(stream)? {
        pause::until(Instant::now() + script.delay);
        // Request header v1: key, version, correlation id.
        let correlation_id = request.get(4..8).unwrap_or_default();
        let response = [&6_i32.to_be_bytes()[..], correlation_id, &[0, 0]].concat();
        written.push(write(stream, &response, script.split)?);
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
