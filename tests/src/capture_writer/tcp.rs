//! TCP segments, and their IP packets.

use std::net::{IpAddr, SocketAddr};

/// TCP flags (RFC 9293, 3.1).
pub mod flags {
    /// Sender is finished.
    pub const FIN: u8 = 0x01;
    /// Sequence numbers begin.
    pub const SYN: u8 = 0x02;
    /// The connection is gone.
    pub const RST: u8 = 0x04;
    /// Deliver at once.
    pub const PSH: u8 = 0x08;
    /// The acknowledgment number is valid.
    pub const ACK: u8 = 0x10;
}

/// A TCP segment to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TcpSegment {
    /// Nanoseconds since the Unix epoch.
    pub time_ns: u64,
    /// Sender.
    pub src: SocketAddr,
    /// Receiver, of the same address family.
    pub dst: SocketAddr,
    /// Sequence number as in the header.
    pub seq: u32,
    /// Acknowledgment number as in the header.
    pub ack: u32,
    /// Flags as in the header.
    pub flags: u8,
    /// Payload.
    pub payload: Vec<u8>,
}

const TCP_HEADER_LEN: usize = 32;

impl TcpSegment {
    /// The segment in an IPv4 or IPv6 packet. Checksums are zero.
    ///
    /// A packet too large for the IP header's length field gets length 0 there, as with GSO.
    ///
    /// # Panics
    /// If the addresses are not of one family.
    pub fn ip_packet(&self) -> Vec<u8> {
        let tcp = self.tcp();
        let mut packet = match (self.src.ip(), self.dst.ip()) {
            (IpAddr::V4(src), IpAddr::V4(dst)) => {
                let total_len = u16::try_from(20 + tcp.len()).unwrap_or(0).to_be_bytes();
                let mut ip = vec![0x45, 0, total_len[0], total_len[1], 0, 0, 0x40, 0, 64, 6, 0, 0];
                ip.extend(src.octets());
                ip.extend(dst.octets());
                ip
            }
            (IpAddr::V6(src), IpAddr::V6(dst)) => {
                let payload_len = u16::try_from(tcp.len()).unwrap_or(0).to_be_bytes();
                let mut ip = vec![0x60, 0, 0, 0, payload_len[0], payload_len[1], 6, 64];
                ip.extend(src.octets());
                ip.extend(dst.octets());
                ip
            }
            _ => panic!("{} and {} are of two families", self.src, self.dst),
        };
        packet.extend(tcp);
        packet
    }

    /// The TCP header, with a timestamp option, and the payload.
    fn tcp(&self) -> Vec<u8> {
        let mut tcp = Vec::with_capacity(TCP_HEADER_LEN + self.payload.len());
        tcp.extend(self.src.port().to_be_bytes());
        tcp.extend(self.dst.port().to_be_bytes());
        tcp.extend(self.seq.to_be_bytes());
        tcp.extend(self.ack.to_be_bytes());
        tcp.extend([(TCP_HEADER_LEN as u8 / 4) << 4, self.flags, 0xff, 0xff, 0, 0, 0, 0]);
        tcp.extend([1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2]);
        tcp.extend(&self.payload);
        tcp
    }
}

/// Builds the segments of one connection, each acknowledged by the next in the other direction.
#[derive(Clone, Debug)]
pub struct Conversation {
    client: SocketAddr,
    broker: SocketAddr,
    time_ns: u64,
    step_ns: u64,
    /// Next sequence numbers of client and broker.
    next: [u32; 2],
    segments: Vec<TcpSegment>,
}

impl Conversation {
    /// A connection whose segments are `step_ns` apart; the sequence numbers of both sides wrap
    /// soon.
    pub const fn new(client: SocketAddr, broker: SocketAddr, time_ns: u64, step_ns: u64) -> Self {
        let next = [u32::MAX - 3, u32::MAX - 40];
        Self { client, broker, time_ns, step_ns, next, segments: Vec::new() }
    }

    /// The three segments that open it.
    #[must_use]
    pub fn open(self) -> Self {
        self.segment(true, flags::SYN, b"").segment(false, flags::SYN | flags::ACK, b"").segment(
            true,
            flags::ACK,
            b"",
        )
    }

    /// A segment from the client.
    #[must_use]
    pub fn request(self, payload: &[u8]) -> Self {
        self.segment(true, flags::ACK | flags::PSH, payload)
    }

    /// A segment from the broker.
    #[must_use]
    pub fn response(self, payload: &[u8]) -> Self {
        self.segment(false, flags::ACK | flags::PSH, payload)
    }

    /// The segments that close it, the client first.
    #[must_use]
    pub fn close(self) -> Self {
        self.segment(true, flags::ACK | flags::FIN, b"")
            .segment(false, flags::ACK | flags::FIN, b"")
            .segment(true, flags::ACK, b"")
    }

    /// The segments, in order.
    pub fn segments(self) -> Vec<TcpSegment> {
        self.segments
    }

    fn segment(mut self, from_client: bool, bits: u8, payload: &[u8]) -> Self {
        let [client, broker] = self.next;
        let (src, dst, seq, ack) = if from_client {
            (self.client, self.broker, client, broker)
        } else {
            (self.broker, self.client, broker, client)
        };
        let ack = if bits & flags::ACK == 0 { 0 } else { ack };
        let payload = payload.to_vec();
        let numbers = payload.len() as u32 + u32::from(bits & (flags::SYN | flags::FIN) != 0);
        let next = &mut self.next[usize::from(!from_client)];
        *next = next.wrapping_add(numbers);
        let time_ns = self.time_ns;
        self.time_ns += self.step_ns;
        self.segments.push(TcpSegment { time_ns, src, dst, seq, ack, flags: bits, payload });
        self
    }
}
