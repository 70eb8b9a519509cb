//! A scripted connection: frames in, segments to the pipeline, what it says as lines of text.

#![allow(dead_code, reason = "each test file uses a part of it")]

use std::time::Duration;

use observer::event::{Event, Flow, Handler, Outcome};
use observer::input::{Chunk, Endpoint, Input, Segment, Seq, TcpFlags, Wants};
use observer::ledger::Ledger;
use observer::pipeline::{Config, Pipeline};
use observer::ports::Ports;
use observer::protocol::api::ApiKey;
use observer::time::Timestamp;

pub const CLIENT: Endpoint = Endpoint::v4([10, 0, 0, 1], 40_000);
pub const BROKER: Endpoint = Endpoint::v4([10, 0, 0, 2], 9092);

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum From {
    Client,
    Broker,
}

/// A connection whose segments are sent one by one.
pub struct Script {
    pub pipeline: Pipeline,
    pub lines: Vec<String>,
    pub now: Timestamp,
    pub client: Endpoint,
    next: [Seq; 2],
    /// Whether packets have times.
    pub is_timed: bool,
    /// Snap length of what follows.
    pub snap: usize,
}

impl Script {
    pub fn new() -> Self {
        Self::with(Config::new(ports()))
    }

    pub fn with(config: Config) -> Self {
        Self {
            pipeline: Pipeline::new(config),
            lines: Vec::new(),
            now: Timestamp(1_000_000_000),
            client: CLIENT,
            next: [Seq(u32::MAX - 20), Seq(7_000)],
            is_timed: true,
            snap: usize::MAX,
        }
    }

    /// Both SYNs.
    pub fn open(mut self) -> Self {
        self.handshake();
        self
    }

    pub fn handshake(&mut self) {
        self.pass(From::Client, TcpFlags::SYN, &[]);
        self.pass(From::Broker, TcpFlags(TcpFlags::SYN.0 | TcpFlags::ACK.0), &[]);
    }

    /// The connection's numbers begin elsewhere.
    pub fn reseed(&mut self, by: u32) {
        self.next = self.next.map(|seq| seq.plus(by));
    }

    pub fn client(&mut self, bytes: &[u8]) -> &mut Self {
        self.pass(From::Client, TcpFlags::ACK, bytes)
    }

    pub fn broker(&mut self, bytes: &[u8]) -> &mut Self {
        self.pass(From::Broker, TcpFlags::ACK, bytes)
    }

    /// Passes on the wire, and nobody sees it.
    pub fn unseen(&mut self, from: From, bytes: &[u8]) -> &mut Self {
        self.next[from as usize] = self.next[from as usize].plus(bytes.len() as u32);
        self
    }

