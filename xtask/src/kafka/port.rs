//! Ports that nobody listens on: nothing in, port numbers out.

use std::net::{Ipv4Addr, TcpListener};
use std::process;
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Context, Result};

/// Below the range from which the kernel gives clients their ports, so that no connection takes a
/// port between our look at it and the broker's start.
const FIRST: u16 = 12_000;
const COUNT: u16 = 20_000;

/// A free TCP port. Two calls in one process never give the same one; processes start their search
/// at different places.
pub fn free_port() -> Result<u16> {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    // A prime step spreads neighbouring process ids.
    let start = process::id().wrapping_mul(7919);
    (0..u32::from(COUNT))
        .map(|_| start.wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed)))
        .map(|at| FIRST + (at % u32::from(COUNT)) as u16)
        .find(|&port| TcpListener::bind((Ipv4Addr::UNSPECIFIED, port)).is_ok())
        .context("no free TCP port on this machine")
}

/// Several free ports, all different.
pub fn free_ports<const N: usize>() -> Result<[u16; N]> {
    let mut ports = [0; N];
    for port in &mut ports {
        *port = free_port()?;
    }
    Ok(ports)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_differ_and_can_be_bound() {
        let ports: [u16; 8] = free_ports().expect("ports");
        let bound: Vec<_> = ports.iter().map(|&p| TcpListener::bind(("127.0.0.1", p))).collect();
        assert!(bound.iter().all(Result::is_ok), "{ports:?}");
    }
}
