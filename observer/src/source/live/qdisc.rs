//! Clsact qdiscs: whether they hold a filter of ours, or none any more (rtnetlink(7)).

use std::io;

use netlink_packet_core::{NLA_HEADER_SIZE, NLM_F_ACK, NLM_F_DUMP, NlasIterator};
use netlink_packet_route::RouteNetlinkMessage;
use netlink_packet_route::tc::{TcHandle, TcMessage};

use super::netlink::{self, Reply};

/// A clsact qdisc: ffff:fff1, where its filters for packets that come in are at ffff:fff2, for
/// packets that leave at ffff:fff3 (linux/pkt_sched.h).
const MAJOR: u16 = 0xffff;
const CLSACT: u16 = 0xfff1;
const INGRESS: u16 = 0xfff2;
const EGRESS: u16 = 0xfff3;
const RTM_NEWQDISC: u16 = 36;
const RTM_NEWTFILTER: u16 = 44;

/// Attributes of a filter, of its options, and what stands before them (linux/rtnetlink.h,
/// linux/pkt_cls.h).
const TCA_KIND: u16 = 1;
const TCA_OPTIONS: u16 = 2;
const TCA_BPF_ID: u16 = 11;
const TCMSG_LEN: usize = 20;
const IFINDEX: usize = 4;

/// Whether an interface's qdisc is one of the other kind with this handle, ingress, which has no place
/// for filters of packets that leave: it would run them on those that come in.
pub(super) fn is_ingress(ifindex: u32) -> io::Result<bool> {
    let mut found = false;
    let get = RouteNetlinkMessage::GetQueueDiscipline(message(ifindex, CLSACT));
    netlink::ask(get, NLM_F_DUMP, |Reply { kind, payload }| {
        let is_of = |payload: &[u8]| {
            payload.get(IFINDEX..).and_then(<[u8]>::first_chunk) == Some(&ifindex.to_ne_bytes())
        };
        let kind_of = payload.get(TCMSG_LEN..).and_then(|rest| attribute(rest, TCA_KIND));
        found |= kind == RTM_NEWQDISC && is_of(payload) && kind_of == Some(b"ingress\0");
    })?;
    Ok(found)
}

/// Whether an interface has a filter that runs this program.
pub(super) fn holds(ifindex: u32, egress: bool, program: u32) -> io::Result<bool> {
    let mut found = false;
    let minor = if egress { EGRESS } else { INGRESS };
    let get = RouteNetlinkMessage::GetTrafficFilter(message(ifindex, minor));
    netlink::ask(get, NLM_F_DUMP, |Reply { kind, payload }| {
        found |= kind == RTM_NEWTFILTER && program_of(payload) == Some(program);
    })?;
    Ok(found)
}

/// The program that a filter runs.
fn program_of(filter: &[u8]) -> Option<u32> {
    let options = attribute(filter.get(TCMSG_LEN..)?, TCA_OPTIONS)?;
    attribute(options, TCA_BPF_ID)?.first_chunk().copied().map(u32::from_ne_bytes)
}

fn attribute(attributes: &[u8], kind: u16) -> Option<&[u8]> {
    let mut attributes = NlasIterator::new(attributes).map_while(Result::ok);
    let found = attributes.find(|attribute| attribute.kind() == kind)?;
    let len = usize::from(found.length());
    found.into_inner().get(NLA_HEADER_SIZE..len)
}

/// Removes an interface's clsact qdisc where nobody's filter is left in it.
pub(super) fn remove_if_empty(ifindex: u32) {
    let removed = is_empty(ifindex).and_then(|empty| if empty { remove(ifindex) } else { Ok(()) });
    if let Err(error) = removed {
        tracing::debug!("removing the clsact qdisc of interface {ifindex}: {error}");
    }
}

fn is_empty(ifindex: u32) -> io::Result<bool> {
    let mut filters = 0;
    for minor in [INGRESS, EGRESS] {
        let get = RouteNetlinkMessage::GetTrafficFilter(message(ifindex, minor));
        netlink::ask(get, NLM_F_DUMP, |Reply { kind, .. }| {
            filters += usize::from(kind == RTM_NEWTFILTER);
        })?;
    }
    Ok(filters == 0)
}

fn remove(ifindex: u32) -> io::Result<()> {
    let mut qdisc = message(ifindex, CLSACT);
    qdisc.header.handle = TcHandle { major: MAJOR, minor: 0 };
    netlink::ask(RouteNetlinkMessage::DelQueueDiscipline(qdisc), NLM_F_ACK, |_| {})
}

fn message(ifindex: u32, parent: u16) -> TcMessage {
    let mut message = TcMessage::default();
    message.header.index = i32::try_from(ifindex).unwrap_or_default();
    message.header.parent = TcHandle { major: MAJOR, minor: parent };
    message
}