    pub fn pass(&mut self, from: From, flags: TcpFlags, bytes: &[u8]) -> &mut Self {
        let mut lines = std::mem::take(&mut self.lines);
        self.observe(from, flags, bytes, &mut |event: Event<'_>| lines.extend(line(&event)));
        self.lines = lines;
        self
    }

    /// Passes a segment; events go to `handler`.
    pub fn observe(
        &mut self,
        from: From,
        flags: TcpFlags,
        bytes: &[u8],
        handler: &mut impl Handler,
    ) {
        self.now = self.now.plus(Duration::from_millis(1));
        let seq = self.next[from as usize];
        let ack = flags.has(TcpFlags::ACK).then(|| self.next[1 - from as usize]);
        let flow = Flow { src: self.client, dst: BROKER };
        let flow = if from == From::Client { flow } else { flow.reversed() };
        let present = &bytes[..bytes.len().min(self.snap)];
        let chunk = [Chunk { offset: 0, bytes: present, frame_start: false }];
        let segment = Segment {
            time: self.is_timed.then_some(self.now),
            flow,
            seq,
            ack,
            flags,
            wire_len: bytes.len() as u32,
            is_first: true,
            is_last: true,
            chunks: if present.is_empty() { &[] } else { &chunk },
            wants: Wants::Nothing,
        };
        self.pipeline.input(&Input::Segment(segment), handler);
        self.check_ledger();
        self.next[from as usize] = seq.plus(bytes.len() as u32);
    }

    /// The broker sends bytes in a packet that does not acknowledge the client's last `behind` bytes.
    pub fn broker_behind(&mut self, behind: usize, bytes: &[u8]) -> &mut Self {
        let next = self.next[0];
        self.next[0] = next.plus((behind as u32).wrapping_neg());
        self.broker(bytes);
        self.next[0] = next;
        self
    }

    /// The last bytes are sent again.
    pub fn rewind(&mut self, from: From, by: u32) {
        self.next[from as usize] = self.next[from as usize].plus(by.wrapping_neg());
    }

    /// Bytes that begin `back` before the client's next byte.
    pub fn retransmit(&mut self, bytes: &[u8], back: u32) -> &mut Self {
        let next = self.next[0];
        self.next[0] = next.plus(back.wrapping_neg());
        self.client(bytes);
        self.next[0] = next;
        self
    }

    pub fn wait(&mut self, time: Duration) -> &mut Self {
        self.now = self.now.plus(time);
        let now = self.now;
        self.input(&Input::Tick(now));
        self
    }

    pub fn input(&mut self, input: &Input<'_>) {
        let lines = &mut self.lines;
        self.pipeline.input(input, &mut |event: Event<'_>| lines.extend(line(&event)));
        self.check_ledger();
    }

    /// What was said since the last call.
    pub fn said(&mut self) -> Vec<String> {
        std::mem::take(&mut self.lines)
    }

    /// The capture ends; what is said then.
    pub fn finish(&mut self) -> Vec<String> {
        let mut lines = self.said();
        self.finish_with(&mut |event: Event<'_>| lines.extend(line(&event)));
        lines
    }

    /// The capture ends; events go to `handler`.
    pub fn finish_with(&mut self, handler: &mut impl Handler) {
        self.pipeline.finish(Outcome::Open, handler);
        self.check_ledger();
        assert_eq!(self.ledger().bookkeeping, 0);
        let left = (self.ledger().pending, self.pipeline.inflight(), self.pipeline.buffered());
        assert_eq!(left, (0, 0, 0));
    }

    fn check_ledger(&self) {
        let ledger = self.ledger();
        assert_eq!(ledger.seen, ledger.accounted(), "{ledger:?}");
    }

    pub fn ledger(&self) -> Ledger {
        *self.pipeline.ledger()
    }
}

pub fn ports() -> Ports {
    "9092".parse().unwrap()
}

/// The events that matter to a script.
fn line(event: &Event<'_>) -> Option<String> {
    Some(match event {
        Event::Exchange(e) => {
            let api = ApiKey(e.header.api_key);
            let id = e.header.correlation_id;
            let outcome = e.outcome.as_str();
            let ms = |d: Option<Duration>| d.map_or("-".to_owned(), |d| d.as_millis().to_string());
            let times = format!("{}/{}/{}", ms(e.duration), ms(e.broker_time), ms(e.wait));
            match e.outcome {
                Outcome::Answered => format!("{api} v{} #{id} {times} ms", e.header.api_version),
                _ => format!("{api} v{} #{id} {outcome}", e.header.api_version),
            }
        }
        Event::UnmatchedResponse { reason, .. } => format!("unmatched {}", reason.as_str()),
        Event::Malformed { side, reason, .. } => format!("malformed {side:?} {}", reason.as_str()),
        Event::Resynchronised { side, .. } => format!("resynchronised {side:?}"),
        Event::ClientSoftware { software, .. } => {
            format!("library {} {}", software.name, software.version)
        }
        Event::TopicNamed { id, name } => format!("topic {id} is {name}"),
        Event::ConnectionSecurity { is, .. } => format!("security {}", is.as_str()),
        Event::Command(command) => format!(
            "command {}",
            match command {
                observer::event::Command::CountOnly(_) => "count only",
                observer::event::Command::Resume { .. } => "resume",
            }
        ),
        Event::Request(_)
        | Event::ConnectionOpened(_)
        | Event::ConnectionClosed { .. }
        | Event::Socket { .. } => return None,
    })
}

/// A request with header v1, client id "app", and this body.
pub fn request(api_key: i16, version: i16, id: i32, body: &[u8]) -> Vec<u8> {
    let mut frame = Vec::new();
    frame.extend(api_key.to_be_bytes());
    frame.extend(version.to_be_bytes());
    frame.extend(id.to_be_bytes());
    frame.extend([0, 3, b'a', b'p', b'p']);
    if ApiKey(api_key).request_header_version(version) == 2 {
        frame.push(0);
    }
    frame.extend(body);
    prefixed(&frame)
}

/// A response with this body.
pub fn response(id: i32, body: &[u8]) -> Vec<u8> {
    prefixed(&[&id.to_be_bytes(), body].concat())
}

pub fn prefixed(frame: &[u8]) -> Vec<u8> {
    [&(frame.len() as u32).to_be_bytes(), frame].concat()
}

/// Produce v7 with these acks and about so many bytes behind its header.
pub fn produce(id: i32, acks: i16, size: usize) -> Vec<u8> {
    let acks = acks.to_be_bytes();
    let head = [&[0xff, 0xff][..], &acks, &[0, 0, 0x75, 0x30]].concat();
    let topic = [&[0, 0, 0, 1, 0, 1, b't', 0, 0, 0, 1][..], &[0; 4]].concat();
    let Some(records) = size.checked_sub(head.len() + topic.len() + 4) else {
        return request(0, 7, id, &[&head[..], &[0; 4]].concat());
    };
    let records = prefixed(&vec![0x5a; records]);
    request(0, 7, id, &[head, topic, records].concat())
}

/// The answer to [`produce`], with a topic's name of so many bytes.
pub fn produced(id: i32, name: usize) -> Vec<u8> {
    let topic = [&(name as u16).to_be_bytes()[..], &vec![b't'; name], &[0; 4]].concat();
    response(id, &[&[0, 0, 0, 1][..], &topic, &[0; 4]].concat())
}

/// Heartbeat v0.
pub fn heartbeat(id: i32) -> Vec<u8> {
    request(12, 0, id, b"\0\x01g\0\0\0\x01\0\x01m")
}
