//! What the kernel programs write to, whoever keeps it: records out, in their order.

use std::io;

use aya::maps::{MapData, RingBuf};

use super::bell::Bell;
use super::own_ring::OwnRing;
use super::waker::Waker;

/// The ring.
pub(super) enum Ring {
    /// The kernel's, of so many bytes.
    Kernels(RingBuf<MapData>, u32),
    /// The programs' own. What comes in the kernel's only rings.
    Own(OwnRing, RingBuf<MapData>),
}

/// Why there is no record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Nothing {
    /// All were taken.
    Left,
    /// The next is not written yet, but others may be that are behind it.
    Yet,
}

impl Ring {
    /// Its size in bytes.
    pub fn bytes(&self) -> usize {
        let bytes = match self {
            Self::Kernels(_, bytes) => *bytes,
            Self::Own(own, _) => own.bytes(),
        };
        bytes as usize
    }

    /// What the kernel rings, and whoever has this waker.
    pub fn bell(&self, waker: &Waker) -> io::Result<Bell> {
        let (Self::Kernels(rings, _) | Self::Own(_, rings)) = self;
        Bell::of(rings, waker)
    }

    /// Before records are taken: what rang so far is known.
    pub fn hush(&mut self) {
        if let Self::Own(_, rings) = self {
            while rings.next().is_some() {}
        }
    }

    /// Takes the next record, if there is one; its length.
    pub fn take(&mut self, read: impl FnOnce(&[u8])) -> Result<usize, Nothing> {
        match self {
            Self::Own(own, _) => own.take(read),
            Self::Kernels(kernels, _) => {
                let record = kernels.next().ok_or(Nothing::Left)?;
                read(&record);
                Ok(record.len())
            }
        }
    }
}
