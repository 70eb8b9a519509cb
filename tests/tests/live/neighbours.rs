//! Other programs at the hooks that we attach to: one that ends the chain hides nothing.

use std::path::Path;

use observer::source::live::{Attach, Config};
use rustix::mount::{MountFlags, UnmountFlags, mount, unmount};
use tests::capture::{Recorder, watching};
use tests::netns::Namespace;
use tests::tcx;
use tests::traffic::{Pair, pattern};
use xtask::classifier::Classifier;

#[test]
fn a_tcx_program_that_was_there_before_hides_nothing() {
    let here = Namespace::new();
    here.run(|| {
        let classifier = Classifier::new(Classifier::PASS).expect("loading takes root");
        let _attached = classifier.attach("lo").unwrap();
        sees_all(&Config::default());
    });
}

#[test]
fn a_classifier_is_attached_as_long_as_it_is_held() {
    let here = Namespace::new();
    here.run(|| {
        let classifier = Classifier::new(Classifier::NEXT).expect("loading takes root");
        let link = classifier.attach("lo").unwrap();
        assert_eq!(tcx::attached("lo"), 1);
        drop((classifier, link));
        assert_eq!(tcx::attached("lo"), 0);
        let classifier = Classifier::new(Classifier::NEXT).unwrap();
        assert!(classifier.attach("lo1").is_err(), "there is no such interface");
    });
}

#[test]
fn a_filter_that_was_there_before_hides_nothing() {
    let folder = tempfile::tempdir().unwrap();
    mount("none", folder.path(), "bpf", MountFlags::empty(), None).expect("mounting takes root");
    let pinned = folder.path().join("pass");
    let classifier = Classifier::new(Classifier::PASS).expect("loading takes root");
    classifier.pin(&pinned).unwrap();
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
