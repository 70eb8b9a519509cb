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
const MAGIC_LEN: usize = 4;

type ParseRecord =
    for<'a> fn(&'a [u8]) -> IResult<&'a [u8], LegacyPcapBlock<'a>, PcapError<&'a [u8]>>;

/// Reads a capture to its end.
pub fn read<R: Read>(
    window: &mut Window<R>,
    sink: &mut impl FnMut(Record<'_>),
) -> Result<(), Problem> {
    let header = read_header(window)?;
    // The upper bits tell about frame check sequences; IP's own length leaves those out.
    let link = header.network.0.cast_unsigned() & 0xffff;
    if LinkType::from_number(link).is_none() {
        return Err(Problem::UnknownLink(link));
    }
    let parse: ParseRecord = match (header.is_modified_format(), header.is_bigendian()) {
        (true, _) => parse_pcap_frame_modified,
        (false, true) => parse_pcap_frame_be,
        (false, false) => parse_pcap_frame,
    };
    let ns_per_unit = if header.is_nanosecond_precision() { 1 } else { 1000 };
    let mut deliver = |block: LegacyPcapBlock<'_>| {
        sink(Record {
            time: Some(time(&block, ns_per_unit)),
            link,
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

/// Reads the file header; says what the file is instead where it has none.
fn read_header<R: Read>(window: &mut Window<R>) -> Result<PcapHeader, Problem> {
    let bytes = window.fill(FILE_HEADER_LEN)?;
    if bytes.is_empty() {
        return Err(Problem::Empty);
    }
    match parse_pcap_header(bytes) {
        Ok((_, header)) => {
            window.consume(FILE_HEADER_LEN);
            Ok(header)
        }
        Err(Stop::Incomplete(_)) if bytes.len() >= MAGIC_LEN => {
            Err(Problem::Truncated { offset: 0, what: "file header" })
        }
        Err(_) => Err(compression(bytes).map_or(Problem::NotACapture, Problem::Compressed)),
    }
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
