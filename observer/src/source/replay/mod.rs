//! Replay: captures (pcap, pcapng) in, [`Input`](crate::input::Input) values out, one per TCP segment on a
//! watched port, in the file's order and at the capture's times. Of a file, a large segment may come in
//! several: what of it nobody looks at is not read.
//!
//! Bytes that a snap length cut off are left out of the segment's chunk, but not of its length. A
//! packet that several interfaces show counts once ([`observer_common::owner`]).
#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    forbid(
        clippy::arithmetic_side_effects,
        clippy::cast_possible_truncation,
        clippy::cast_possible_wrap,
        clippy::cast_sign_loss
    )
)]

mod capture;
mod error;
mod found;
mod interface;
mod link;
mod owners;
mod parts;
mod pcap;
mod pcapng;
mod section;
mod stats;
mod window;

pub use capture::{Capture, Stored, Streamed};
pub use error::{Damage, Error, Problem};
pub use stats::Stats;
use stats::count;

use crate::input::{Intake, Segment};
use crate::ports::Ports;
use crate::time::Timestamp;
use found::Found;
use link::LinkType;
use owners::Owners;
use window::Window;

/// The largest block or packet record that is believed. libpcap has the same limit.
const MAX_BLOCK_LEN: usize = 16 << 20;

/// What to replay.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// Ports whose connections are observed.
    pub ports: Ports,
}

/// Reads captures, one after the other; several files in a row are one capture.
#[derive(Debug)]
pub struct Replay {
    config: Config,
    owners: Owners,
    stats: Stats,
    /// Of the last packet that had a time.
    last_time: Timestamp,
}

/// A packet of a capture.
struct Record<'a> {
    /// When it passed; simple packet blocks do not say.
    time: Option<Timestamp>,
    /// What it begins with, where that is supported.
    link: Option<LinkType>,
    /// Interface it was captured on, by its number in the file.
    interface: u16,
    /// Whether the capture has other interfaces as well.
    has_others: bool,
    /// Bytes in memory, from the link header on: all that the capture has, or the first of them.
    bytes: &'a [u8],
    /// Bytes that the capture has.
    captured_len: usize,
    /// Bytes on the wire.
    original_len: u32,
}

/// What is to become of a packet whose beginning was shown.
enum Rest {
    /// It is to be shown whole, as if it had not been yet.
    Needed,
    /// Nothing more.
    Unneeded,
    /// What it carries can be shown in parts.
    InParts {
        segment: Segment<'static>,
        /// Where in the packet that begins.
        offset: usize,
    },
}

/// Takes a capture's packets.
struct Packets<'a, I> {
    replay: &'a mut Replay,
    intake: &'a mut I,
}

impl Replay {
    /// Nothing read yet.
    pub fn new(config: Config) -> Self {
        Self {
            config,
            owners: Owners::default(),
            stats: Stats::default(),
            last_time: Timestamp::default(),
        }
    }

    /// Reads a capture to its end; it takes 32 MiB of memory at most. Of what is stored, large
    /// packets are read as far as the intake needs them.
    ///
    /// `name` is what errors call it.
    ///
    /// # Errors
    /// What could be read before the error has been delivered; [`Problem`] says what can go wrong.
    /// The next capture can be read all the same.
    pub fn read(
        &mut self,
        name: &str,
        capture: impl Capture,
        intake: &mut impl Intake,
    ) -> Result<(), Error> {
        self.read_any(&mut Window::new(capture), intake)
            .map_err(|problem| Error { name: name.to_owned(), problem })
    }

    /// What has been read, over all captures.
    pub fn stats(&self) -> Stats {
        Stats { evicted_owners: self.owners.evicted(), ..self.stats }
    }

