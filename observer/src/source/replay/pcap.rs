//! Classic pcap: a header that gives the byte order, the time's unit and the link type, then
//! records (draft-ietf-opsawg-pcap).

use std::io::Read;

use pcap_parser::PcapError;
use pcap_parser::nom::{Err as Stop, IResult, Needed};
use pcap_parser::pcap::{
    LegacyPcapBlock, PcapHeader, parse_pcap_frame, parse_pcap_frame_be, parse_pcap_frame_modified,
    parse_pcap_header,
};

use super::link::LinkType;
use super::window::Window;
use super::{Damage, MAX_BLOCK_LEN, Problem, Record};
use crate::time::Timestamp;

const FILE_HEADER_LEN: usize = 24;
const RECORD_HEADER_LEN: usize = 16;
const MODIFIED_RECORD_HEADER_LEN: usize = 24;
const MAGIC_LEN: usize = 4;

type ParseRecord =
    for<'a> fn(&'a [u8]) -> IResult<&'a [u8], LegacyPcapBlock<'a>, PcapError<&'a [u8]>>;

/// Reads a capture to its end.
pub fn read<R: Read>(
    window: &mut Window<R>,
    sink: &mut impl FnMut(Record<'_>),
) -> Result<(), Problem> {
    let (header, is_modified) = read_header(window)?;
    // The upper bits tell about frame check sequences; IP's own length leaves those out.
    let number = header.network.0.cast_unsigned() & 0xffff;
    let link = LinkType::from_number(number).ok_or(Problem::UnknownLink(number))?;
    let parse: ParseRecord = match (is_modified, header.is_bigendian()) {
        (true, true) => parse_modified_be,
        (true, false) => parse_pcap_frame_modified,
        (false, true) => parse_pcap_frame_be,
        (false, false) => parse_pcap_frame,
    };
    let ns_per_unit = if header.is_nanosecond_precision() { 1 } else { 1000 };
    let mut deliver = |block: LegacyPcapBlock<'_>| {
        sink(Record {
            time: Some(time(&block, ns_per_unit)),
            link: Some(link),
            interface: 0,
            has_others: false,
            bytes: block.data,
            original_len: block.origlen,
        });
    };
    while let Some(len) = read_record(window, parse, &mut deliver)? {
        window.consume(len);
    }
    Ok(())
}

fn time(block: &LegacyPcapBlock<'_>, ns_per_unit: u64) -> Timestamp {
    let seconds = u64::from(block.ts_sec).saturating_mul(1_000_000_000);
    Timestamp(seconds.saturating_add(u64::from(block.ts_usec).saturating_mul(ns_per_unit)))
}

/// What files of the modified format of old Linux systems begin with, in big-endian order, and those of
/// the usual one: the parser knows the first in the other order only. Their headers are the same.
const MODIFIED_BE: [u8; MAGIC_LEN] = [0xa1, 0xb2, 0xcd, 0x34];
const USUAL_BE: [u8; MAGIC_LEN] = [0xa1, 0xb2, 0xc3, 0xd4];

/// A record of the modified format in big-endian order: its header is longer, by what nobody needs.
fn parse_modified_be(record: &[u8]) -> IResult<&[u8], LegacyPcapBlock<'_>, PcapError<&[u8]>> {
    let usual = record.get(..RECORD_HEADER_LEN).zip(record.get(MODIFIED_RECORD_HEADER_LEN..));
    let Some((header, behind)) = usual else {
        let missing = MODIFIED_RECORD_HEADER_LEN.saturating_sub(record.len());
        return Err(Stop::Incomplete(Needed::new(missing)));
    };
    let field = |at: usize| {
        let bytes = header.get(at..).and_then(<[u8]>::first_chunk).copied();
        bytes.map(u32::from_be_bytes).unwrap_or_default()
    };
    let caplen = field(8);
    let len = usize::try_from(caplen).unwrap_or(usize::MAX);
    let Some((data, rest)) = behind.split_at_checked(len) else {
        return Err(Stop::Incomplete(Needed::new(len.saturating_sub(behind.len()))));
    };
    let (ts_sec, fraction, origlen) = (field(0), field(4), field(12));
    Ok((rest, LegacyPcapBlock { ts_sec, ts_usec: fraction, caplen, origlen, data }))
}

