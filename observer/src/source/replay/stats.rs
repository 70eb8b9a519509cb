//! What a replay has read: every packet has one fate.

use observer_common::packet::Skip;

/// Packets by fate, and what else was counted.
///
/// `packets` is the sum of `segments`, `copies`, `unwatched`, `not_ip`, `not_tcp`, `fragments`,
/// `malformed` and `unknown_links`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Packets read.
    pub packets: u64,
    /// Segments delivered.
    pub segments: u64,
    /// Segments that another interface has shown already.
    pub copies: u64,
    /// Payload bytes of the copies.
    pub copied_bytes: u64,
    /// Segments without a watched port.
    pub unwatched: u64,
    /// Neither IPv4 nor IPv6.
    pub not_ip: u64,
    /// IP, but not TCP.
    pub not_tcp: u64,
    /// Fragments of IP packets.
    pub fragments: u64,
    /// Headers that are not whole, or contradict themselves.
    pub malformed: u64,
    /// Packets on interfaces whose link type is not supported.
    pub unknown_links: u64,
    /// Blocks of pcapng files that could not be read.
    pub bad_blocks: u64,
    /// Flow directions forgotten because too many passed several interfaces.
    pub evicted_owners: u64,
}

impl Stats {
    /// Packets by fate; their sum is `packets`.
    pub const fn fates(&self) -> [(&'static str, u64); 8] {
        [
            ("segment", self.segments),
            ("copy", self.copies),
            ("unwatched", self.unwatched),
            ("not_ip", self.not_ip),
            ("not_tcp", self.not_tcp),
            ("fragment", self.fragments),
            ("malformed", self.malformed),
            ("unknown_link", self.unknown_links),
        ]
    }

    /// Counts a packet that is no TCP segment.
    pub(super) const fn skip(&mut self, reason: Skip) {
        count(match reason {
            Skip::NotIp => &mut self.not_ip,
            Skip::NotTcp => &mut self.not_tcp,
            Skip::Fragment => &mut self.fragments,
            Skip::Malformed => &mut self.malformed,
        });
    }
}

/// Counts one.
pub(super) const fn count(counter: &mut u64) {
    *counter = counter.saturating_add(1);
}
