//! A wire that loses frames, doubles them and changes their order: between two interfaces of a network
//! namespace. Takes root.

use std::collections::VecDeque;
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread::JoinHandle;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use crate::netns::Namespace;

const FRAME: usize = 1 << 16;
/// How long a frame waits for another to overtake it, in reads that found none.
const PATIENCE_MS: i64 = 2;

/// What happens to frames, in one of a thousand each.
#[derive(Clone, Copy, Debug, Default)]
pub struct Faults {
    /// Never arrives.
    pub lost: u32,
    /// Arrives twice.
    pub doubled: u32,
    /// Arrives behind up to three that were sent after it.
    pub overtaken: u32,
}

/// A running wire; it ends when it is dropped.
pub struct BadWire {
    faults: Arc<[AtomicU32; 3]>,
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl BadWire {
    /// Joins two interfaces of a namespace, which need no address. At first nothing goes wrong.
    ///
    /// # Panics
    /// Where the system refuses.
    pub fn start(namespace: &Namespace, interfaces: [&str; 2], seed: u64) -> Self {
        let [one, other] = namespace.run(|| interfaces.map(|name| Arc::new(open(name))));
        let mut wire = Self { faults: Arc::default(), stop: Arc::default(), threads: Vec::new() };
        for (seed, from, to) in [(seed, &one, &other), (seed + 1, &other, &one)] {
            let (from, to) = (Arc::clone(from), Arc::clone(to));
            let (faults, stop) = (Arc::clone(&wire.faults), Arc::clone(&wire.stop));
            let mut way = Way { to, rng: StdRng::seed_from_u64(seed), held: VecDeque::new() };
            wire.threads.push(std::thread::spawn(move || {
                while !stop.load(Ordering::Relaxed) {
                    let frame = receive(&from);
                    way.pass(frame, faults.each_ref().map(|fault| fault.load(Ordering::Relaxed)));
                }
            }));
        }
        wire
    }

    /// What goes wrong from now on.
    pub fn set(&self, Faults { lost, doubled, overtaken }: Faults) {
        for (slot, fault) in self.faults.iter().zip([lost, doubled, overtaken]) {
            slot.store(fault, Ordering::Relaxed);
        }
    }
}

impl Drop for BadWire {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            // Failing while another panic unwinds would hide it.
            let _ = thread.join();
        }
    }
}

/// One direction.
struct Way {
    to: Arc<OwnedFd>,
    rng: StdRng,
    /// Frames that are being overtaken, and by how many more.
    held: VecDeque<(Vec<u8>, u32)>,
}

impl Way {
    fn pass(&mut self, frame: Option<Vec<u8>>, [lost, doubled, overtaken]: [u32; 3]) {
        let Some(frame) = frame else {
            return self.release(u32::MAX);
        };
        let fate = self.rng.random_range(0..1000);
        if fate < lost {
            return;
        }
        if fate < lost + overtaken {
            self.held.push_back((frame, self.rng.random_range(1..4)));
            return;
        }
        if fate < lost + overtaken + doubled {
            send(&self.to, &frame);
        }
        send(&self.to, &frame);
        self.release(1);
    }

    /// So many have overtaken those that are held.
    fn release(&mut self, by: u32) {
        for (_, left) in &mut self.held {
            *left = left.saturating_sub(by);
        }
        while let Some((frame, _)) = self.held.pop_front_if(|(_, left)| *left == 0) {
            send(&self.to, &frame);
        }
    }
}

/// A socket that takes every frame that comes in at an interface.
fn open(interface: &str) -> OwnedFd {
    let protocol = (libc::ETH_P_ALL as u16).to_be();
    let name = std::ffi::CString::new(interface).unwrap();
    // SAFETY: plain system calls, with pointers to values of the kinds and sizes that they take.
    unsafe {
        let socket = libc::socket(libc::AF_PACKET, libc::SOCK_RAW, i32::from(protocol));
        assert!(socket >= 0, "packet sockets take root: {}", io::Error::last_os_error());
        let socket = OwnedFd::from_raw_fd(socket);
        let mut address: libc::sockaddr_ll = std::mem::zeroed();
        address.sll_family = libc::AF_PACKET as u16;
        address.sll_protocol = protocol;
        address.sll_ifindex = libc::if_nametoindex(name.as_ptr()) as i32;
        let bound = libc::bind(
            socket.as_raw_fd(),
            (&raw const address).cast(),
            size_of_val(&address) as libc::socklen_t,
        );
        assert_eq!(bound, 0, "{interface}: {}", io::Error::last_os_error());
        let patience = libc::timeval { tv_sec: 0, tv_usec: PATIENCE_MS * 1000 };
        let set = libc::setsockopt(
            socket.as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_RCVTIMEO,
            (&raw const patience).cast(),
            size_of_val(&patience) as libc::socklen_t,
        );
        assert_eq!(set, 0, "{}", io::Error::last_os_error());
        socket
    }
}

/// The next frame that comes in, if one does soon.
fn receive(socket: &OwnedFd) -> Option<Vec<u8>> {
    let mut frame = vec![0; FRAME];
    // SAFETY: as in `open`.
    let (len, address) = unsafe {
        let mut address: libc::sockaddr_ll = std::mem::zeroed();
        let mut size = size_of_val(&address) as libc::socklen_t;
        let len = libc::recvfrom(
            socket.as_raw_fd(),
            frame.as_mut_ptr().cast(),
            frame.len(),
            0,
            (&raw mut address).cast(),
            &raw mut size,
        );
        (len, address)
    };
    // What we send ourselves comes past as well.
    let len = usize::try_from(len).ok().filter(|_| address.sll_pkttype != libc::PACKET_OUTGOING)?;
    frame.truncate(len);
    Some(frame)
}

fn send(socket: &OwnedFd, frame: &[u8]) {
    // SAFETY: as in `open`.
    let sent = unsafe { libc::send(socket.as_raw_fd(), frame.as_ptr().cast(), frame.len(), 0) };
    assert_eq!(sent, frame.len() as isize, "{}", io::Error::last_os_error());
}
