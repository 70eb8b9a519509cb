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
mod cpu;
mod flows;
mod front;
mod maps;
mod measure;
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

/// An entry point: of which link and direction, and whether with the sieve.
macro_rules! hook {
    ($name:ident, $link:expr, egress: $egress:literal, sieve: $sieve:literal) => {
        #[classifier]
        pub fn $name(ctx: TcContext) -> i32 {
            verdict(segment::observe::<$sieve>(&ctx, $link, $egress))
        }
    };
}

hook!(kobs_ingress, Link::Ethernet, egress: false, sieve: true);
hook!(kobs_egress, Link::Ethernet, egress: true, sieve: true);
hook!(kobs_ingress_ip, Link::Ip, egress: false, sieve: true);
hook!(kobs_egress_ip, Link::Ip, egress: true, sieve: true);
// For kernels that lack what the sieve needs.
hook!(kobs_ingress_whole, Link::Ethernet, egress: false, sieve: false);
hook!(kobs_egress_whole, Link::Ethernet, egress: true, sieve: false);
hook!(kobs_ingress_ip_whole, Link::Ip, egress: false, sieve: false);
hook!(kobs_egress_ip_whole, Link::Ip, egress: true, sieve: false);

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
