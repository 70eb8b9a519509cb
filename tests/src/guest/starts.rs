//! Whether the observer loads its programs and attaches them as this kernel can, and ends well.

use anyhow::{Context, Result, bail, ensure};
use xtask::vm_test::console::Saying;

use super::attached::{self, How};
use super::{await_until, say};
use crate::oracle::Observing;
use crate::traffic::Pair;
use crate::{binary, bpf};

/// What the observer says of how it captures.
const SHOWN: [&str; 2] = ["kafka_observer_capture_mode{", "kafka_observer_interface_attached{"];

/// How the observer's log ends the number of instructions that the kernel went through.
const VERIFIED: &str = " instructions verified";

/// What it says where the kernel cannot tell metadata from data.
const NO_SIEVE: &str = "this kernel takes no sieve";

/// Whether the kernel has what the sieve takes: a loop, and the clock of a sent skb's time (Linux 5.18).
fn takes_sieve() -> Result<bool> {
    let release = rustix::system::uname().release().to_string_lossy().into_owned();
    let mut numbers = release.split('.').map(str::parse::<u32>);
    let (Some(Ok(major)), Some(Ok(minor))) = (numbers.next(), numbers.next()) else {
        bail!("{release} is no release of Linux");
    };
    Ok((major, minor) >= (5, 18))
}

/// Starts it, looks at what is attached, and ends it.
pub fn check() -> Result<String> {
    ensure!(attached::is_nothing()?, "there is something attached before anything has started");
    load()?;
    let (port, _listener) = Pair::listen("127.0.0.1");
    let observing = Observing::start_with(&[port], &["--log", "info"])?;
    let how = How::of_this_kernel()?;
    let (attached, programs) = (how.count()?, bpf::programs()?);
    let live = observing.stop()?;
    let log = String::from_utf8_lossy(&live.logged);
    let shown = live.scraped.lines().filter(|line| SHOWN.iter().any(|s| line.starts_with(s)));
    for line in log.lines().chain(shown) {
        say(&Saying::Note(line.to_owned()));
    }
    ensure!(attached == 1, "{attached} classifiers on lo by {how:?}, not 1");
    // Without other warnings all of it works: sockets are watched, too.
    let is_plain = live.scraped.contains(r#"capture_mode{mode="plain",reason="kernel"}"#);
    ensure!(is_plain != takes_sieve()?, "whole payloads are copied: {is_plain}");
    let is_warning = |line: &str| line.contains("WARN") || line.contains("ERROR");
    let others = |line: &&str| is_warning(line) && !(is_plain && line.contains(NO_SIEVE));
    let complaint = log.lines().find(others);
    ensure!(complaint.is_none(), "it complains");
    await_until("nothing is attached once it has ended", attached::is_nothing)?;
    Ok(format!("attached by {how:?}, {programs} programs"))
}

/// Loads the programs with all that they say for diagnosis, for as long as a kernel thinks about
/// that; fails with what it says.
fn load() -> Result<()> {
    let flags = ["observe", "--interface", "lo", "--for", "1ms", "--log", "debug"];
    let output = binary::run(flags)?;
    let log = String::from_utf8_lossy(&output.stderr);
    ensure!(
        output.status.success(),
        "{}",
        log.lines().last().context("it ends, and says nothing")?
    );
    // Older kernels do not tell.
    let told = |line: &&str| line.ends_with(VERIFIED) && !line.contains(" 0 ");
    for line in log.lines().filter(told) {
        let (_, line) = line.rsplit_once("object: ").unwrap_or(("", line));
        say(&Saying::Note(line.to_owned()));
    }
    Ok(())
}
