//! What the kernel programs write to, whoever keeps it: records out, in their order.

use std::io;

use aya::maps::{MapData, RingBuf};

use super::bell::Bell;
use super::own_ring::OwnRing;

/// The ring, and the bell beside it.
pub(super) struct Ring {
    /// Of the kernel's. Where the programs write their own, what comes in it only rings.
    kernels: RingBuf<MapData>,
    own: Option<OwnRing>,
    bytes: u32,
}

impl Ring {
    /// One of so many bytes.
    pub fn new(kernels: RingBuf<MapData>, own: Option<OwnRing>, bytes: u32) -> Self {
        Self { kernels, own, bytes }
    }

    /// Its size in bytes.
    pub fn bytes(&self) -> usize {
        self.bytes as usize
    }

    /// What the kernel rings.
    pub fn bell(&self) -> io::Result<Bell> {
        Bell::of(&self.kernels)
    }

    /// Before records are taken: what rang so far is known.
    pub fn hush(&mut self) {
        if self.own.is_some() {
            while self.kernels.next().is_some() {}
        }
    }

    /// Takes the next record, if there is one; its length.
    pub fn take(&mut self, read: impl FnOnce(&[u8])) -> Option<usize> {
        match &mut self.own {
            Some(own) => own.take(read),
            None => self.kernels.next().map(|record| {
                read(&record);
                record.len()
            }),
        }
    }
}
