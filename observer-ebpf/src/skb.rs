//! The packet a classifier was called for.

use aya_ebpf::helpers::generated::bpf_skb_load_bytes;
use aya_ebpf::programs::TcContext;
use observer_common::packet::Load;

/// Bytes and facts of an skb.
#[derive(Clone, Copy)]
pub struct Skb<'a>(pub &'a TcContext);

impl Load for Skb<'_> {
    #[inline(always)]
    fn load<const N: usize>(&self, offset: usize) -> Option<[u8; N]> {
        self.0.load(offset).ok()
    }
}

impl Skb<'_> {
    /// As the helpers want it.
    #[inline(always)]
    pub fn raw(self) -> *mut core::ffi::c_void {
        self.0.skb.skb.cast()
    }

    /// Bytes from the link header on, all fragments and segments.
    #[inline(always)]
    pub fn len(self) -> usize {
        self.0.len() as usize
    }

    /// Whether the skb stands for several packets on the wire.
    #[inline(always)]
    pub fn segmented(self) -> bool {
        // SAFETY: the context is valid for the run of the program.
        unsafe { (*self.0.skb.skb).gso_size != 0 }
    }

    /// When TCP has sent it, or wants it to leave, if it is this host's; CLOCK_MONOTONIC, nanoseconds. A socket
    /// without privileges can have any time there.
    #[inline(always)]
    pub fn sent_ns(self) -> Option<u64> {
        const MONOTONIC: u8 = 1;
        // SAFETY: the context is valid for the run of the program.
        let (sent_ns, clock) = unsafe {
            let skb = self.0.skb.skb;
            (
                (&raw const (*skb).tstamp).read_volatile(),
                (&raw const (*skb).tstamp_type).read_volatile(),
            )
        };
        (clock == MONOTONIC && sent_ns != 0).then_some(sent_ns)
    }

    /// The interface it was seen on.
    #[inline(always)]
    pub fn ifindex(self) -> u32 {
        // SAFETY: the context is valid for the run of the program.
        unsafe { (*self.0.skb.skb).ifindex }
    }

    /// The first `LEN` bytes, if they lie where they can be read without a call of the kernel.
    #[inline(always)]
    pub fn at_hand<const LEN: usize>(self) -> Option<*const u8> {
        let data = self.0.data();
        (data + LEN <= self.0.data_end()).then_some(data as *const u8)
    }

    /// Copies `len` bytes at `offset`; false where the skb does not have them.
    ///
    /// # Safety
    /// `to` is valid for `len` bytes, and the verifier can see that.
    #[inline(always)]
    pub unsafe fn copy(self, offset: usize, to: *mut u8, len: u32) -> bool {
        // SAFETY: the caller's.
        unsafe { bpf_skb_load_bytes(self.0.skb.skb.cast(), offset as u32, to.cast(), len) == 0 }
    }
}
