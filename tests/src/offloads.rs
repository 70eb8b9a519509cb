//! Switching segmentation offloads of an interface (what `ethtool -K` does).

use std::net::UdpSocket;
use std::os::fd::AsRawFd;

const SIOCETHTOOL: libc::c_ulong = 0x8946;
/// ETHTOOL_STSO, ETHTOOL_SGSO, ETHTOOL_SGRO of linux/ethtool.h.
const SEGMENTATION: [u32; 3] = [0x1f, 0x24, 0x2c];
/// ETHTOOL_STXCSUM.
const CHECKSUMS: [u32; 1] = [0x17];

#[repr(C)]
struct Value {
    command: u32,
    data: u32,
}

/// Switches TSO, GSO and GRO of an interface in the thread's network namespace.
///
/// # Panics
/// Where the kernel refuses.
pub fn switch(interface: &str, on: bool) {
    set(interface, &SEGMENTATION, on);
}

/// Switches whether checksums of what leaves are left to a device.
///
/// # Panics
/// Where the kernel refuses.
pub fn switch_checksums(interface: &str, on: bool) {
    set(interface, &CHECKSUMS, on);
}

fn set(interface: &str, commands: &[u32], on: bool) {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    for &command in commands {
        let mut value = Value { command, data: u32::from(on) };
        // SAFETY: an all-zero request is a valid one.
        let mut request: libc::ifreq = unsafe { std::mem::zeroed() };
        for (to, from) in request.ifr_name.iter_mut().zip(interface.bytes()) {
            *to = from as libc::c_char;
        }
        request.ifr_ifru.ifru_data = (&raw mut value).cast();
        // SAFETY: the request points to a value of the kind that the command takes.
        let done = unsafe { libc::ioctl(socket.as_raw_fd(), SIOCETHTOOL, &raw mut request) };
        assert_eq!(done, 0, "ethtool: {}", std::io::Error::last_os_error());
    }
}
