//! Classic pcap: a header that gives the byte order, the time's unit and the link type, then
//! records (draft-ietf-opsawg-pcap).

use pcap_parser::PcapError;
use pcap_parser::nom::{Err as Stop, IResult, Needed};
use pcap_parser::pcap::{
    LegacyPcapBlock, PcapHeader, parse_pcap_frame, parse_pcap_frame_be, parse_pcap_frame_modified,
    parse_pcap_header,
};

use super::capture::Capture;
use super::link::LinkType;
use super::parts::{self, Extent};
use super::section::read_u32;
use super::window::Window;
use super::{Damage, MAX_BLOCK_LEN, Packets, Problem, Record};
use crate::input::Intake;
use crate::time::Timestamp;

const FILE_HEADER_LEN: usize = 24;
const RECORD_HEADER_LEN: usize = 16;
const MODIFIED_RECORD_HEADER_LEN: usize = 24;
const MAGIC_LEN: usize = 4;

type ParseRecord =
    for<'a> fn(&'a [u8]) -> IResult<&'a [u8], LegacyPcapBlock<'a>, PcapError<&'a [u8]>>;

/// How a capture's records are written.
struct Format {
    link: LinkType,
    is_modified: bool,
    is_big_endian: bool,
    ns_per_unit: u64,
}

/// Reads a capture to its end.
pub fn read<C: Capture>(
    window: &mut Window<C>,
    packets: &mut Packets<'_, impl Intake>,
) -> Result<(), Problem> {
    let format = read_format(window)?;
    loop {
        if window.is_stored() && show_large(window, &format, packets)? {
            continue;
        }
        let deliver = &mut |block: LegacyPcapBlock<'_>| packets.whole(&format.record(&block));
        match read_record(window, format.parser(), deliver)? {
            Some(len) => window.consume(len),
            None => return Ok(()),
        }
    }
}

/// Shows a large packet, if that can be done before all of it is read.
fn show_large<C: Capture>(
    window: &mut Window<C>,
    format: &Format,
    packets: &mut Packets<'_, impl Intake>,
) -> Result<bool, Problem> {
    let Some(block) = format.beginning(window.fill(RECORD_HEADER_LEN)?) else { return Ok(false) };
    let len = RECORD_HEADER_LEN.saturating_add(block.caplen as usize);
    let is_there =
        parts::is_large(window, len) && len <= MAX_BLOCK_LEN && parts::end(window, len).is_some();
    if !is_there {
        return Ok(false);
    }
    let Some(block) = format.beginning(window.fill(parts::HEAD_LEN)?) else { return Ok(false) };
    let rest = packets.begin(&format.record(&block));
    parts::show(window, &Extent { before: RECORD_HEADER_LEN, len }, &rest, packets)
}

impl Format {
    fn parser(&self) -> ParseRecord {
        match (self.is_modified, self.is_big_endian) {
            (true, true) => parse_modified_be,
            (true, false) => parse_pcap_frame_modified,
            (false, true) => parse_pcap_frame_be,
            (false, false) => parse_pcap_frame,
        }
    }

    /// A record of the usual format of which these are the first bytes, or all.
    fn beginning<'a>(&self, bytes: &'a [u8]) -> Option<LegacyPcapBlock<'a>> {
        let (header, behind) = bytes.split_first_chunk().filter(|_| !self.is_modified)?;
        let [ts_sec, fraction, caplen, origlen] = fields(header, self.is_big_endian);
        let data = behind.get(..caplen as usize).unwrap_or(behind);
        Some(LegacyPcapBlock { ts_sec, ts_usec: fraction, caplen, origlen, data })
    }

    fn record<'a>(&self, block: &LegacyPcapBlock<'a>) -> Record<'a> {
        Record {
            time: Some(time(block, self.ns_per_unit)),
            link: Some(self.link),
            interface: 0,
            has_others: false,
            bytes: block.data,
            captured_len: block.caplen as usize,
            original_len: block.origlen,
        }
    }
}

/// The four numbers of a record's header.
fn fields(header: &[u8; RECORD_HEADER_LEN], is_big_endian: bool) -> [u32; 4] {
    let mut fields = [0; 4];
    for (field, bytes) in fields.iter_mut().zip(header.as_chunks().0) {
        *field = read_u32(*bytes, is_big_endian);
    }
    fields
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
    let usual = record.first_chunk().zip(record.get(MODIFIED_RECORD_HEADER_LEN..));
    let Some((header, behind)) = usual else {
        let missing = MODIFIED_RECORD_HEADER_LEN.saturating_sub(record.len());
        return Err(Stop::Incomplete(Needed::new(missing)));
    };
    let [ts_sec, fraction, caplen, origlen] = fields(header, true);
    let len = usize::try_from(caplen).unwrap_or(usize::MAX);
    let Some((data, rest)) = behind.split_at_checked(len) else {
        return Err(Stop::Incomplete(Needed::new(len.saturating_sub(behind.len()))));
    };
    Ok((rest, LegacyPcapBlock { ts_sec, ts_usec: fraction, caplen, origlen, data }))
}

/// Reads how records are written; says what the file is instead where it is not a capture.
fn read_format<C: Capture>(window: &mut Window<C>) -> Result<Format, Problem> {
    let (header, is_modified) = read_header(window)?;
    // The upper bits tell about frame check sequences; IP's own length leaves those out.
    let number = header.network.0.cast_unsigned() & 0xffff;
    Ok(Format {
        link: LinkType::from_number(number).ok_or(Problem::UnknownLink(number))?,
        is_modified,
        is_big_endian: header.is_bigendian(),
        ns_per_unit: if header.is_nanosecond_precision() { 1 } else { 1000 },
    })
}

/// Reads the file header, and whether records are of the modified format; says what the file is instead
/// where it has none.
fn read_header<C: Capture>(window: &mut Window<C>) -> Result<(PcapHeader, bool), Problem> {
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
fn read_record<C: Capture>(
    window: &mut Window<C>,
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