    fn read_any<C: Capture>(
        &mut self,
        window: &mut Window<C>,
        intake: &mut impl Intake,
    ) -> Result<(), Problem> {
        let start = window.fill(pcapng::MAGIC.len())?;
        if start.starts_with(&pcapng::MAGIC) {
            let before = self.stats;
            let skipped = pcapng::read(window, &mut Packets { replay: self, intake });
            self.finish_pcapng(&before, skipped)
        } else {
            pcap::read(window, &mut Packets { replay: self, intake })
        }
    }

    /// Skipped blocks, and a capture without a single link type we know, are problems to tell.
    fn finish_pcapng(
        &mut self,
        before: &Stats,
        (skipped, result): (pcapng::Skipped, Result<(), Problem>),
    ) -> Result<(), Problem> {
        self.stats.bad_blocks = self.stats.bad_blocks.saturating_add(skipped.count);
        result?;
        skipped.into_result()?;
        let packets = self.stats.packets.saturating_sub(before.packets);
        let unknown = self.stats.unknown_links.saturating_sub(before.unknown_links);
        if packets != 0 && unknown == packets {
            return Err(Problem::OnlyUnknownLinks);
        }
        Ok(())
    }

    fn count_packet(&mut self, record: &Record<'_>) {
        count(&mut self.stats.packets);
        self.last_time = record.time.unwrap_or(self.last_time);
    }

    /// Counts what was found in a packet; returns whether it is to be shown.
    fn admit(&mut self, link: LinkType, record: &Record<'_>, found: &Found<'_>) -> bool {
        if !self.is_watched(found) {
            count(&mut self.stats.unwatched);
            return false;
        }
        if !self.is_owned(link, record, found) {
            count(&mut self.stats.copies);
            let bytes = &mut self.stats.copied_bytes;
            *bytes = bytes.saturating_add(found.wire_len.into());
            return false;
        }
        count(&mut self.stats.segments);
        true
    }

    fn is_watched(&self, found: &Found<'_>) -> bool {
        let flow = &found.packet.flow;
        self.config.ports.contains(flow.src.port) || self.config.ports.contains(flow.dst.port)
    }

    /// Whether this sighting counts, where there may be more than one.
    fn is_owned(&mut self, link: LinkType, record: &Record<'_>, found: &Found<'_>) -> bool {
        if !record.has_others && !link.is_cooked() {
            return true;
        }
        let hook = link.hook(record.interface, record.bytes);
        self.owners.admit(found.packet.flow, &found.sighting(hook, self.last_time))
    }
}

impl<I: Intake> Packets<'_, I> {
    /// Takes a packet that is all in memory.
    fn whole(&mut self, record: &Record<'_>) {
        self.replay.count_packet(record);
        let Some(link) = record.link else { return count(&mut self.replay.stats.unknown_links) };
        let located = link.locate(record.bytes);
        match located.as_ref().map_err(|skip| *skip).and_then(|p| Found::new(p, record)) {
            Err(skip) => self.replay.stats.skip(skip),
            Ok(found) if self.replay.admit(link, record, &found) => {
                found.deliver(record.time, self.intake);
            }
            Ok(_) => {}
        }
    }

    /// Takes a packet of which not all is in memory.
    fn begin(&mut self, record: &Record<'_>) -> Rest {
        let Some(link) = record.link else { return Rest::Needed };
        // Where it is not as plain, its headers may be longer than what is there.
        let Ok(packet) = link.locate(record.bytes) else { return Rest::Needed };
        let Ok(found) = Found::new(&packet, record) else { return Rest::Needed };
        let segment = found.unshown(record.time);
        let has_parts = segment.wire_len > 0 && !found.is_cut;
        let is_in_parts = has_parts && self.intake.unneeded(&segment).is_some();
        if self.replay.is_watched(&found) && !is_in_parts {
            return Rest::Needed;
        }
        self.replay.count_packet(record);
        if self.replay.admit(link, record, &found) {
            Rest::InParts { segment, offset: packet.payload_offset }
        } else {
            Rest::Unneeded
        }
    }
}
