//! A packet's first bytes, copied at once: from the skb, or by a call of the kernel where they lie apart.

use observer_common::packet::Load;

use crate::skb::Skb;
use crate::unaligned;

/// What is read of the headers of Ethernet, IPv4 and TCP, and the same with IPv6, without options before TCP.
/// What is behind may not lie beside them, and then takes the kernel far longer.
pub const FEW: usize = 54;
pub const SOME: usize = 74;
/// Room for them, a power of two, and for what the verifier takes to be behind the last of them.
const ROOM: usize = 128;
const SLACK: usize = 16;

/// Where they are loaded to.
pub type Room = [u8; ROOM + SLACK];

/// They themselves, as if the packet ended behind them.
pub struct Front {
    bytes: *const u8,
    len: usize,
}

impl Front {
    /// Loads so many, or as many as there are. The room must stay as long as they are looked at.
    #[inline(always)]
    pub fn load<const MOST: usize>(skb: Skb<'_>, room: &mut Room) -> Self {
        const { assert!(MOST >= 8 && MOST <= ROOM) };
        let bytes = room.as_mut_ptr();
        if let Some(first) = skb.at_hand::<MOST>() {
            // Counted from their end, no field of IPv4 or TCP behind Ethernet lies in two parts, for which a
            // processor would wait when it is read.
            for behind in (0..MOST.div_ceil(8)).rev() {
                let at = (MOST - 8).saturating_sub(8 * behind);
                // SAFETY: there are as many, and the room is as large.
                unsafe { unaligned::write(bytes.add(at), unaligned::read::<8>(first.add(at))) };
            }
            return Self { bytes, len: MOST };
        }
        let len = (skb.len() as u32).min(MOST as u32);
        // Says the same, in a form whose bounds the verifier follows.
        let len = (len.wrapping_sub(1) & (ROOM as u32 - 1)) + 1;
        // SAFETY: the room is as large.
        let is_loaded = unsafe { skb.copy(0, bytes, len) };
        Self { bytes, len: if is_loaded { len as usize } else { 0 } }
    }
}

impl Load for Front {
    #[inline(always)]
    fn load<const N: usize>(&self, offset: usize) -> Option<[u8; N]> {
        const { assert!(N <= SLACK) };
        if offset + N > self.len {
            return None;
        }
        let mut at = offset as u64;
        // SAFETY: plain arithmetic; the compiler must not take it apart. Behind every masked place lies the
        // slack.
        unsafe {
            core::arch::asm!("{0} &= 127", inout(reg) at);
            Some(unaligned::read(self.bytes.add(at as usize)))
        }
    }
}

const _: () = assert!(ROOM == 128);
