//! Tun devices: packets without a link header, between two namespaces or from a test.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::fd::AsRawFd;
use std::os::unix::fs::OpenOptionsExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use crate::netns::Namespace;

const TUNSETIFF: libc::c_ulong = 0x4004_54ca;
/// How long the carrier may take to notice its end.
const POLL_MS: i32 = 50;

/// Carries packets until it is dropped.
pub struct Cable {
    stop: Arc<AtomicBool>,
    carrier: Option<JoinHandle<()>>,
}

/// Joins two namespaces by a device `tun0` in each.
///
/// # Panics
/// Where that is not permitted.
pub fn join(a: &Namespace, b: &Namespace) -> Cable {
    let ends = [a, b].map(|namespace| namespace.run(|| open(0)));
    let stop = Arc::new(AtomicBool::new(false));
    let carrier = {
        let stop = stop.clone();
        std::thread::spawn(move || carry(&ends, &stop))
    };
    Cable { stop, carrier: Some(carrier) }
}

/// A device `tun0` in a namespace, with so many queues. A packet that is written to one comes in, on the
/// CPU that writes it.
///
/// # Panics
/// Where that is not permitted.
pub fn queues<const QUEUES: usize>(namespace: &Namespace) -> [File; QUEUES] {
    let queues = namespace.run(|| std::array::from_fn(|_| open(libc::IFF_MULTI_QUEUE)));
    namespace.ip("link set tun0 up");
    queues
}

impl Drop for Cable {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        // A panic of the carrier's shows as packets that do not arrive.
        let _ = self.carrier.take().map(JoinHandle::join);
    }
}

fn open(flags: libc::c_int) -> File {
    let mut options = OpenOptions::new();
    options.read(true).write(true).custom_flags(libc::O_NONBLOCK);
    let device = options.open("/dev/net/tun").expect("making tun devices takes root");
    // SAFETY: an all-zero request is a valid one.
    let mut request: libc::ifreq = unsafe { std::mem::zeroed() };
    for (to, from) in request.ifr_name.iter_mut().zip(*b"tun0") {
        *to = from as libc::c_char;
    }
    request.ifr_ifru.ifru_flags = (libc::IFF_TUN | libc::IFF_NO_PI | flags) as libc::c_short;
    // SAFETY: the request is valid for the call.
    let done = unsafe { libc::ioctl(device.as_raw_fd(), TUNSETIFF, &raw mut request) };
    assert_eq!(done, 0, "tun: {}", std::io::Error::last_os_error());
    device
}

fn carry(ends: &[File; 2], stop: &AtomicBool) {
    let [a, b] = ends;
    let mut packet = vec![0; 65_536];
    let mut polled =
        [a, b].map(|end| libc::pollfd { fd: end.as_raw_fd(), events: libc::POLLIN, revents: 0 });
    while !stop.load(Ordering::Relaxed) {
        // SAFETY: the array is valid for the call.
        unsafe { libc::poll(polled.as_mut_ptr(), 2, POLL_MS) };
        for (mut from, mut to) in [(a, b), (b, a)] {
            while let Ok(len) = from.read(&mut packet) {
                // A device that is down takes nothing, as a cable without a far end.
                let _ = to.write(&packet[..len]);
            }
        }
    }
}
