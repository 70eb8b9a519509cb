//! A pcapng section: its byte order, its interfaces, and the blocks that hold packets.

use observer_common::packet::Load;
use pcap_parser::nom::IResult;
use pcap_parser::pcapng::{
    parse_enhancedpacketblock_be, parse_enhancedpacketblock_le, parse_interfacedescriptionblock_be,
    parse_interfacedescriptionblock_le, parse_sectionheaderblock, parse_simplepacketblock_be,
    parse_simplepacketblock_le,
};
use pcap_parser::{EPB_MAGIC, IDB_MAGIC, PcapError, SPB_MAGIC};

use super::interface::{Clock, Interface};
use super::link::LinkType;
use super::{Damage, Packets, Record};
use crate::input::Intake;

/// The obsolete packet block, which the crate does not know.
const OPB_MAGIC: u32 = 2;
const OPB_HEADER_LEN: usize = 28;
/// Bytes of an enhanced packet block before its packet.
pub const EPB_HEADER_LEN: usize = 28;
/// Bytes of the length at a block's end.
const TRAILER_LEN: usize = 4;
/// More than any file has; interface numbers become parts of hooks.
const MAX_INTERFACES: usize = 1 << 16;

/// What is known of a section so far.
#[derive(Debug, Default)]
pub struct Section {
    big_endian: bool,
    /// By number; none where the description could not be read, so that the numbers stay right.
    interfaces: Vec<Option<Interface>>,
}

/// A packet as its block gives it.
#[derive(Debug, PartialEq, Eq)]
struct Packet<'a> {
    interface: u32,
    /// None in simple packet blocks.
    ticks: Option<u64>,
    /// All, or the first of them.
    bytes: &'a [u8],
    captured_len: usize,
    original_len: u32,
}

impl Section {
    /// A section that begins; `block` is its header.
    pub fn new(block: &[u8], big_endian: bool) -> Result<Self, Damage> {
        let header = whole(parse_sectionheaderblock(block))?;
        if header.major_version != 1 {
            return Err(Damage::Version(header.major_version));
        }
        Ok(Self { big_endian, ..Self::default() })
    }

    /// The section's byte order.
    pub const fn big_endian(&self) -> bool {
        self.big_endian
    }

    /// Takes a whole block: learns from it, or hands over its packet. Unknown ones are passed over.
    #[inline]
    pub fn block(
        &mut self,
        block: &[u8],
        packets: &mut Packets<'_, impl Intake>,
    ) -> Result<(), Damage> {
        let packet = match self.plain(block, block.len()) {
            Some(packet) => packet,
            None => match self.any(block)? {
                Some(packet) => packet,
                None => return Ok(()),
            },
        };
        packets.whole(&self.record(&packet)?);
        Ok(())
    }

