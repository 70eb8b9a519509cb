//! Who listens on a port: nobody, or which process.

use std::fs;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
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

/// An error where somebody else listens on one of these addresses, or where they are not ours.
pub(super) fn check_free(addresses: &[SocketAddr]) -> Result<()> {
    for address in addresses {
        TcpListener::bind(address).with_context(|| {
            format!("a broker cannot listen on {address}: end what does, or choose another port")
        })?;
    }
    Ok(())
}

/// Whether it is this very process that listens on the port, in its network namespace.
pub(super) fn listens(pid: u32, port: u16) -> io::Result<bool> {
    let mut sockets = Vec::new();
    for table in ["tcp", "tcp6"] {
        let table = fs::read_to_string(format!("/proc/{pid}/net/{table}")).unwrap_or_default();
        sockets.extend(table.lines().filter_map(|line| listening_socket(line, port)));
    }
    for descriptor in fs::read_dir(format!("/proc/{pid}/fd"))? {
        // It may have been closed meanwhile.
        let Ok(open) = fs::read_link(descriptor?.path()) else { continue };
        if sockets.iter().any(|socket| open.as_os_str() == socket.as_str()) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// What the descriptor of a listening socket links to, of a line of /proc/net/tcp (proc_net(5)).
fn listening_socket(line: &str, wanted: u16) -> Option<String> {
    const LISTEN: &str = "0A";
    let mut fields = line.split_whitespace();
    let (_, port) = fields.nth(1)?.rsplit_once(':')?;
    let is_wanted = u16::from_str_radix(port, 16) == Ok(wanted);
    let is_listening = fields.nth(1)? == LISTEN;
    let inode = fields.nth(5)?;
    (is_wanted && is_listening).then(|| format!("socket:[{inode}]"))
}

#[cfg(test)]
mod tests {
    use std::net::TcpStream;
    use std::process::Command;
    use std::thread;
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_listener_is_its_process_own() {
        for any in ["127.0.0.1:0", "[::1]:0"] {
            let listener = TcpListener::bind(any).expect("bound");
            let address = listener.local_addr().expect("an address");
            let client = TcpStream::connect(address).expect("connected");
            let mut other = Command::new("sleep").arg("100").spawn().expect("sleep");
            assert!(listens(process::id(), address.port()).expect("read"));
            let client = client.local_addr().expect("an address").port();
            assert!(!listens(process::id(), client).expect("read"), "connected, not listening");
            assert!(!listens(other.id(), address.port()).expect("read"));
            other.kill().expect("killed");
            other.wait().expect("ended");
            let error = check_free(&[address]).expect_err("in use").to_string();
            assert!(error.contains(&address.to_string()), "{error}");
            drop(listener);
            assert!(becomes(|| check_free(&[address]).is_ok()), "{address} is not free again");
        }
    }

    #[test]
    fn ports_differ_and_can_be_bound() {
        let ports: [u16; 8] = free_ports().expect("ports");
        let mut bound = Vec::new();
        for port in ports {
            let mut bind = || TcpListener::bind(("127.0.0.1", port)).map(|it| bound.push(it));
            assert!(becomes(|| bind().is_ok()), "{port} of {ports:?}");
        }
    }

    /// Whether it is so before long: a process that another test has started holds copies of all sockets
    /// for a moment, until it runs its program.
    fn becomes(mut is_so: impl FnMut() -> bool) -> bool {
        (0..250).any(|_| {
            let is_so = is_so();
            if !is_so {
                thread::sleep(Duration::from_millis(20));
            }
            is_so
        })
    }
}
