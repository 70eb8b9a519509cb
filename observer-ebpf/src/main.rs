//! The kernel programs: tc classifiers that copy TCP payload of watched ports into the ring, and a
//! sockops program that reports the life of local sockets.
//!
//! An entry point names a hook and maps what came of a packet to a verdict. No verdict ever
//! accepts, drops or changes a packet: whatever happens here, the packet goes on to the next program.
#![expect(missing_docs, reason = "the entry points' macros leave their documentation behind")]
#![no_std]
#![no_main]
#![feature(asm_experimental_arch, core_intrinsics)]
#![expect(internal_features, reason = "core has no atomics for this target but the intrinsics")]

mod config;
mod flows;
mod maps;
mod ring;
mod seen;
mod segment;
mod sieve;
mod skb;
mod socket;

use aya_ebpf::macros::{classifier, sock_ops};
use aya_ebpf::programs::{SockOpsContext, TcContext};
use observer_common::packet::{Link, Skip};

/// TCX_NEXT, and TC_ACT_UNSPEC for a filter: go on to the next program.
const NEXT: i32 = -1;
/// What a sockops program returns where it has nothing to set.
const SOCKET_OK: u32 = 1;

/// Packets that come in on a device with an Ethernet header.
#[classifier]
pub fn kobs_ingress(ctx: TcContext) -> i32 {
    verdict(segment::observe::<true>(&ctx, Link::Ethernet, false))
}

/// Packets that leave on a device with an Ethernet header.
#[classifier]
pub fn kobs_egress(ctx: TcContext) -> i32 {
    verdict(segment::observe::<true>(&ctx, Link::Ethernet, true))
}

/// Packets that come in on a device without a link header.
#[classifier]
pub fn kobs_ingress_ip(ctx: TcContext) -> i32 {
    verdict(segment::observe::<true>(&ctx, Link::Ip, false))
}

/// Packets that leave on a device without a link header.
#[classifier]
pub fn kobs_egress_ip(ctx: TcContext) -> i32 {
    verdict(segment::observe::<true>(&ctx, Link::Ip, true))
}

// The same without the sieve, for kernels that lack what it needs.

/// Packets that come in on a device with an Ethernet header, whole.
#[classifier]
pub fn kobs_ingress_whole(ctx: TcContext) -> i32 {
    verdict(segment::observe::<false>(&ctx, Link::Ethernet, false))
}

/// Packets that leave on a device with an Ethernet header, whole.
#[classifier]
pub fn kobs_egress_whole(ctx: TcContext) -> i32 {
    verdict(segment::observe::<false>(&ctx, Link::Ethernet, true))
}

/// Packets that come in on a device without a link header, whole.
#[classifier]
pub fn kobs_ingress_ip_whole(ctx: TcContext) -> i32 {
    verdict(segment::observe::<false>(&ctx, Link::Ip, false))
}

/// Packets that leave on a device without a link header, whole.
#[classifier]
pub fn kobs_egress_ip_whole(ctx: TcContext) -> i32 {
    verdict(segment::observe::<false>(&ctx, Link::Ip, true))
}

/// Changes in the life of the sockets of a cgroup.
#[sock_ops]
pub fn kobs_sockets(ctx: SockOpsContext) -> u32 {
    socket::observe(&ctx);
    SOCKET_OK
}

#[inline(always)]
fn verdict(observed: Result<(), segment::Ignored>) -> i32 {
    use segment::Ignored;
    match observed {
        Ok(())
        | Err(
            Ignored::NoScratch
            | Ignored::NotWatched
            | Ignored::NoPayload
            | Ignored::Foreign
            | Ignored::Packet(Skip::NotIp | Skip::NotTcp | Skip::Fragment | Skip::Malformed),
        ) => NEXT,
    }
}

#[cfg(target_arch = "bpf")]
#[panic_handler]
fn panic(_info: &core::panic::PanicInfo<'_>) -> ! {
    loop {}
}

/// Helpers that only GPL-compatible programs may call are called.
#[unsafe(link_section = "license")]
#[unsafe(no_mangle)]
static LICENSE: [u8; 13] = *b"Dual MIT/GPL\0";
