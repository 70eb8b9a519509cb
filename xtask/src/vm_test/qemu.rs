//! An emulated machine: a kernel and its first files in, what it wrote to its console out.

use std::fs::File;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use super::console::OBSERVER;
use crate::process::Guarded;

/// From start to end. A good kernel takes half a minute; one that refuses a program thinks for minutes.
const PATIENCE: Duration = Duration::from_mins(10);

/// All that can be emulated, but for the exchange of 16 bytes: Linux 6.12 takes memory with it, and
/// panics on QEMU 7.2.
const CPU: &str = "max,-cx16";

/// Runs the machine until it turns itself off; false where it does not.
///
/// Acceleration by the processor is not asked for: it depends on the machine that this is.
pub(super) fn boot(image: &Path, files: &Path, console: &Path) -> Result<bool> {
    let out = File::create(console).with_context(|| format!("no {}", console.display()))?;
    let mut command = Command::new("qemu-system-x86_64");
    command
        .args(["-accel", "tcg,thread=multi", "-cpu", CPU, "-smp", "2", "-m", "2G"])
        .args(["-nodefaults", "-no-user-config", "-display", "none", "-nic", "none", "-no-reboot"])
        .args(["-serial", "stdio", "-append", &command_line(), "-kernel"])
        .arg(image)
        .arg("-initrd")
        .arg(files)
        .stdin(Stdio::null())
        .stdout(out);
    let mut machine = Guarded::spawn("qemu-system-x86_64", command)?;
    let Some(status) = machine.wait(PATIENCE)? else { return Ok(false) };
    ensure!(status.success(), "qemu-system-x86_64: {status}");
    Ok(true)
}

/// A panic restarts the machine, which ends it. What the kernel does not know goes to the first
/// process as its environment.
fn command_line() -> String {
    format!("console=ttyS0 loglevel=4 panic=-1 KAFKA_OBSERVER_BIN=/{OBSERVER}")
}
