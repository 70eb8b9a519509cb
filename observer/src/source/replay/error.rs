//! What can be wrong with a capture, each said in one sentence.

use std::io;

use super::MAX_BLOCK_LEN;

/// A capture could not be read, or not to its end.
#[derive(Debug, thiserror::Error)]
#[error("{name}: {problem}")]
pub struct Error {
    /// The capture, as the caller calls it.
    pub name: String,
    /// What is wrong.
    pub problem: Problem,
}

/// What is wrong with a capture. Offsets are in bytes from its start.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    /// The operating system refused.
    #[error("cannot be read at byte {offset}: {source}")]
    Read {
        /// Bytes read before.
        offset: u64,
        /// Why.
        source: io::Error,
    },
    /// No bytes at all.
    #[error("is empty, so it is not a capture")]
    Empty,
    /// Another kind of file.
    #[error("is not a capture: it is neither pcap nor pcapng")]
    NotACapture,
    /// A kind of pcap that hardly anybody writes.
    #[error(
        "is a pcap of a kind that is not supported: write it anew first (editcap -F pcapng FILE NEW)"
    )]
    RarePcap,
    /// A compressed file, perhaps of a capture.
    #[error("is compressed: unpack it first ({0} -dc FILE | kafka-observer replay -)")]
    Compressed(&'static str),
    /// A pcap file of a link type we do not know.
    #[error("has link type {0}; supported are Ethernet, raw IP, Linux cooked and null/loopback")]
    UnknownLink(u32),
    /// A pcapng file all of whose packets are of link types we do not know.
    #[error(
        "has no interface of a link type that is supported: Ethernet, raw IP, Linux cooked and null/loopback are"
    )]
    OnlyUnknownLinks,
    /// It ends in the middle of something.
    #[error("is truncated: it ends within the {what} that begins at byte {offset}")]
    Truncated {
        /// Where the unfinished part begins.
        offset: u64,
        /// Which part that is.
        what: &'static str,
    },
    /// Nothing after this point can be found.
    #[error("is damaged at byte {offset}, and was read up to there: {damage}")]
    Damaged {
        /// Where the damaged part begins.
        offset: u64,
        /// What is wrong with it.
        damage: Damage,
    },
    /// Blocks that could not be read, between others that could.
    #[error("is damaged: {count} blocks were left out, the first at byte {offset}: {damage}")]
    Skipped {
        /// Blocks left out.
        count: u64,
        /// Where the first begins.
        offset: u64,
        /// What is wrong with the first.
        damage: Damage,
    },
}

/// What is wrong with a part of a capture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Damage {
    /// Longer than anything real.
    #[error("it claims {0} bytes, more than {MAX_BLOCK_LEN}")]
    TooLong(u64),
    /// A block's length is impossible.
    #[error("a block cannot have {0} bytes")]
    BlockLength(u32),
    /// A block's length at its end is another than at its start.
    #[error("the block's length is {0} at its start, and {1} at its end")]
    UnequalLengths(u32, u32),
    /// A section whose byte order cannot be told.
    #[error("the section's byte order mark is neither way round")]
    ByteOrder,
    /// A section of a version of the format that we do not know.
    #[error("the section is of version {0}, and only version 1 is known")]
    Version(u16),
    /// A block's fields do not fit into it.
    #[error("the block's contents do not fit into it")]
    Contents,
    /// A packet of an interface that was not described.
    #[error("the packet is of interface {0}, which was not described before")]
    Interface(u32),
    /// More interfaces than a file can need.
    #[error("a section describes more than 65536 interfaces")]
    TooManyInterfaces,
}
