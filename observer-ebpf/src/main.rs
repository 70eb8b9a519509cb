//! The kernel programs: tc classifiers that copy TCP payload of watched ports into the ring, and a
//! sockops program that reports the life of local sockets.
//!
//! An entry point names a hook. Its verdict never accepts, drops or changes a packet: whatever happens here,
//! the packet goes on to the next program.
//!
//! What nearly all packets go through is cold when they come, as a broker has worked since the last: each
//! cache line of code costs, and each jump that is taken. So it is short, and asks one question where it can;
//! the compiler puts what stands behind an `if` next, so there stands what is done nearly always.
#![expect(missing_docs, reason = "the entry points' macros leave their documentation behind")]
#![no_std]
#![no_main]
#![feature(asm_experimental_arch, core_intrinsics)]
#![expect(internal_features, reason = "core has no atomics for this target but the intrinsics")]

mod clock;
mod config;
mod cpu;
mod flows;
mod forget;
mod front;
mod maps;
mod measure;
mod own_ring;
mod publish;
mod ring;
mod seen;
mod segment;
mod sieve;
mod skb;
mod socket;
mod table;
mod unaligned;
mod wake;

use aya_ebpf::macros::{classifier, sock_ops};
use aya_ebpf::programs::{SockOpsContext, TcContext};

/// TCX_NEXT, and TC_ACT_UNSPEC for a filter: go on to the next program.
const NEXT: i32 = -1;
/// What a sockops program returns where it has nothing to set.
const SOCKET_OK: u32 = 1;

/// An entry point: whether of a link with Ethernet headers, and of packets that leave the host, and whether
/// with the sieve. What came of a packet is nobody's business: the verdict is always the same.
macro_rules! hook {
    ($name:ident, ethernet: $ethernet:literal, egress: $egress:literal, sieve: $sieve:literal) => {
        #[classifier]
        pub fn $name(ctx: TcContext) -> i32 {
            segment::observe::<$ethernet, $egress, $sieve>(&ctx);
            NEXT
        }
    };
}

hook!(kobs_ingress, ethernet: true, egress: false, sieve: true);
hook!(kobs_egress, ethernet: true, egress: true, sieve: true);
hook!(kobs_ingress_ip, ethernet: false, egress: false, sieve: true);
hook!(kobs_egress_ip, ethernet: false, egress: true, sieve: true);
// For kernels that lack what the sieve needs.
hook!(kobs_ingress_whole, ethernet: true, egress: false, sieve: false);
hook!(kobs_egress_whole, ethernet: true, egress: true, sieve: false);
hook!(kobs_ingress_ip_whole, ethernet: false, egress: false, sieve: false);
hook!(kobs_egress_ip_whole, ethernet: false, egress: true, sieve: false);

/// Changes in the life of the sockets of a cgroup, told with what the sieve tells.
#[sock_ops]
pub fn kobs_sockets(ctx: SockOpsContext) -> u32 {
    socket::observe::<true>(&ctx);
    SOCKET_OK
}

/// The same beside classifiers without the sieve.
#[sock_ops]
pub fn kobs_sockets_whole(ctx: SockOpsContext) -> u32 {
    socket::observe::<false>(&ctx);
    SOCKET_OK
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
