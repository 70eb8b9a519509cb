//! Attaching the classifiers to an interface: tcx where the kernel has it, else clsact.

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
use super::qdisc;

/// A classifier on an interface; dropping it detaches it.
pub(super) struct Attached {
    pub hook: Hook,
    pub egress: bool,
    ifindex: u32,
    link: ClassifierLink,
}

struct ClassifierLink {
    _link: SchedClassifierLink,
    /// Whether the qdisc that holds it is ours.
    added_qdisc: bool,
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
            Ok(link) => attached.push(Attached { hook, egress, ifindex, link }),
            Err(error) => {
                object.hook_gone(hook);
                detach(object, attached);
                let reason = chain(&error);
                return Err(Error::Attach { interface: link.name.clone(), reason });
            }
        }
    }
    Ok(attached)
}

/// Detaches; what the hooks owned falls to others.
pub(super) fn detach(object: &mut Object, attached: Vec<Attached>) {
    for Attached { hook, ifindex, link, .. } in attached {
        let added_qdisc = link.added_qdisc;
        drop(link);
        object.hook_gone(hook);
        if added_qdisc {
            qdisc::remove_if_empty(ifindex);
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
) -> Result<ClassifierLink, Error> {
    let [in_ethernet, out_ethernet, in_ip, out_ip] = object.classifiers;
    let program = match (layer, egress) {
        (packet::Link::Ethernet, false) => in_ethernet,
        (packet::Link::Ethernet, true) => out_ethernet,
        (packet::Link::Ip, false) => in_ip,
        (packet::Link::Ip, true) => out_ip,
    };
    let program = object.classifier(program)?;
    let direction = if egress { TcAttachType::Egress } else { TcAttachType::Ingress };
    let mut attach = |options| {
        let id = program.attach_with_options(&link.name, direction, options)?;
        program.take_link(id)
    };
    // Behind a program that ends the chain, as one that routes may do, nothing would be seen.
    let attached = match how {
        Attach::Auto => match attach(TcAttachOptions::TcxOrder(LinkOrder::first())) {
            Err(error) if lacks_tcx(&error) => attach_clsact(&link.name, &mut attach),
            attached => attached.map(|link| ClassifierLink { _link: link, added_qdisc: false }),
        },
        Attach::Clsact => attach_clsact(&link.name, &mut attach),
    };
    let interface = link.name.clone();
    attached.map_err(|error| Error::Attach { interface, reason: chain(&error) })
}

fn attach_clsact(
    interface: &str,
    attach: &mut impl FnMut(TcAttachOptions) -> Result<SchedClassifierLink, ProgramError>,
) -> Result<ClassifierLink, ProgramError> {
    let added_qdisc = match qdisc_add_clsact(interface) {
        Err(TcError::NetlinkError(error)) if error.raw_os_error() == Some(libc::EEXIST) => false,
        added => added.map(|()| true)?,
    };
    let first = NlOptions { priority: 1, ..NlOptions::default() };
    let link = attach(TcAttachOptions::Netlink(first)).or_else(|error| {
        // Somebody has the first place, with filters of another kind.
        tracing::warn!("behind the filters of interface {interface}: {}", chain(&error));
        attach(TcAttachOptions::Netlink(NlOptions::default()))
    })?;
    Ok(ClassifierLink { _link: link, added_qdisc })
}

/// Whether the kernel does not know tcx, as before 6.6.
fn lacks_tcx(error: &ProgramError) -> bool {
    let ProgramError::SyscallError(error) = error else { return false };
    matches!(error.io_error.raw_os_error(), Some(libc::EINVAL | libc::EOPNOTSUPP))
}
