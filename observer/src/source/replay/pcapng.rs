//! pcapng: sections of blocks, each section with a byte order and interfaces of its own
//! (draft-ietf-opsawg-pcapng).
//!
//! Blocks are framed here, so that a length is never believed and a block that makes no sense is
//! left out alone; what is in them is parsed by the pcap-parser crate.

use super::capture::Capture;
use super::parts::{self, Extent};
use super::section::{EPB_HEADER_LEN, Section, read_u32};
use super::window::Window;
use super::{Damage, MAX_BLOCK_LEN, Packets, Problem};
use crate::input::Intake;

/// What a section, and so a file, begins with; the same in either byte order.
pub const MAGIC: [u8; 4] = [0x0a, 0x0d, 0x0d, 0x0a];

const BYTE_ORDER_MARK: u32 = 0x1a2b_3c4d;
/// Type, length, and the byte order mark of a section or a body's first bytes.
const BLOCK_HEAD_LEN: usize = 12;
const MIN_BLOCK_LEN: u32 = 12;

/// Blocks that were left out.
#[derive(Debug, Default)]
pub struct Skipped {
    /// How many.
    pub count: u64,
    first: Option<(u64, Damage)>,
}

impl Skipped {
    fn note(&mut self, offset: u64, damage: Damage) {
        self.count = self.count.saturating_add(1);
        self.first.get_or_insert((offset, damage));
    }

    /// A problem if any were.
    pub fn into_result(self) -> Result<(), Problem> {
        self.first.map_or(Ok(()), |(offset, damage)| {
            Err(Problem::Skipped { count: self.count, offset, damage })
        })
    }
}

/// Reads a capture to its end. Blocks are left out where that is all there is to do.
pub fn read<C: Capture>(
    window: &mut Window<C>,
    packets: &mut Packets<'_, impl Intake>,
) -> (Skipped, Result<(), Problem>) {
    let mut skipped = Skipped::default();
    let result = read_blocks(window, &mut skipped, packets);
    (skipped, result)
}

fn read_blocks<C: Capture>(
    window: &mut Window<C>,
    skipped: &mut Skipped,
    packets: &mut Packets<'_, impl Intake>,
) -> Result<(), Problem> {
    let mut section = Section::default();
    loop {
        let offset = window.offset();
        let Some(head) = read_head(window, &section)? else { return Ok(()) };
        if parts::is_large(window, head.len) && show_large(window, &section, &head, packets)? {
            continue;
        }
        let bytes = window.fill(head.len)?;
        let Some(block) = bytes.get(..head.len) else {
            return Err(Problem::Truncated { offset, what: "block" });
        };
        check_end(block, &head).map_err(|damage| Problem::Damaged { offset, damage })?;
        if head.is_section {
            section = Section::new(block, head.big_endian)
                .map_err(|damage| Problem::Damaged { offset, damage })?;
        } else if let Err(damage) = section.block(block, packets) {
            skipped.note(offset, damage);
        }
        window.consume(head.len);
    }
}

/// Shows the packet of a large block, if that can be done before all of it is read.
fn show_large<C: Capture>(
    window: &mut Window<C>,
    section: &Section,
    head: &Head,
    packets: &mut Packets<'_, impl Intake>,
) -> Result<bool, Problem> {
    if parts::end(window, head.len).is_none_or(|end| check_end(end, head).is_err()) {
        return Ok(false);
    }
    let Some(record) = section.beginning(window.fill(parts::HEAD_LEN)?, head.len) else {
        return Ok(false);
    };
    let extent = Extent { before: EPB_HEADER_LEN, len: head.len };
    let rest = packets.begin(&record);
    parts::show(window, &extent, &rest, packets)
}

/// What a block's first bytes say.
struct Head {
    is_section: bool,
    big_endian: bool,
    len: usize,
}

fn read_head<C: Capture>(
    window: &mut Window<C>,
    section: &Section,
) -> Result<Option<Head>, Problem> {
    let offset = window.offset();
    let bytes = window.fill(BLOCK_HEAD_LEN)?;
    if bytes.is_empty() {
        return Ok(None);
    }
    let Some(head) = bytes.first_chunk() else {
        return Err(Problem::Truncated { offset, what: "block" });
    };
    parse_head(head, section).map(Some).map_err(|damage| Problem::Damaged { offset, damage })
}

fn parse_head(head: &[u8; BLOCK_HEAD_LEN], section: &Section) -> Result<Head, Damage> {
    let [t0, t1, t2, t3, l0, l1, l2, l3, m0, m1, m2, m3] = *head;
    let is_section = [t0, t1, t2, t3] == MAGIC;
    let mark = [m0, m1, m2, m3];
    let big_endian = match is_section {
        true if u32::from_be_bytes(mark) == BYTE_ORDER_MARK => true,
        true if u32::from_le_bytes(mark) == BYTE_ORDER_MARK => false,
        true => return Err(Damage::ByteOrder),
        false => section.big_endian(),
    };
    let len = read_u32([l0, l1, l2, l3], big_endian);
    if len < MIN_BLOCK_LEN || !len.is_multiple_of(4) {
        return Err(Damage::BlockLength(len));
    }
    if len as usize > MAX_BLOCK_LEN {
        return Err(Damage::TooLong(u64::from(len)));
    }
    Ok(Head { is_section, big_endian, len: len as usize })
}

/// A block ends, as these bytes do, with its length again. Where it does not, nothing says where the next
/// one begins.
fn check_end(block: &[u8], head: &Head) -> Result<(), Damage> {
    let end = block.last_chunk().map_or(0, |end| read_u32(*end, head.big_endian));
    if end as usize == head.len {
        return Ok(());
    }
    Err(Damage::UnequalLengths(u32::try_from(head.len).unwrap_or(u32::MAX), end))
}
