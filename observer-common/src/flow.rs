//! Who talks to whom: one direction of a TCP connection.

/// An address and a port. IPv4 is kept as an IPv4-mapped IPv6 address (RFC 4291, 2.5.5.2), so that
/// the address family is never a reason for a second copy of any code. Aligned, as it is read and written as
/// numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
#[repr(C, align(8))]
pub struct Endpoint {
    /// Network byte order.
    pub addr: [u8; 16],
    /// Host byte order.
    pub port: u16,
    /// Nothing; padding would not do in a key of the kernel's maps.
    zero: [u16; 3],
}

/// One direction of a TCP connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
#[repr(C)]
pub struct Flow {
    /// Sender.
    pub src: Endpoint,
    /// Receiver.
    pub dst: Endpoint,
}

const _: () = assert!(size_of::<Endpoint>() == 24 && size_of::<Flow>() == 48);

/// What stands before an IPv4 address.
const V4_PREFIX: u128 = 0xffff;

impl Endpoint {
    /// An IPv4 endpoint; the address in network byte order.
    #[inline(always)]
    pub const fn v4(ip: [u8; 4], port: u16) -> Self {
        let addr = V4_PREFIX << 32 | u32::from_be_bytes(ip) as u128;
        Self::v6(addr.to_be_bytes(), port)
    }

    /// An IPv6 endpoint; the address in network byte order.
    #[inline(always)]
    pub const fn v6(addr: [u8; 16], port: u16) -> Self {
        Self { addr, port, zero: [0; 3] }
    }

    /// The address as two numbers, of no byte order in particular.
    #[inline(always)]
    pub const fn halves(&self) -> [u64; 2] {
        let addr = u128::from_ne_bytes(self.addr);
        [addr as u64, (addr >> 64) as u64]
    }

    /// The IPv4 address, if it is one.
    #[inline(always)]
    pub const fn as_v4(&self) -> Option<[u8; 4]> {
        let addr = u128::from_be_bytes(self.addr);
        if addr >> 32 == V4_PREFIX { Some((addr as u32).to_be_bytes()) } else { None }
    }
}

impl Flow {
    /// The same connection, the other direction.
    #[inline(always)]
    #[must_use]
    pub const fn reversed(self) -> Self {
        Self { src: self.dst, dst: self.src }
    }

    /// Whether it is this one; as numbers, as bytes would be compared one by one in the kernel.
    #[inline(always)]
    pub fn is(&self, other: &Self) -> bool {
        let differs = |mine: &Endpoint, its: &Endpoint| {
            let ([a, b], [c, d]) = (mine.halves(), its.halves());
            (a ^ c) | (b ^ d) | u64::from(mine.port ^ its.port)
        };
        differs(&self.src, &other.src) | differs(&self.dst, &other.dst) == 0
    }

    /// The flow as it lies in memory, and so as a key of the kernel's maps.
    pub fn key(&self) -> [u8; size_of::<Self>()] {
        let mut key = [0; size_of::<Self>()];
        let (src, dst) = key.split_at_mut(size_of::<Endpoint>());
        for (out, end) in [(src, self.src), (dst, self.dst)] {
            let (addr, behind) = out.split_at_mut(16);
            addr.copy_from_slice(&end.addr);
            let (port, _zero) = behind.split_at_mut(2);
            port.copy_from_slice(&end.port.to_ne_bytes());
        }
        key
    }
}

impl core::hash::Hash for Endpoint {
    /// As three numbers: of bytes it would be a slice and its length.
    fn hash<H: core::hash::Hasher>(&self, state: &mut H) {
        let [a, b] = self.halves();
        state.write_u64(a);
        state.write_u64(b);
        state.write_u16(self.port);
    }
}

impl core::fmt::Display for Endpoint {
    /// `ip:port`, `[ip]:port` for IPv6.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self.as_v4() {
            Some(ip) => write!(f, "{}:{}", core::net::Ipv4Addr::from(ip), self.port),
            None => write!(f, "[{}]:{}", core::net::Ipv6Addr::from(self.addr), self.port),
        }
    }
}

impl From<core::net::SocketAddr> for Endpoint {
    fn from(address: core::net::SocketAddr) -> Self {
        match address {
            core::net::SocketAddr::V4(a) => Self::v4(a.ip().octets(), a.port()),
            core::net::SocketAddr::V6(a) => Self::v6(a.ip().octets(), a.port()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints_print_as_prometheus_users_expect() {
        assert_eq!(Endpoint::v4([10, 0, 0, 1], 9092).to_string(), "10.0.0.1:9092");
        let v6: core::net::SocketAddr = "[2001:db8::1]:9092".parse().unwrap();
        assert_eq!(Endpoint::from(v6).to_string(), "[2001:db8::1]:9092");
    }

    #[test]
    fn a_key_is_the_flow_as_it_lies_in_memory() {
        let flow =
            Flow { src: Endpoint::v4([1, 2, 3, 4], 0x0102), dst: Endpoint::v6([9; 16], 0x0304) };
        // SAFETY: a flow has no padding (its size is asserted), so all its bytes are initialised.
        let in_memory: &[u8; 48] = unsafe { &*(&raw const flow).cast() };
        assert_eq!(&flow.key(), in_memory);
    }

    #[test]
    fn reversing_twice_changes_nothing() {
        let flow = Flow { src: Endpoint::v4([1, 2, 3, 4], 5), dst: Endpoint::v4([6, 7, 8, 9], 10) };
        assert_ne!(flow.reversed(), flow);
        assert_eq!(flow.reversed().reversed(), flow);
    }
}
