//! What a container engine does of what the manifest asks for: a command in; the same command in the
//! image's root, which is read-only, with the named capabilities and no others, out.
//!
//! Everything happens in the child between fork and exec, where nothing may allocate.

use std::ffi::{CStr, CString};
use std::io;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};
use rustix::mount::{
    MountFlags, MountPropagationFlags, mount, mount_bind_recursive, mount_change, mount_remount,
};
use rustix::process::chroot;
use rustix::thread::{
    CapabilitySet, CapabilitySets, UnshareFlags, remove_capability_from_bounding_set,
    set_capabilities, set_no_new_privs, unshare_unsafe,
};

use super::manifest;

const READ_ONLY: MountFlags = MountFlags::BIND.union(MountFlags::RDONLY);

/// The restrictions of a container.
pub struct Restrictions {
    root: CString,
    proc: CString,
    sys: CString,
    volumes: Vec<(CString, CString)>,
    capabilities: CapabilitySet,
}

impl Restrictions {
    /// Those of the manifest, for an image's root.
    pub fn new(root: &Path, pod: &manifest::PodSpec) -> Result<Self> {
        let [container] = &pod.containers;
        let security = &container.security_context;
        assert!(pod.host_network && pod.host_pid && security.read_only_root_filesystem);
        assert!(security.run_as_user == 0 && !security.allow_privilege_escalation);
        assert_eq!(security.capabilities.drop, ["ALL"]);
        let inside = |path: &str| c_path(&root.join(path.trim_start_matches('/')));
        let mut volumes = Vec::new();
        for (host, mounted) in container.host_mounts(&pod.volumes) {
            assert!(mounted.read_only, "{mounted:?}");
            volumes.push((c_path(Path::new(host))?, inside(&mounted.mount_path)?));
        }
        Ok(Self {
            root: c_path(root)?,
            proc: inside("proc")?,
            sys: inside("sys")?,
            volumes,
            capabilities: capabilities(&security.capabilities.add)?,
        })
    }

    /// The capabilities, as a set of bits.
    pub fn capabilities(&self) -> u64 {
        self.capabilities.bits()
    }

    /// Makes `command`, which names a program of the image, run under them.
    pub fn apply(self, command: &mut Command) {
        // SAFETY: system calls only, on strings made before; the child has one thread.
        unsafe {
            command.pre_exec(move || {
                self.mount()?;
                self.give_up()
            });
        }
    }

    fn mount(&self) -> io::Result<()> {
        // SAFETY: no memory is mapped or unmapped, no descriptors are shared.
        unsafe { unshare_unsafe(UnshareFlags::NEWNS)? };
        mount_change("/", MountPropagationFlags::PRIVATE | MountPropagationFlags::REC)?;
        mount_bind_recursive(&*self.root, &*self.root)?;
        mount(c"proc", &*self.proc, c"proc", MountFlags::empty(), None)?;
        mount(c"sysfs", &*self.sys, c"sysfs", MountFlags::RDONLY, None)?;
        for (host, inside) in &self.volumes {
            bind_read_only(host, inside)?;
        }
        mount_remount(&*self.root, READ_ONLY, c"")?;
        chroot(&*self.root)?;
        rustix::process::chdir(c"/")?;
        Ok(())
    }

    fn give_up(&self) -> io::Result<()> {
        for (_, capability) in CapabilitySet::all().difference(self.capabilities).iter_names() {
            match remove_capability_from_bounding_set(capability) {
                // One that this kernel does not know.
                Err(rustix::io::Errno::INVAL) => {}
                removed => removed?,
            }
        }
        let (permitted, none) = (self.capabilities, CapabilitySet::empty());
        set_capabilities(
            None,
            CapabilitySets { effective: permitted, permitted, inheritable: none },
        )?;
        set_no_new_privs(true)?;
        Ok(())
    }
}

fn bind_read_only(host: &CStr, inside: &CStr) -> io::Result<()> {
    mount_bind_recursive(host, inside)?;
    Ok(mount_remount(inside, READ_ONLY, c"")?)
}

/// The capabilities of these names, as manifests write them.
fn capabilities(names: &[String]) -> Result<CapabilitySet> {
    let one = |name: &String| {
        CapabilitySet::from_name(name).with_context(|| format!("{name} is no capability"))
    };
    names.iter().map(one).collect()
}

fn c_path(path: &Path) -> Result<CString> {
    Ok(CString::new(path.to_str().context("a path in UTF-8")?)?)
}
