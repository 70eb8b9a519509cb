//! Attaching the classifiers to an interface: tcx where the kernel has it, else clsact.

use std::io;

use aya::programs::links::FdLink;
use aya::programs::tc::{
    NlOptions, SchedClassifierLink, TcAttachOptions, TcError, qdisc_add_clsact,
};
use aya::programs::{LinkOrder, ProgramError, TcAttachType};
use observer_common::hook::hook;
use observer_common::owner::Hook;
use observer_common::packet;

use super::config::Attach;
use super::error::{Error, chain};
use super::links::Link;
use super::object::Object;
use super::presence::{self, Place, Way};
use super::qdisc;

/// A classifier on an interface; dropping it detaches it.
pub(super) struct Attached {
    hook: Hook,
    place: Place,
    link: ClassifierLink,
}

struct ClassifierLink {
    link: SchedClassifierLink,
    /// Whether the qdisc that holds it is ours.
    added_qdisc: bool,
}

impl Attached {
    /// Whether for packets that leave the host, or come in.
    pub const fn egress(&self) -> bool {
        self.place.egress
    }

    /// The same, as people know it.
    pub const fn direction(&self) -> &'static str {
        if self.place.egress { "egress" } else { "ingress" }
    }

    /// Whether nobody has detached it.
    pub fn is_there(&self) -> bool {
        presence::is_attached(&self.place)
    }
}

/// Attaches to an interface, in the directions that show each packet once.
pub(super) fn attach(
    object: &mut Object,
    link: &Link,
    layer: packet::Link,
    how: Attach,
) -> Result<Vec<Attached>, Error> {
    let mut attached = Vec::new();
    let ifindex = link.index;
    for &egress in directions(link) {
        let hook = hook(ifindex, egress);
        // Noted first: an owner that is not noted counts as gone.
        object.hook_attached(hook)?;
        match attach_classifier(object, link, layer, egress, how) {
            Ok((link, program)) => {
                let is_tcx = <&FdLink>::try_from(&link.link).is_ok();
                let way = if is_tcx { Way::Tcx } else { Way::Clsact };
                let place = Place { ifindex, egress, way, program };
                attached.push(Attached { hook, place, link });
            }
            Err(error) => {
                object.hook_gone(hook);
                detach(object, attached);
                return Err(error);
            }
        }
    }
    Ok(attached)
}

/// Detaches; what the hooks owned falls to others.
pub(super) fn detach(object: &mut Object, attached: Vec<Attached>) {
    for one in attached {
        object.hook_gone(one.hook);
        if one.place.way == Way::Clsact && !one.is_there() {
            // In its place there may be a filter of somebody else's, and so may the qdisc be.
            std::mem::forget(one.link.link);
            continue;
        }
        let ClassifierLink { link, added_qdisc } = one.link;
        drop(link);
        if added_qdisc {
            qdisc::remove_if_empty(one.place.ifindex);
        }
    }
}

/// Whether packets that leave, packets that come in. A loopback device shows each packet in both
/// directions, and where they come in two CPUs may handle one connection at once.
fn directions(link: &Link) -> &'static [bool] {
    if link.loopback { &[true] } else { &[false, true] }
}

fn attach_classifier(
    object: &mut Object,
    link: &Link,
    layer: packet::Link,
    egress: bool,
    how: Attach,
) -> Result<(ClassifierLink, u32), Error> {
    let [in_ethernet, out_ethernet, in_ip, out_ip] = object.programs.classifiers;
    let program = match (layer, egress) {
        (packet::Link::Ethernet, false) => in_ethernet,
        (packet::Link::Ethernet, true) => out_ethernet,
        (packet::Link::Ip, false) => in_ip,
        (packet::Link::Ip, true) => out_ip,
    };
    let program = object.classifier(program)?;
    let id = program.info().map_err(|error| Error::refused("a program's id", &error))?.id();
    let direction = if egress { TcAttachType::Egress } else { TcAttachType::Ingress };
    let mut attach = |options| {
        let id = program.attach_with_options(&link.name, direction, options)?;
        program.take_link(id)
    };
    // Behind a program that ends the chain, as one that routes may do, nothing would be seen.
    let attached = match how {
        Attach::Auto => match attach(TcAttachOptions::TcxOrder(LinkOrder::first())) {
            Err(error) if lacks_tcx(&error) => attach_clsact(link, &mut attach),
            attached => attached.map(|link| ClassifierLink { link, added_qdisc: false }),
        },
        Attach::Clsact => attach_clsact(link, &mut attach),
    };
    attached.map(|attached| (attached, id)).map_err(|error| Error::attach(&link.name, &error))
}

fn attach_clsact(
    link: &Link,
    attach: &mut impl FnMut(TcAttachOptions) -> Result<SchedClassifierLink, ProgramError>,
) -> Result<ClassifierLink, ProgramError> {
    let added_qdisc = match qdisc_add_clsact(&link.name) {
        Err(TcError::NetlinkError(error)) if error.raw_os_error() == Some(libc::EEXIST) => {
            if qdisc::is_ingress(link.index).map_err(ProgramError::IOError)? {
                return Err(ProgramError::IOError(io::Error::other(
                    "it has an ingress qdisc, which shows no packets that leave: replace that by \
                     clsact, which takes the same filters",
                )));
            }
            false
        }
        added => added.map(|()| true)?,
    };
    let first = NlOptions { priority: 1, ..NlOptions::default() };
    let attached = attach(TcAttachOptions::Netlink(first)).or_else(|error| {
        // Somebody has the first place, with filters of another kind.
        tracing::warn!("behind the filters of interface {}: {}", link.name, chain(&error));
        attach(TcAttachOptions::Netlink(NlOptions::default()))
    })?;
    Ok(ClassifierLink { link: attached, added_qdisc })
}

/// Whether the kernel does not know tcx, as before 6.6.
fn lacks_tcx(error: &ProgramError) -> bool {
    let ProgramError::SyscallError(error) = error else { return false };
    matches!(error.io_error.raw_os_error(), Some(libc::EINVAL | libc::EOPNOTSUPP))
}