/// Reads the file header, and whether records are of the modified format; says what the file is instead
/// where it has none.
fn read_header<R: Read>(window: &mut Window<R>) -> Result<(PcapHeader, bool), Problem> {
    let bytes = window.fill(FILE_HEADER_LEN)?;
    if bytes.is_empty() {
        return Err(Problem::Empty);
    }
    let is_modified_be = bytes.starts_with(&MODIFIED_BE);
    let usual = [&USUAL_BE, bytes.get(MAGIC_LEN..).unwrap_or_default()].concat();
    match parse_pcap_header(if is_modified_be { &usual } else { bytes }) {
        Ok((_, header)) => {
            let is_modified = is_modified_be || header.is_modified_format();
            window.consume(FILE_HEADER_LEN);
            Ok((header, is_modified))
        }
        Err(Stop::Error(_)) if is_rare(bytes) => Err(Problem::RarePcap),
        Err(Stop::Incomplete(_)) if bytes.len() >= MAGIC_LEN => {
            Err(Problem::Truncated { offset: 0, what: "file header" })
        }
        Err(_) => Err(compression(bytes).map_or(Problem::NotACapture, Problem::Compressed)),
    }
}

/// Whether a file is of one of the kinds of pcap that single vendors wrote (libpcap's sf-pcap.c, and
/// Wireshark's wiretap/libpcap.h).
fn is_rare(file: &[u8]) -> bool {
    const MAGICS: [u32; 4] = [0xa1b2_34cd, 0xa12b_3c4d, 0x1c00_01ab, 0x1c00_01ac];
    let magic = file.first_chunk().copied().map(u32::from_le_bytes);
    magic.is_some_and(|magic| [magic, magic.swap_bytes()].iter().any(|m| MAGICS.contains(m)))
}

/// The program that compressed a file, by the file's first bytes.
fn compression(bytes: &[u8]) -> Option<&'static str> {
    const MAGICS: [(&[u8], &str); 5] = [
        (b"\x1f\x8b", "gzip"),
        (b"\x28\xb5\x2f\xfd", "zstd"),
        (b"\xfd7zXZ", "xz"),
        (b"\x04\x22\x4d\x18", "lz4"),
        (b"BZh", "bzip2"),
    ];
    MAGICS.iter().find(|(magic, _)| bytes.starts_with(magic)).map(|(_, program)| *program)
}

/// Hands over the next record; returns its length, or `None` at the end.
fn read_record<R: Read>(
    window: &mut Window<R>,
    parse: ParseRecord,
    sink: &mut impl FnMut(LegacyPcapBlock<'_>),
) -> Result<Option<usize>, Problem> {
    let offset = window.offset();
    let mut wanted = RECORD_HEADER_LEN;
    loop {
        let bytes = window.fill(wanted)?;
        if bytes.is_empty() {
            return Ok(None);
        }
        let missing = match parse(bytes) {
            Ok((rest, block)) => {
                sink(block);
                return Ok(Some(bytes.len().saturating_sub(rest.len())));
            }
            Err(Stop::Incomplete(Needed::Size(missing))) => missing.get(),
            Err(_) => return Err(Problem::Damaged { offset, damage: Damage::Contents }),
        };
        let len = bytes.len().saturating_add(missing);
        if len > MAX_BLOCK_LEN {
            return Err(Problem::Damaged { offset, damage: Damage::TooLong(len as u64) });
        }
        if bytes.len() < wanted {
            return Err(Problem::Truncated { offset, what: "packet" });
        }
        wanted = len;
    }
}
