//! From sockops callbacks to socket records, in the format of `observer_common::socket`.

use aya_ebpf::bindings::{
    BPF_SOCK_OPS_ACTIVE_ESTABLISHED_CB, BPF_SOCK_OPS_PASSIVE_ESTABLISHED_CB, BPF_SOCK_OPS_STATE_CB,
    BPF_SOCK_OPS_STATE_CB_FLAG, BPF_TCP_CLOSE,
};
use aya_ebpf::helpers::generated::bpf_get_socket_cookie;
use aya_ebpf::programs::SockOpsContext;
use observer_common::counters::Counter;
use observer_common::socket::{Change, SOCKET_RECORD_LEN, SocketRecord};
use observer_common::{Endpoint, Flow};

use crate::clock::now;
use crate::maps::{self, SOCKETS};
use crate::{own_ring, ring};

const AF_INET: u32 = 2;
const AF_INET6: u32 = 10;
/// The kernel keeps the smoothed round-trip time in eighths of a microsecond.
const SRTT_SHIFT: u32 = 3;
const CALLBACKS: i32 = BPF_SOCK_OPS_STATE_CB_FLAG as i32;

/// What is remembered of a socket between two records.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct SocketState {
    /// Segments retransmitted until the last one.
    retransmits: u64,
}

/// Observes a callback.
#[inline(always)]
pub fn observe<const SIEVE: bool>(ctx: &SockOpsContext) {
    match ctx.op() {
        BPF_SOCK_OPS_ACTIVE_ESTABLISHED_CB => established::<SIEVE>(ctx, Change::Connected),
        BPF_SOCK_OPS_PASSIVE_ESTABLISHED_CB => established::<SIEVE>(ctx, Change::Accepted),
        BPF_SOCK_OPS_STATE_CB if ctx.arg(1) == BPF_TCP_CLOSE => closed::<SIEVE>(ctx),
        _ => {}
    }
}

#[inline(always)]
fn established<const SIEVE: bool>(ctx: &SockOpsContext, change: Change) {
    let Some(flow) = watched_flow(ctx) else { return };
    let state = SocketState { retransmits: total_retransmits(ctx) };
    // Without room for the state the socket is not measured, that is all.
    let _ = SOCKETS.insert(cookie(ctx), state, 0);
    let _ = ctx.set_cb_flags(ctx.cb_flags() as i32 | CALLBACKS);
    submit::<SIEVE>(&SocketRecord {
        time_ns: now(),
        flow,
        change,
        srtt_us: own_srtt(ctx),
        retransmits: 0,
    });
}

#[inline(always)]
fn closed<const SIEVE: bool>(ctx: &SockOpsContext) {
    let Some(flow) = watched_flow(ctx) else { return };
    let cookie = cookie(ctx);
    let retransmits = match SOCKETS.get_ptr_mut(cookie) {
        // SAFETY: the verifier knows the entry's bounds.
        Some(state) => since(total_retransmits(ctx), unsafe { &mut *state }),
        None => {
            // Where another program asks for callbacks, also of a socket older than this program.
            maps::count(Counter::SocketsForgotten);
            0
        }
    };
    let _ = SOCKETS.remove(cookie);
    let change = Change::Closed;
    submit::<SIEVE>(&SocketRecord {
        time_ns: now(),
        flow,
        change,
        srtt_us: own_srtt(ctx),
        retransmits,
    });
}

/// Tells the daemon, in the ring that the classifiers write to.
#[inline(always)]
pub fn submit<const SIEVE: bool>(record: &SocketRecord) {
    let mut bytes = [0; SOCKET_RECORD_LEN];
    record.encode(&mut bytes);
    let Some(counters) = maps::counters() else { return };
    let sent = if SIEVE {
        own_ring::output_short(&bytes, counters)
    } else {
        ring::output(bytes.as_ptr(), SOCKET_RECORD_LEN as u64, counters)
    };
    counters.add(if sent { Counter::SocketRecords } else { Counter::SocketRingFull }, 1);
}

/// From the local to the remote end, where either port is watched.
#[inline(always)]
fn watched_flow(ctx: &SockOpsContext) -> Option<Flow> {
    let local_port = ctx.local_port() as u16;
    // In network byte order, in the upper half on little-endian machines.
    let remote_port = u32::from_be(ctx.remote_port()) as u16;
    if !maps::watched(local_port) && !maps::watched(remote_port) {
        return None;
    }
    let (local, remote) = addresses(ctx)?;
    Some(Flow { src: Endpoint::v6(local, local_port), dst: Endpoint::v6(remote, remote_port) })
}

/// The local and the remote address, IPv4 as IPv4-mapped IPv6.
#[inline(always)]
fn addresses(ctx: &SockOpsContext) -> Option<([u8; 16], [u8; 16])> {
    // All are read whatever the family: a load from an address that depends on the family, which is
    // what the compiler makes of anything else, is refused.
    // SAFETY: the context is valid for the run of the program.
    let (local4, remote4, local6, remote6) = unsafe {
        (
            (&raw const (*ctx.ops).local_ip4).read_volatile(),
            (&raw const (*ctx.ops).remote_ip4).read_volatile(),
            read_words(&raw const (*ctx.ops).local_ip6),
            read_words(&raw const (*ctx.ops).remote_ip6),
        )
    };
    match ctx.family() {
        AF_INET => Some((v4_octets(local4), v4_octets(remote4))),
        AF_INET6 => Some((octets(local6), octets(remote6))),
        _ => None,
    }
}

/// # Safety
/// The pointer is valid; the context's words are read one by one, as the verifier wants it.
#[inline(always)]
unsafe fn read_words(words: *const [u32; 4]) -> [u32; 4] {
    let word = words.cast::<u32>();
    // SAFETY: the caller's.
    unsafe {
        [
            word.read_volatile(),
            word.add(1).read_volatile(),
            word.add(2).read_volatile(),
            word.add(3).read_volatile(),
        ]
    }
}

#[inline(always)]
fn v4_octets(word: u32) -> [u8; 16] {
    Endpoint::v4(word.to_ne_bytes(), 0).addr
}

/// An address from words in network byte order.
#[inline(always)]
fn octets([a, b, c, d]: [u32; 4]) -> [u8; 16] {
    let word = |word: u32| u128::from(word.to_be());
    (word(a) << 96 | word(b) << 64 | word(c) << 32 | word(d)).to_be_bytes()
}

/// Microseconds of a smoothed round-trip time as the kernel keeps it.
#[inline(always)]
pub fn srtt_us(kept: u32) -> u32 {
    kept >> SRTT_SHIFT
}

#[inline(always)]
fn own_srtt(ctx: &SockOpsContext) -> u32 {
    // SAFETY: the context is valid for the run of the program.
    srtt_us(unsafe { (*ctx.ops).srtt_us })
}

#[inline(always)]
fn total_retransmits(ctx: &SockOpsContext) -> u64 {
    // SAFETY: the context is valid for the run of the program.
    u64::from(unsafe { (*ctx.ops).total_retrans })
}

/// Segments retransmitted since the last record of a socket, out of all until now.
#[inline(always)]
pub fn since(total: u64, state: &mut SocketState) -> u32 {
    let before = core::mem::replace(&mut state.retransmits, total);
    total.wrapping_sub(before) as u32
}

#[inline(always)]
fn cookie(ctx: &SockOpsContext) -> u64 {
    // SAFETY: the context is valid for the run of the program.
    unsafe { bpf_get_socket_cookie(ctx.ops.cast()) }
}
