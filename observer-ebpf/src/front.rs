//! A packet whose first bytes have been loaded at once: enough for the headers of most, and each load is a
//! call of the kernel.

use observer_common::packet::Load;

use crate::skb::Skb;

/// Bytes loaded: those of Ethernet's, IPv4's and TCP's headers without options.
const LOADED: usize = 54;
/// Room for them, a power of two, and for what the verifier takes to be behind the last of them.
const ROOM: usize = 64;
const SLACK: usize = 64;

/// Where they are loaded to.
pub type Room = [u8; ROOM + SLACK];

/// A packet and its first bytes.
pub struct Front<'a> {
    skb: Skb<'a>,
    bytes: Option<*const u8>,
}

impl<'a> Front<'a> {
    /// Loads them, if the packet has as many.
    #[inline(always)]
    pub fn load(skb: Skb<'a>, room: &'a mut Room) -> Self {
        let room = room.as_mut_ptr();
        // SAFETY: the room is larger.
        let is_loaded = unsafe { skb.copy(0, room, LOADED as u32) };
        Self { skb, bytes: is_loaded.then_some(room.cast_const()) }
    }
}

impl Load for Front<'_> {
    #[inline(always)]
    fn load<const N: usize>(&self, offset: usize) -> Option<[u8; N]> {
        const { assert!(N <= SLACK) };
        match self.bytes {
            Some(bytes) if offset + N <= LOADED => {
                let mut at = offset as u64;
                // SAFETY: plain arithmetic; the compiler must not take it apart. Behind every masked
                // place lies the slack.
                unsafe {
                    core::arch::asm!("{0} &= 63", inout(reg) at);
                    Some(bytes.add(at as usize).cast::<[u8; N]>().read())
                }
            }
            _ => self.skb.load(offset),
        }
    }
}

const _: () = assert!(ROOM == 64);
