//! From a kernel that has just started to one that programs can run on; and off.

use std::ffi::CStr;
use std::fs::{self, File};
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use rustix::mount::{MountFlags, mount};
use rustix::system::{RebootCommand, finit_module, reboot};
use xtask::vm_test::console::{MODULES, Saying};

use super::say;

/// Types of file systems, and where they go.
const MOUNTS: [(&str, &str); 5] = [
    ("devtmpfs", "/dev"),
    ("proc", "/proc"),
    ("sysfs", "/sys"),
    ("cgroup2", "/sys/fs/cgroup"),
    ("bpf", "/sys/fs/bpf"),
];
/// MODULE_INIT_COMPRESSED_FILE of linux/module.h.
const COMPRESSED: i32 = 4;

/// Mounts what there is to mount, loads the modules, and sets the loopback interface up.
pub fn prepare() -> Result<()> {
    for (kind, place) in MOUNTS {
        let none: Option<&CStr> = None;
        mount(kind, place, kind, MountFlags::empty(), none)
            .with_context(|| format!("mounting {place}"))?;
    }
    let release = fs::read_to_string("/proc/sys/kernel/osrelease")?;
    say(&Saying::Note(format!("Linux {release}")));
    load_modules()?;
    let ip = Command::new("ip").args(["link", "set", "lo", "up"]).status();
    ensure!(ip.context("no ip")?.success(), "lo does not come up");
    Ok(())
}

/// Ends the machine.
pub fn turn_off() {
    // Where that is refused the kernel ends when this process does.
    let _ = reboot(RebootCommand::PowerOff);
}

/// In the order of their names.
fn load_modules() -> Result<()> {
    let entries = fs::read_dir(Path::new("/").join(MODULES))?;
    let mut files = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    files.sort_unstable();
    for file in files {
        let is_compressed = file.extension().is_some_and(|end| end != "ko");
        let flags = if is_compressed { COMPRESSED } else { 0 };
        finit_module(File::open(&file)?, c"", flags)
            .with_context(|| format!("loading {}", file.display()))?;
    }
    Ok(())
}
