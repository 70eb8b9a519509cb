//! The sockops program, which tells of sockets' lives: attaching it, and again where somebody has
//! detached it; capture does without where it must.

use std::fs::File;
use std::os::fd::AsRawFd;

use aya::programs::CgroupAttachMode;
use aya::programs::sock_ops::SockOpsLink;

use super::cgroup;
use super::error::chain;
use super::handle::SocketHook;
use super::object::Object;
use super::presence;

/// The program on the root of the cgroup hierarchy, or why it is not there; dropping it detaches it.
pub(super) struct Sockets {
    attached: Result<Attached, String>,
    /// It was not there from the start.
    is_extra: bool,
}

struct Attached {
    root: File,
    /// The program's id.
    program: u32,
    _link: SockOpsLink,
}

impl Sockets {
    /// Attaches; says what is missing where that is not possible.
    pub fn attach(object: &mut Object) -> Self {
        let attached = try_attach(object);
        if let Err(reason) = &attached {
            tracing::warn!(
                "connections' opening, closing and round-trip times are not observed: {reason}"
            );
        }
        Self { is_extra: attached.is_err(), attached }
    }

    /// Whether it is attached, or why not.
    pub fn status(&self) -> SocketHook {
        match &self.attached {
            Ok(_) => SocketHook::Attached,
            Err(reason) if self.is_extra => SocketHook::Lacking(reason.clone()),
            Err(reason) => SocketHook::Lost(reason.clone()),
        }
    }

    /// Looks whether it is still attached, and attaches it where it is not; returns whether somebody has
    /// detached it.
    pub fn look(&mut self, object: &mut Object) -> bool {
        let is_lost = self.attached.as_ref().is_ok_and(|attached| !attached.is_there());
        if is_lost {
            tracing::warn!("somebody has detached sockops of the cgroup root: attaching again");
        }
        if is_lost || self.attached.is_err() {
            self.attached = try_attach(object);
            self.is_extra &= self.attached.is_err();
            match &self.attached {
                Ok(_) => tracing::info!("attached to the cgroup root"),
                // Where it failed before, that was told.
                Err(reason) if is_lost => tracing::warn!("attaching to the cgroup root: {reason}"),
                Err(_) => {}
            }
        }
        is_lost
    }
}

impl Attached {
    fn is_there(&self) -> bool {
        presence::is_on_cgroup(self.root.as_raw_fd(), self.program)
    }
}

fn try_attach(object: &mut Object) -> Result<Attached, String> {
    // Loaded in any case: that takes more than attaching, and is not possible later.
    let program = object.sockets().map_err(|error| error.to_string())?;
    let root = cgroup::root().ok_or("no cgroup v2 hierarchy is mounted (/proc/self/mounts)")?;
    let root = File::open(&root).map_err(|error| format!("{}: {error}", root.display()))?;
    // A link is of the kind that allows others beside it, and no flag may say so again.
    let id = program.attach(&root, CgroupAttachMode::Single).map_err(|error| chain(&error))?;
    let link = program.take_link(id).map_err(|error| chain(&error))?;
    let program = program.info().map_err(|error| chain(&error))?.id();
    Ok(Attached { root, program, _link: link })
}
