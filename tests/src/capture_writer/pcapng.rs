//! pcapng files, block by block (draft-ietf-opsawg-pcapng).

use super::{Frame, Order};

/// The meaning of an interface's timestamps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clock {
    /// Option if_tsresol, left out where it is `None` (then the unit is a microsecond).
    pub resolution: Option<u8>,
    /// Option if_tsoffset, in seconds, left out where it is 0.
    pub offset_s: i64,
}

impl Clock {
    /// Microseconds, as without any option.
    pub const DEFAULT: Self = Self { resolution: None, offset_s: 0 };

    fn ticks(self, time_ns: u64) -> u64 {
        let ns = i128::from(time_ns) - i128::from(self.offset_s) * 1_000_000_000;
        let resolution = self.resolution.unwrap_or(6);
        let exponent = u32::from(resolution & 0x7f);
        let base: i128 = if resolution & 0x80 == 0 { 10 } else { 2 };
        (ns * base.pow(exponent) / 1_000_000_000) as u64
    }
}

/// A file under construction.
#[derive(Clone, Debug)]
pub struct Pcapng {
    order: Order,
    clocks: Vec<Clock>,
    bytes: Vec<u8>,
}

impl Pcapng {
    /// A file that begins with a section.
    pub fn new(order: Order) -> Self {
        Self { order, clocks: Vec::new(), bytes: Vec::new() }.section(order)
    }

    /// Begins another section.
    #[must_use]
    pub fn section(mut self, order: Order) -> Self {
        self.order = order;
        self.clocks.clear();
        let body = [
            &order.u32(0x1a2b_3c4d)[..],
            &order.u16(1),
            &order.u16(0),
            &order.u64(u64::MAX),
            &self.option(4, b"a test"),
            &self.option(0, b""),
        ];
        let body = body.concat();
        self.block(0x0a0d_0d0a, &body)
    }

    /// Describes the next interface.
    #[must_use]
    pub fn interface(mut self, link: u32, snap_len: u32, clock: Clock) -> Self {
        self.clocks.push(clock);
        let order = self.order;
        let mut body = [&order.u16(link as u16)[..], &[0, 0], &order.u32(snap_len)].concat();
        body.extend(self.option(2, b"lo"));
        if let Some(resolution) = clock.resolution {
            body.extend(self.option(9, &[resolution]));
        }
        if clock.offset_s != 0 {
            body.extend(self.option(14, &order.u64(clock.offset_s as u64)));
        }
        body.extend(self.option(0, b""));
        self.block(1, &body)
    }

    /// A packet in an enhanced packet block, with an option behind it.
    #[must_use]
    pub fn enhanced(self, interface: u32, frame: &Frame) -> Self {
        let mut body = self.order.u32(interface).to_vec();
        body.extend(self.packet_fields(interface, frame));
        body.extend(self.option(2, &[0; 4]));
        body.extend(self.option(0, b""));
        self.block(6, &body)
    }

    /// A packet of the first interface in a simple packet block.
    #[must_use]
    pub fn simple(self, frame: &Frame) -> Self {
        let body = [&self.order.u32(frame.original_len)[..], &padded(&frame.bytes)].concat();
        self.block(3, &body)
    }

    /// A packet in an obsolete packet block.
    #[must_use]
    pub fn obsolete(self, interface: u16, frame: &Frame) -> Self {
        let mut body = [self.order.u16(interface), self.order.u16(0xffff)].concat();
        body.extend(self.packet_fields(u32::from(interface), frame));
        self.block(2, &body)
    }

    /// Any block.
    #[must_use]
    pub fn block(mut self, kind: u32, body: &[u8]) -> Self {
        let body = padded(body);
        let len = self.order.u32(body.len() as u32 + 12);
        self.bytes.extend(self.order.u32(kind));
        self.bytes.extend(len);
        self.bytes.extend(body);
        self.bytes.extend(len);
        self
    }

    /// Any bytes, as they are.
    #[must_use]
    pub fn raw(mut self, bytes: &[u8]) -> Self {
        self.bytes.extend(bytes);
        self
    }

    /// The file.
    pub fn bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// Time, lengths and bytes of a packet. Of an unknown interface the time is in microseconds.
    fn packet_fields(&self, interface: u32, frame: &Frame) -> Vec<u8> {
        let clock = self.clocks.get(interface as usize).copied().unwrap_or(Clock::DEFAULT);
        let ticks = clock.ticks(frame.time_ns);
        let captured = frame.bytes.len() as u32;
        let fields = [(ticks >> 32) as u32, ticks as u32, captured, frame.original_len];
        let mut body = fields.map(|field| self.order.u32(field)).concat();
        body.extend(padded(&frame.bytes));
        body
    }

    fn option(&self, code: u16, value: &[u8]) -> Vec<u8> {
        let len = self.order.u16(value.len() as u16);
        [&self.order.u16(code)[..], &len, &padded(value)].concat()
    }
}

fn padded(bytes: &[u8]) -> Vec<u8> {
    let mut padded = bytes.to_vec();
    padded.resize(bytes.len().next_multiple_of(4), 0);
    padded
}
