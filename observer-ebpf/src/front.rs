//! A packet's first bytes: where they can be read as they lie, or copied by a call of the kernel.

use observer_common::packet::Load;

use crate::skb::Skb;
use crate::unaligned;

/// The first `LEN` bytes, where they lie.
pub struct AtHand<const LEN: usize>(*const u8);

impl<const LEN: usize> AtHand<LEN> {
    /// If they lie there.
    #[inline(always)]
    pub fn of(skb: Skb<'_>) -> Option<Self> {
        skb.at_hand::<LEN>().map(Self)
    }
}

/// The verifier takes only places that the compiler knows.
impl<const LEN: usize> Load for AtHand<LEN> {
    #[inline(always)]
    fn load<const N: usize>(&self, offset: usize) -> Option<[u8; N]> {
        // SAFETY: they are among the first bytes.
        (offset + N <= LEN).then(|| unsafe { unaligned::read(self.0.add(offset)) })
    }
}

/// Bytes that are copied: headers with Ethernet's tags, those of IPv6, and TCP's without options. What is behind
/// may not lie beside them, and then takes the kernel far longer.
const COPIED: u32 = 74;
/// Room for them, a power of two, and for what the verifier takes to be behind the last of them.
const ROOM: usize = 128;
const SLACK: usize = 16;

/// Where they are copied to.
pub type Room = [u8; ROOM + SLACK];

/// They themselves, as if the packet ended behind them.
pub struct Front {
    bytes: *const u8,
    len: usize,
}

impl Front {
    /// Copies them, or as many as there are. The room must stay as long as they are looked at.
    #[inline(always)]
    pub fn copy(skb: Skb<'_>, room: &mut Room) -> Self {
        let bytes = room.as_mut_ptr();
        let len = (skb.len() as u32).min(COPIED);
        // Says the same, in a form whose bounds the verifier follows.
        let len = (len.wrapping_sub(1) & (ROOM as u32 - 1)) + 1;
        // SAFETY: the room is as large.
        let is_copied = unsafe { skb.copy(0, bytes, len) };
        Self { bytes, len: if is_copied { len as usize } else { 0 } }
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
