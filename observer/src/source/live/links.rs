//! The network interfaces of our own network namespace, and word of their changes (rtnetlink(7)).

use std::io;
use std::os::fd::{AsRawFd, RawFd};

use netlink_packet_core::{NLM_F_DUMP, NlasIterator};
use netlink_packet_route::RouteNetlinkMessage;
use netlink_packet_route::link::{LinkFlags, LinkHeader, LinkLayerType, LinkMessage};
use netlink_sys::{Socket, SocketAddr, protocols::NETLINK_ROUTE};
use observer_common::packet;

use super::netlink::{self, Reply};

const GROUP_LINK: u32 = 1;
const RTM_NEWLINK: u16 = 16;
const IFLA_IFNAME: u16 = 3;
const LINK_HEADER_LEN: usize = 16;

/// A network interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Link {
    pub index: u32,
    pub name: String,
    pub up: bool,
    /// What its packets begin with; `None` for devices that carry neither Ethernet nor bare IP.
    pub layer: Option<packet::Link>,
    pub loopback: bool,
}

/// The interfaces, and word of their changes.
pub(super) struct Links {
    changes: Socket,
}

impl Links {
    /// Subscribes to changes.
    pub fn follow() -> io::Result<Self> {
        let mut changes = Socket::new(NETLINK_ROUTE)?;
        changes.bind(&SocketAddr::new(0, GROUP_LINK))?;
        changes.set_non_blocking(true)?;
        Ok(Self { changes })
    }

    /// Takes word of changes; false where there was none. What has changed is for [`list`] to say:
    /// messages may have been lost.
    pub fn changed(&self) -> bool {
        let mut changed = false;
        loop {
            match self.changes.recv_from_full() {
                Ok(_) => changed = true,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return changed,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                // ENOBUFS: messages were lost.
                Err(_) => return true,
            }
        }
    }
}

impl AsRawFd for Links {
    fn as_raw_fd(&self) -> RawFd {
        self.changes.as_raw_fd()
    }
}

/// All interfaces.
pub(super) fn list() -> io::Result<Vec<Link>> {
    let mut links = Vec::new();
    let all = RouteNetlinkMessage::GetLink(LinkMessage::default());
    netlink::ask(all, NLM_F_DUMP, |Reply { kind, payload }| {
        if kind == RTM_NEWLINK {
            links.extend(link(payload));
        }
    })?;
    Ok(links)
}

/// Reads an interface; only the attributes that matter, as new ones come with every kernel.
fn link(payload: &[u8]) -> Option<Link> {
    let header = LinkHeader::parse(payload).ok()?;
    let mut attributes = NlasIterator::new(payload.get(LINK_HEADER_LEN..)?);
    let name = attributes.find_map(|attribute| {
        let attribute = attribute.ok().filter(|attribute| attribute.kind() == IFLA_IFNAME)?;
        let name = attribute.value().split(|&byte| byte == 0).next()?;
        String::from_utf8(name.to_vec()).ok()
    })?;
    Some(Link {
        index: header.index,
        name,
        up: header.flags.contains(LinkFlags::Up),
        layer: layer(header.link_layer_type),
        loopback: header.flags.contains(LinkFlags::Loopback),
    })
}

/// What the packets of a kind of device begin with where classifiers see them.
fn layer(kind: LinkLayerType) -> Option<packet::Link> {
    match kind {
        LinkLayerType::Ether | LinkLayerType::Loopback => Some(packet::Link::Ethernet),
        // tun and WireGuard (none), PPP, IP tunnels, cellular modems.
        LinkLayerType::None
        | LinkLayerType::Ppp
        | LinkLayerType::Tunnel
        | LinkLayerType::Tunnel6
        | LinkLayerType::Sit
        | LinkLayerType::Ipgre
        | LinkLayerType::Ip6gre
        | LinkLayerType::Rawip => Some(packet::Link::Ip),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_loopback_interface_is_listed() {
        let links = list().unwrap();
        let lo = links.iter().find(|link| link.loopback).expect("a loopback interface");
        assert_eq!(lo.name, "lo");
        assert_eq!(lo.layer, Some(packet::Link::Ethernet));
    }

    #[test]
    fn a_message_cut_anywhere_is_no_interface() {
        let mut whole = vec![0; LINK_HEADER_LEN];
        // Length and type of an attribute, and a name.
        whole.extend_from_slice(&[7, 0, 3, 0, b'l', b'o', 0, 0]);
        assert_eq!(link(&whole).unwrap().name, "lo");
        for cut in 0..whole.len() - 1 {
            assert_eq!(link(&whole[..cut]), None);
        }
    }
}
