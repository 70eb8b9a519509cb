//! Connections that say nothing: an entrance and a number in; as many that have said what every
//! client says first, and are kept open, out.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use anyhow::{Context, Result, ensure};

/// ApiVersions v0 (<https://kafka.apache.org/protocol#The_Messages_ApiVersions>): length, API key,
/// version, correlation id, client id.
const REQUEST: &[u8] = b"\0\0\0\x0e\0\x12\0\0\0\0\0\x01\0\x04idle";
/// The answer lists all APIs, in some hundred bytes.
const MOST: usize = 1 << 16;

/// Opens them one after the other.
pub fn open(entrance: SocketAddr, count: u32) -> Result<Vec<TcpStream>> {
    (0..count).map(|_| greeted(entrance)).collect()
}

fn greeted(entrance: SocketAddr) -> Result<TcpStream> {
    let mut stream = TcpStream::connect(entrance).context("no further idle connection")?;
    stream.write_all(REQUEST)?;
    let mut length = [0; 4];
    stream.read_exact(&mut length)?;
    let length = u32::from_be_bytes(length) as usize;
    ensure!(length <= MOST, "no broker answers on {entrance}");
    stream.read_exact(&mut vec![0; length])?;
    Ok(stream)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_request_is_as_long_as_it_says() {
        assert_eq!(REQUEST.get(3).copied(), Some((REQUEST.len() - 4) as u8));
    }
}
