//! Other programs at the hooks that we attach to: one that ends the chain hides nothing.

use std::path::Path;

use observer::source::live::{Attach, Config};
use rustix::mount::{MountFlags, UnmountFlags, mount, unmount};
use tests::bpf::Verdict;
use tests::capture::{Recorder, watching};
use tests::netns::Namespace;
use tests::traffic::{Pair, pattern};

/// The packet goes on, and no further program sees it: TCX_PASS, TC_ACT_OK.
const PASS: u32 = 0;

#[test]
fn a_tcx_program_that_was_there_before_hides_nothing() {
    let here = Namespace::new();
    here.run(|| {
        let verdict = Verdict::new(PASS);
        let _attached = verdict.attach("lo");
        sees_all(&Config::default());
    });
}

#[test]
fn a_filter_that_was_there_before_hides_nothing() {
    let folder = tempfile::tempdir().unwrap();
    mount("none", folder.path(), "bpf", MountFlags::empty(), None).expect("mounting takes root");
    let pinned = folder.path().join("pass");
    Verdict::new(PASS).pin(&pinned);
    let here = Namespace::new();
    add_filter(&here, &pinned);
    here.run(|| sees_all(&Config { attach: Attach::Clsact, ..Config::default() }));
    unmount(folder.path(), UnmountFlags::DETACH).unwrap();
}

fn add_filter(here: &Namespace, pinned: &Path) {
    let filter = format!("tc filter add dev lo egress pref 1 bpf da pinned {}", pinned.display());
    for command in ["tc qdisc add dev lo clsact", &filter] {
        let mut words = command.split_whitespace();
        let mut tc = here.command(words.next().unwrap());
        assert!(tc.args(words).status().unwrap().success(), "{command}");
    }
}

fn sees_all(config: &Config) {
    let (port, listener) = Pair::listen("127.0.0.1");
    let recorder = Recorder::start(&Config { attach: config.attach, ..watching(port, &["lo"]) });
    let mut pair = Pair::connect(&listener);
    let flow = pair.flow();
    let request = pattern(10_000, 1);
    pair.request(&request);
    pair.close();
    let seen = recorder.until_closed(flow);
    assert!(seen.streams[&flow].bytes == request, "the request differs");
    recorder.finish();
}
