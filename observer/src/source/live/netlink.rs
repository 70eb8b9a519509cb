//! Asking the kernel over netlink: one request, its replies (rtnetlink(7)).

use std::io;

use netlink_packet_core::{
    NLM_F_REQUEST, NetlinkBuffer, NetlinkHeader, NetlinkMessage, NetlinkPayload,
};
use netlink_packet_route::RouteNetlinkMessage;
use netlink_sys::{Socket, SocketAddr, protocols::NETLINK_ROUTE};

const NLMSG_ERROR: u16 = 2;
const NLMSG_DONE: u16 = 3;

/// One message of a reply.
pub(super) struct Reply<'a> {
    /// Its type, RTM_...
    pub kind: u16,
    pub payload: &'a [u8],
}

/// Sends a request and takes all replies.
pub(super) fn ask(
    message: RouteNetlinkMessage,
    flags: u16,
    mut take: impl FnMut(Reply<'_>),
) -> io::Result<()> {
    let socket = Socket::new(NETLINK_ROUTE)?;
    socket.connect(&SocketAddr::new(0, 0))?;
    socket.send(&request(message, flags), 0)?;
    loop {
        let (datagram, _) = socket.recv_from_full()?;
        if read(&datagram, &mut take)? == Progress::Done {
            return Ok(());
        }
    }
}

fn request(message: RouteNetlinkMessage, flags: u16) -> Vec<u8> {
    let mut header = NetlinkHeader::default();
    header.flags = flags | NLM_F_REQUEST;
    let mut message = NetlinkMessage::new(header, NetlinkPayload::from(message));
    message.finalize();
    let mut bytes = vec![0; message.buffer_len()];
    message.serialize(&mut bytes);
    bytes
}

#[derive(Debug, PartialEq, Eq)]
enum Progress {
    More,
    Done,
}

fn read(mut datagram: &[u8], take: &mut impl FnMut(Reply<'_>)) -> io::Result<Progress> {
    while !datagram.is_empty() {
        let message = NetlinkBuffer::new_checked(&datagram).map_err(io::Error::other)?;
        match message.message_type() {
            NLMSG_DONE => return Ok(Progress::Done),
            NLMSG_ERROR => return acknowledged(message.payload()),
            kind => take(Reply { kind, payload: message.payload() }),
        }
        let len = (message.length() as usize).next_multiple_of(4);
        datagram = datagram.get(len..).unwrap_or_default();
    }
    Ok(Progress::More)
}

/// An error message, whose error 0 stands for success.
fn acknowledged(payload: &[u8]) -> io::Result<Progress> {
    let code = payload.first_chunk().copied().map_or(-libc::EBADMSG, i32::from_ne_bytes);
    if code == 0 { Ok(Progress::Done) } else { Err(io::Error::from_raw_os_error(-code)) }
}

#[cfg(test)]
mod tests {
    use netlink_packet_route::link::LinkMessage;

    use super::*;

    /// Reads a datagram of one message; what it contained.
    fn told(kind: u16, payload: &[u8]) -> (io::Result<Progress>, Vec<u16>) {
        let mut datagram = request(RouteNetlinkMessage::GetLink(LinkMessage::default()), 0);
        datagram.truncate(16);
        datagram.extend_from_slice(payload);
        let len = u32::try_from(datagram.len()).unwrap();
        datagram[..4].copy_from_slice(&len.to_ne_bytes());
        datagram[4..6].copy_from_slice(&kind.to_ne_bytes());
        let mut kinds = Vec::new();
        (read(&datagram, &mut |reply| kinds.push(reply.kind)), kinds)
    }

    #[test]
    fn replies_end_with_a_word_of_the_kernel() {
        let (progress, kinds) = told(44, &[1, 2, 3, 4]);
        assert_eq!((progress.unwrap(), kinds), (Progress::More, vec![44]));
        assert_eq!(told(NLMSG_DONE, &[]).0.unwrap(), Progress::Done);
        assert_eq!(told(NLMSG_ERROR, &0_i32.to_ne_bytes()).0.unwrap(), Progress::Done);
        let refused = told(NLMSG_ERROR, &(-libc::EPERM).to_ne_bytes()).0.unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::PermissionDenied);
    }

    #[test]
    fn a_damaged_message_is_an_error() {
        assert!(read(&[1, 2, 3], &mut |_| {}).is_err());
        assert!(told(NLMSG_ERROR, &[1]).0.is_err());
    }
}
