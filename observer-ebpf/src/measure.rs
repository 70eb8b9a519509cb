//! A local socket is measured now and then, when a segment that it sends passes: with a callback for each
//! acknowledgment, which sockops offers, a small exchange costs an eighth more.

use aya_ebpf::bindings::{__sk_buff, bpf_sock};
use aya_ebpf::helpers::generated::{bpf_get_socket_cookie, bpf_sk_fullsock, bpf_tcp_sock};
use observer_common::socket::{Change, SocketRecord};

use crate::maps::SOCKETS;
use crate::seen::Seen;
use crate::socket::{since, srtt_us, submit};

/// Two to the power of so many nanoseconds lie between two measurements: about four seconds.
const EVERY: u32 = 32;

/// Not 0 if the socket is to be measured whose segment before this one passed then; CLOCK_MONOTONIC,
/// nanoseconds.
#[inline(always)]
pub fn due(before_ns: u64, now_ns: u64) -> u64 {
    (before_ns ^ now_ns) >> EVERY
}

/// Measures the socket that sends a segment, if it is one of this host's that was seen to begin.
#[inline(never)]
pub fn measure<const SIEVE: bool>(skb: *mut __sk_buff, seen: &Seen) {
    // SAFETY: the context is valid for the run of the program.
    let socket = unsafe { (*skb).__bindgen_anon_2.sk };
    if socket.is_null() {
        return;
    }
    // SAFETY: what is not null is a socket.
    let socket = unsafe { bpf_sk_fullsock(socket) };
    if socket.is_null() || !is_sender(socket, seen) {
        return;
    }
    // SAFETY: it is a full socket.
    let tcp = unsafe { bpf_tcp_sock(socket) };
    if tcp.is_null() {
        return;
    }
    // SAFETY: both are read while the program runs, which keeps the socket.
    let (cookie, tcp) = unsafe { (bpf_get_socket_cookie(skb.cast()), &*tcp) };
    let Some(state) = SOCKETS.get_ptr_mut(cookie) else { return };
    // SAFETY: the verifier knows the entry's bounds. Where two CPUs send for a socket at once, one of
    // them may count a retransmission again.
    let retransmits = since(u64::from(tcp.total_retrans), unsafe { &mut *state });
    submit::<SIEVE>(&SocketRecord {
        time_ns: seen.time_ns,
        flow: *seen.flow(),
        change: Change::Measured,
        srtt_us: srtt_us(tcp.srtt_us),
        retransmits,
    });
}

/// Whether the packet comes from the socket, and is not on its way to it.
#[inline(always)]
fn is_sender(socket: *const bpf_sock, seen: &Seen) -> bool {
    // SAFETY: not null, and valid for the run of the program.
    unsafe { (*socket).src_port == u32::from(seen.flow().src.port) }
}
