//! Clsact qdiscs that hold no filter any more (rtnetlink(7)).

use std::io;

use netlink_packet_core::{NLM_F_ACK, NLM_F_DUMP};
use netlink_packet_route::RouteNetlinkMessage;
use netlink_packet_route::tc::{TcHandle, TcMessage};

use super::netlink::{self, Reply};

/// A clsact qdisc: ffff:fff1, where its filters for packets that come in are at ffff:fff2, for
/// packets that leave at ffff:fff3 (linux/pkt_sched.h).
const MAJOR: u16 = 0xffff;
const CLSACT: u16 = 0xfff1;
const INGRESS: u16 = 0xfff2;
const EGRESS: u16 = 0xfff3;
const RTM_NEWTFILTER: u16 = 44;

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
