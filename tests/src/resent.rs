//! A recorded capture over real sockets: its payload in the order in which it passed, each piece read
//! at the other end before the next is written.

use std::collections::BTreeMap;
use std::io::Read;
use std::net::TcpListener;

use anyhow::{Result, ensure};
use observer::input::{Flow, Input};
use observer::ports::Ports;
use observer::source::replay::{Config, Replay, Streamed};

use crate::replayed::Seen;
use crate::traffic::Pair;

/// What the connections of a capture carried.
#[derive(Clone, Debug, Default)]
pub struct Recorded(Vec<Piece>);

/// Bytes that one end sent.
#[derive(Clone, Debug)]
struct Piece {
    /// From client to broker.
    connection: Flow,
    is_request: bool,
    bytes: Vec<u8>,
}

/// Connections that have carried what recorded ones did, and are still open; by the recorded flow
/// from client to broker.
pub struct Resent(BTreeMap<Flow, Pair>);

impl Recorded {
    /// Reads a capture of brokers on these ports. What was sent twice counts once. Fails where a byte
    /// is missing.
    pub fn read(capture: impl Read, ports: &Ports) -> Result<Self> {
        let mut seen = Vec::new();
        let mut replay = Replay::new(Config { ports: ports.clone() });
        replay.read("capture", Streamed(capture), &mut |input: Input<'_>| {
            seen.extend(Seen::of(&input));
        })?;
        let (mut recorded, mut ends) = (Self::default(), BTreeMap::new());
        for Seen { flow, seq, wire_len, bytes, .. } in seen {
            ensure!(bytes.len() == wire_len as usize, "a packet was cut");
            let end = ends.entry(flow).or_insert(seq);
            if bytes.is_empty() || end.wrapping_sub(seq) == wire_len {
                continue;
            }
            ensure!(*end == seq, "{} > {}: not in order at {seq}", flow.src, flow.dst);
            *end = seq.wrapping_add(wire_len);
            let is_request = ports.contains(flow.dst.port);
            let connection = if is_request { flow } else { flow.reversed() };
            recorded.0.push(Piece { connection, is_request, bytes });
        }
        ensure!(!recorded.0.is_empty(), "nothing on these ports");
        Ok(recorded)
    }

    /// Sends all of it again, over new connections to the listener.
    ///
    /// # Panics
    /// Where bytes do not arrive.
    pub fn resend(&self, listener: &TcpListener) -> Resent {
        self.resend_in(|| Pair::connect(listener), || usize::MAX)
    }

    /// The same over connections that are made so, in writes of as many bytes as `len` says.
    ///
    /// # Panics
    /// Where bytes do not arrive.
    pub fn resend_in(
        &self,
        mut connect: impl FnMut() -> Pair,
        mut len: impl FnMut() -> usize + Send,
    ) -> Resent {
        let mut pairs = BTreeMap::new();
        for Piece { connection, is_request, bytes } in &self.0 {
            let pair = pairs.entry(*connection).or_insert_with(&mut connect);
            if *is_request {
                pair.request_in(bytes, &mut len);
            } else {
                pair.respond_in(bytes, &mut len);
            }
        }
        Resent(pairs)
    }

    /// The same, but in one piece what an end sent until the other did.
    #[must_use]
    pub fn joined(&self) -> Self {
        let (mut joined, mut last) = (Vec::<Piece>::new(), BTreeMap::new());
        for piece in &self.0 {
            let before = last.get(&piece.connection).and_then(|at: &usize| joined.get_mut(*at));
            match before {
                Some(before) if before.is_request == piece.is_request => {
                    before.bytes.extend(&piece.bytes);
                }
                _ => {
                    last.insert(piece.connection, joined.len());
                    joined.push(piece.clone());
                }
            }
        }
        Self(joined)
    }

    /// Changes bytes of pieces.
    pub fn change(&mut self, change: impl FnMut(&mut [u8])) {
        self.0.iter_mut().map(|piece| &mut piece.bytes[..]).for_each(change);
    }
}

impl Resent {
    /// From which recorded connection each new one came, by client and broker as text.
    pub fn origins(&self) -> BTreeMap<[String; 2], [String; 2]> {
        let text = |flow: Flow| [flow.src.to_string(), flow.dst.to_string()];
        self.0.iter().map(|(recorded, pair)| (text(pair.flow()), text(*recorded))).collect()
    }

    /// Closes the connections in an orderly way.
    ///
    /// # Panics
    /// Where one is gone.
    pub fn close(self) {
        self.0.into_values().for_each(Pair::close);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture_writer::{Conversation, Frame, Link, Order, TcpSegment, Unit, pcap};

    fn read(segments: &[TcpSegment]) -> Result<Recorded> {
        let link = Link::Ethernet(&[]);
        let frames: Vec<_> = segments.iter().map(|segment| Frame::of(link, segment)).collect();
        let capture = pcap(Order::Little, Unit::Nanosecond, link.number(), &frames);
        Recorded::read(&*capture, &Ports::from_iter([9092..=9092]))
    }

    fn conversation() -> Vec<TcpSegment> {
        let (client, broker) = ("10.0.0.1:40000", "10.0.0.2:9092");
        let open =
            Conversation::new(client.parse().unwrap(), broker.parse().unwrap(), 1, 1_000_000);
        let open = open.open().request(b"first").request(b"second").response(b"answer");
        open.close().segments()
    }

    #[test]
    fn all_of_it_arrives_between_new_ends() {
        let recorded = read(&conversation()).unwrap();
        let (port, listener) = Pair::listen("127.0.0.1");
        let resent = recorded.resend(&listener);
        let origins = resent.origins();
        let (new, old) = origins.first_key_value().unwrap();
        assert_eq!(new[1], format!("127.0.0.1:{port}"));
        assert_eq!(*old, ["10.0.0.1:40000".to_owned(), "10.0.0.2:9092".to_owned()]);
        resent.close();
    }

    #[test]
    fn what_an_end_sent_until_the_other_did_is_one_piece() {
        let joined = read(&conversation()).unwrap().joined().0;
        let bytes: Vec<_> = joined.iter().map(|piece| &*piece.bytes).collect();
        assert_eq!(bytes, [&b"firstsecond"[..], b"answer"]);
    }

    #[test]
    fn what_was_sent_twice_counts_once() {
        let mut segments = conversation();
        let again = segments.iter().find(|segment| segment.payload == b"second").cloned();
        segments.push(TcpSegment { time_ns: 1_000_000_000, ..again.unwrap() });
        let pieces = read(&segments).unwrap().0;
        let bytes: Vec<_> = pieces.iter().map(|piece| &*piece.bytes).collect();
        assert_eq!(bytes, [&b"first"[..], b"second", b"answer"]);
    }

    #[test]
    fn what_is_not_whole_is_refused() {
        let mut segments = conversation();
        segments.retain(|segment| segment.payload != b"first");
        let error = read(&segments).unwrap_err().to_string();
        assert!(error.contains("not in order"), "{error}");
        assert!(read(&[]).is_err());
    }
}
