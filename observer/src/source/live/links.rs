//! The network interfaces of our own network namespace, and word of their changes (rtnetlink(7)).

use std::io;
use std::os::fd::{AsRawFd, RawFd};

use netlink_packet_core::{
    NLM_F_DUMP, NLM_F_REQUEST, NetlinkBuffer, NetlinkHeader, NetlinkMessage, NetlinkPayload,
    NlasIterator,
};
use netlink_packet_route::RouteNetlinkMessage;
use netlink_packet_route::link::{LinkFlags, LinkHeader, LinkLayerType, LinkMessage};
use netlink_sys::{Socket, SocketAddr, protocols::NETLINK_ROUTE};
use observer_common::packet;

const GROUP_LINK: u32 = 1;
const NLMSG_ERROR: u16 = 2;
const NLMSG_DONE: u16 = 3;
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
    let socket = Socket::new(NETLINK_ROUTE)?;
    socket.connect(&SocketAddr::new(0, 0))?;
    socket.send(&request(), 0)?;
    let mut links = Vec::new();
    loop {
        let (datagram, _) = socket.recv_from_full()?;
        if !read(&datagram, &mut links)? {
            return Ok(links);
        }
    }
}

fn request() -> Vec<u8> {
    let mut header = NetlinkHeader::default();
    header.flags = NLM_F_DUMP | NLM_F_REQUEST;
    let get = RouteNetlinkMessage::GetLink(LinkMessage::default());
    let mut message = NetlinkMessage::new(header, NetlinkPayload::from(get));
    message.finalize();
    let mut bytes = vec![0; message.buffer_len()];
    message.serialize(&mut bytes);
    bytes
}

/// Reads a datagram of a dump; false where it ends the dump.
fn read(mut datagram: &[u8], links: &mut Vec<Link>) -> io::Result<bool> {
    while !datagram.is_empty() {
        let message = NetlinkBuffer::new_checked(&datagram).map_err(io::Error::other)?;
        match message.message_type() {
            NLMSG_DONE => return Ok(false),
            NLMSG_ERROR => return Err(io::Error::other("the kernel refused to list interfaces")),
            RTM_NEWLINK => links.extend(link(message.payload())),
            _ => {}
        }
        let len = (message.length() as usize).next_multiple_of(4);
        datagram = datagram.get(len..).unwrap_or_default();
    }
    Ok(true)
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
    fn a_damaged_message_is_an_error_or_nothing() {
        let mut links = Vec::new();
        assert!(read(&[1, 2, 3], &mut links).is_err());
        let mut message = request();
        message[4..6].copy_from_slice(&RTM_NEWLINK.to_ne_bytes());
        assert!(read(&message, &mut links).unwrap());
        assert!(links.is_empty());
    }
}