    /// The packet of a block of `len` bytes of which these are the first, if it is as plain as nearly all.
    pub fn beginning<'a>(&self, bytes: &'a [u8], len: usize) -> Option<Record<'a>> {
        self.record(&self.plain(bytes, len)?).ok()
    }

    /// The packet of a block of any kind, if it holds one.
    #[inline(never)]
    fn any<'a>(&mut self, block: &'a [u8]) -> Result<Option<Packet<'a>>, Damage> {
        Ok(match self.u32_at(block, 0)? {
            IDB_MAGIC => {
                self.describe_interface(block)?;
                None
            }
            EPB_MAGIC => Some(self.any_enhanced(block)?),
            SPB_MAGIC => Some(self.simple(block)?),
            OPB_MAGIC => Some(self.obsolete(block)?),
            _ => None,
        })
    }

    fn describe_interface(&mut self, block: &[u8]) -> Result<(), Damage> {
        if self.interfaces.len() >= MAX_INTERFACES {
            return Err(Damage::TooManyInterfaces);
        }
        let interface = self.interface(block);
        self.interfaces.push(interface.as_ref().ok().copied());
        interface.map(|_| ())
    }

    fn interface(&self, block: &[u8]) -> Result<Interface, Damage> {
        let parse = if self.big_endian {
            parse_interfacedescriptionblock_be
        } else {
            parse_interfacedescriptionblock_le
        };
        let parsed = whole(parse(block))?;
        // The crate reads the offset as little-endian in any section.
        let offset_s = parsed.if_tsoffset;
        let offset_s = if self.big_endian { offset_s.swap_bytes() } else { offset_s };
        Ok(Interface {
            link: LinkType::from_number(parsed.linktype.0.cast_unsigned()),
            snap_len: parsed.snaplen,
            clock: Clock::new(parsed.if_tsresol, offset_s),
        })
    }

    /// An enhanced packet block of a little-endian section, and without options, as nearly all are;
    /// nothing else. The block has `len` bytes, of which these are the first, or all.
    #[inline]
    fn plain<'a>(&self, bytes: &'a [u8], len: usize) -> Option<Packet<'a>> {
        let (head, behind) = bytes.split_first_chunk::<EPB_HEADER_LEN>()?;
        let ([magic, _, interface, high, low, captured, original_len], []) = head.as_chunks()
        else {
            return None;
        };
        let number = |bytes: &[u8; 4]| u32::from_le_bytes(*bytes);
        let captured_len = number(captured) as usize;
        let padded = captured_len.checked_next_multiple_of(4)?;
        let is_such = !self.big_endian && number(magic) == EPB_MAGIC;
        if !is_such || len != padded.checked_add(EPB_HEADER_LEN + TRAILER_LEN)? {
            return None;
        }
        Some(Packet {
            interface: number(interface),
            ticks: Some(u64::from(number(high)) << 32 | u64::from(number(low))),
            bytes: behind.get(..captured_len).unwrap_or(behind),
            captured_len,
            original_len: number(original_len),
        })
    }

    fn any_enhanced<'a>(&self, block: &'a [u8]) -> Result<Packet<'a>, Damage> {
        let parse = if self.big_endian {
            parse_enhancedpacketblock_be
        } else {
            parse_enhancedpacketblock_le
        };
        let parsed = whole(parse(block))?;
        Ok(Packet {
            interface: parsed.if_id,
            ticks: Some(u64::from(parsed.ts_high) << 32 | u64::from(parsed.ts_low)),
            bytes: parsed.data.get(..parsed.caplen as usize).ok_or(Damage::Contents)?,
            captured_len: parsed.caplen as usize,
            original_len: parsed.origlen,
        })
    }

    /// A simple packet block: of the first interface, without a time; how much of the packet is
    /// there follows from the interface's snap length.
    fn simple<'a>(&self, block: &'a [u8]) -> Result<Packet<'a>, Damage> {
        let parse =
            if self.big_endian { parse_simplepacketblock_be } else { parse_simplepacketblock_le };
        let parsed = whole(parse(block))?;
        let len = match self.interface_of(0)?.snap_len {
            0 => parsed.origlen,
            snap_len => parsed.origlen.min(snap_len),
        };
        Ok(Packet {
            interface: 0,
            ticks: None,
            bytes: parsed.data.get(..len as usize).ok_or(Damage::Contents)?,
            captured_len: len as usize,
            original_len: parsed.origlen,
        })
    }

    fn obsolete<'a>(&self, block: &'a [u8]) -> Result<Packet<'a>, Damage> {
        let (body, _) = block.split_last_chunk::<TRAILER_LEN>().ok_or(Damage::Contents)?;
        let interface = body.load(8).ok_or(Damage::Contents)?;
        let (high, low) = (self.u32_at(body, 12)?, self.u32_at(body, 16)?);
        let captured = self.u32_at(body, 20)? as usize;
        let bytes = body.get(OPB_HEADER_LEN..).and_then(|data| data.get(..captured));
        Ok(Packet {
            interface: u32::from(if self.big_endian {
                u16::from_be_bytes(interface)
            } else {
                u16::from_le_bytes(interface)
            }),
            ticks: Some(u64::from(high) << 32 | u64::from(low)),
            bytes: bytes.ok_or(Damage::Contents)?,
            captured_len: captured,
            original_len: self.u32_at(body, 24)?,
        })
    }

    #[inline]
    fn record<'a>(&self, packet: &Packet<'a>) -> Result<Record<'a>, Damage> {
        let interface = self.interface_of(packet.interface)?;
        Ok(Record {
            time: packet.ticks.map(|ticks| interface.clock.time(ticks)),
            link: interface.link,
            interface: u16::try_from(packet.interface).unwrap_or(u16::MAX),
            has_others: self.interfaces.len() > 1,
            bytes: packet.bytes,
            captured_len: packet.captured_len,
            original_len: packet.original_len,
        })
    }

    #[inline]
    fn interface_of(&self, number: u32) -> Result<&Interface, Damage> {
        let described = self.interfaces.get(number as usize).and_then(Option::as_ref);
        described.ok_or(Damage::Interface(number))
    }

    fn u32_at(&self, block: &[u8], offset: usize) -> Result<u32, Damage> {
        let bytes = block.load(offset).ok_or(Damage::Contents)?;
        Ok(read_u32(bytes, self.big_endian))
    }
}

/// An integer in a section's byte order.
pub const fn read_u32(bytes: [u8; 4], big_endian: bool) -> u32 {
    if big_endian { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) }
}

/// A parser that wants more than the whole block has met lengths that do not fit into it.
fn whole<'a, B>(parsed: IResult<&'a [u8], B, PcapError<&'a [u8]>>) -> Result<B, Damage> {
    parsed.map(|(_, block)| block).map_err(|_| Damage::Contents)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An enhanced packet block that claims `captured` bytes, has `data` bytes, and these options.
    fn block(big_endian: bool, captured: u32, data: usize, options: &[u8]) -> Vec<u8> {
        let put = |n: u32| if big_endian { n.to_be_bytes() } else { n.to_le_bytes() };
        let len = (EPB_HEADER_LEN + data + options.len() + TRAILER_LEN) as u32;
        let head = [EPB_MAGIC, len, 3, 0x0102_0304, 0x0506_0708, captured, 1500];
        let mut block: Vec<u8> = head.into_iter().flat_map(put).collect();
        block.extend((0..data).map(|i| i as u8));
        block.extend(options);
        block.extend(put(len));
        block
    }

    #[test]
    fn a_block_without_options_gives_what_any_gives() {
        let mut short = 0;
        for big_endian in [false, true] {
            let section = Section { big_endian, ..Section::default() };
            let options: [&[u8]; 3] = [&[], &[0; 4], &[0, 2, 0, 4, 0, 0, 0, 1, 0, 0, 0, 0]];
            for (captured, data, options) in (0..=20)
                .chain([u32::MAX - 3, u32::MAX])
                .flat_map(|captured| (0..=20).step_by(4).map(move |data| (captured, data)))
                .flat_map(|(captured, data)| options.map(|options| (captured, data, options)))
            {
                let block = block(big_endian, captured, data, options);
                let packet = section.plain(&block, block.len());
                // The other order is rare, and goes the general way.
                assert!(!big_endian || packet.is_none());
                if let Some(packet) = packet {
                    assert_eq!(Ok(packet), section.any_enhanced(&block));
                    short += 1;
                }
            }
        }
        assert!(short >= 21, "the short way was gone {short} times");
    }
}
