//! Whether a broker works: its address in, an answer once the cluster lists it. A socket that
//! accepts is too little: a broker is listed when clients may use it. A broker that is listed is too
//! little: another's number may be the same.
//!
//! Speaks Metadata v0 to brokers before 2.1 and v7 to later ones, by the layouts of
//! <https://kafka.apache.org/protocol#The_Messages_Metadata>.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use super::{Version, port};

/// How often a broker that is not there yet is asked again.
const RETRY: Duration = Duration::from_millis(50);
/// No Metadata response of a fresh broker comes near this size, in bytes.
const MAX_RESPONSE: usize = 1 << 20;
const METADATA: i16 = 3;
const CLIENT_ID: &str = "xtask";

/// A broker to ask.
pub(super) struct Probe {
    pub(super) version: Version,
    pub(super) node_id: u32,
    pub(super) address: SocketAddr,
    /// The process that is to answer there, and no other broker.
    pub(super) pid: u32,
}

/// Asks until the broker lists itself, `give_up` says so, or the deadline passes.
pub(super) fn wait(probe: &Probe, deadline: Instant, give_up: &mut dyn FnMut() -> bool) -> bool {
    let mut connection = None;
    while Instant::now() < deadline && !give_up() {
        match attempt(probe, &mut connection, deadline) {
            Ok(true) => return true,
            Ok(false) => {}
            Err(_) => connection = None,
        }
        thread::sleep(RETRY);
    }
    false
}

fn attempt(probe: &Probe, kept: &mut Option<TcpStream>, until: Instant) -> io::Result<bool> {
    let mut stream = match kept.take() {
        Some(stream) => stream,
        None => connect(probe.address, until)?,
    };
    let api_version = if probe.version >= Version::new(2, 1, 0) { 7 } else { 0 };
    stream.write_all(&request(api_version))?;
    let response = read_response(&mut stream)?;
    *kept = Some(stream);
    let is_listed = lists(&response, api_version, probe.node_id);
    Ok(is_listed && port::listens(probe.pid, probe.address.port())?)
}

fn connect(address: SocketAddr, until: Instant) -> io::Result<TcpStream> {
    let stream = TcpStream::connect_timeout(&address, Duration::from_secs(1))?;
    let rest = until.saturating_duration_since(Instant::now()).max(RETRY);
    stream.set_read_timeout(Some(rest))?;
    Ok(stream)
}

/// A request for the brokers: no topic where the version can say so, else all of them.
fn request(api_version: i16) -> Vec<u8> {
    let mut body = Vec::new();
    body.extend(METADATA.to_be_bytes());
    body.extend(api_version.to_be_bytes());
    body.extend(1_i32.to_be_bytes()); // correlation id
    body.extend((CLIENT_ID.len() as i16).to_be_bytes());
    body.extend(CLIENT_ID.as_bytes());
    body.extend(0_i32.to_be_bytes()); // topics
    if api_version >= 4 {
        body.push(0); // allow_auto_topic_creation
    }
    let mut frame = (body.len() as i32).to_be_bytes().to_vec();
    frame.append(&mut body);
    frame
}

fn read_response(stream: &mut TcpStream) -> io::Result<Vec<u8>> {
    let mut length = [0; 4];
    stream.read_exact(&mut length)?;
    let length = usize::try_from(i32::from_be_bytes(length)).unwrap_or(usize::MAX);
    if length > MAX_RESPONSE {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut response = vec![0; length];
    stream.read_exact(&mut response)?;
    Ok(response)
}

/// Whether the response's brokers include the node; `false` where it cannot be read.
fn lists(response: &[u8], api_version: i16, node_id: u32) -> bool {
    find(response, api_version, node_id).is_some()
}

fn find(mut rest: &[u8], api_version: i16, node_id: u32) -> Option<()> {
    skip(&mut rest, 4)?; // correlation id
    if api_version >= 3 {
        skip(&mut rest, 4)?; // throttle_time_ms
    }
    for _ in 0..int32(&mut rest)? {
        let id = int32(&mut rest)?;
        if u32::try_from(id) == Ok(node_id) {
            return Some(());
        }
        string(&mut rest)?; // host
        skip(&mut rest, 4)?; // port
        if api_version >= 1 {
            string(&mut rest)?; // rack
        }
    }
    None
}

fn skip(rest: &mut &[u8], count: usize) -> Option<()> {
    *rest = rest.get(count..)?;
    Some(())
}

fn int32(rest: &mut &[u8]) -> Option<i32> {
    let (bytes, after) = rest.split_first_chunk()?;
    *rest = after;
    Some(i32::from_be_bytes(*bytes))
}

fn string(rest: &mut &[u8]) -> Option<()> {
    let (length, after) = rest.split_first_chunk()?;
    *rest = after;
    // A null string has the length -1.
    skip(rest, usize::try_from(i16::from_be_bytes(*length)).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    const V7: &[u8] = &[
        0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2, // correlation id, throttle, two brokers
        0, 0, 0, 1, 0, 1, b'a', 0, 0, 0, 9, 0xff, 0xff, // node 1, host "a", port 9, no rack
        0, 0, 0, 2, 0, 1, b'b', 0, 0, 0, 9, 0, 1, b'r', // node 2
    ];

    #[test]
    fn a_listed_broker_is_found() {
        assert!(lists(V7, 7, 1) && lists(V7, 7, 2) && !lists(V7, 7, 3));
    }

    #[test]
    fn a_cut_response_lists_nothing_beyond_the_cut() {
        assert!((0..25).all(|cut| !lists(&V7[..cut], 7, 2)));
    }
}
