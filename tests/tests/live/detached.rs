//! Hooks that somebody else detaches while the capture runs.

use observer::source::live::{Attach, Config, HookStatus};
use tests::capture::{Recorder, watching};
use tests::netns::Namespace;
use tests::tcx;
use tests::traffic::Pair;

#[test]
fn a_qdisc_that_is_deleted_is_made_again() {
    let here = Namespace::new();
    let (port, listener) = here.run(|| Pair::listen("127.0.0.1"));
    let config = Config { attach: Attach::Clsact, ..watching(port, &["lo"]) };
    let recorder = here.run(|| Recorder::start(&config));
    let mut pair = here.run(|| Pair::connect(&listener));
    here.output("tc qdisc del dev lo clsact");
    sees_again(&recorder, &mut pair);
    recorder.finish();
    let left = here.output("tc qdisc show dev lo");
    assert!(!left.contains("clsact"), "{left}");
}

#[test]
fn a_filter_that_is_deleted_is_made_again() {
    let here = Namespace::new();
    let (port, listener) = here.run(|| Pair::listen("127.0.0.1"));
    let config = Config { attach: Attach::Clsact, ..watching(port, &["lo"]) };
    let recorder = here.run(|| Recorder::start(&config));
    let mut pair = here.run(|| Pair::connect(&listener));
    here.output("tc filter del dev lo egress");
    sees_again(&recorder, &mut pair);
    recorder.finish();
    assert_eq!(here.output("tc filter show dev lo egress"), "");
}

#[test]
fn a_link_that_is_detached_is_attached_again() {
    let here = Namespace::new();
    let (port, listener) = here.run(|| Pair::listen("127.0.0.1"));
    let recorder = here.run(|| Recorder::start(&watching(port, &["lo"])));
    let mut pair = here.run(|| Pair::connect(&listener));
    here.run(|| tcx::detach_all("lo"));
    assert_eq!(here.run(|| tcx::attached("lo")), 0);
    sees_again(&recorder, &mut pair);
    assert_eq!(here.run(|| tcx::attached("lo")), 1);
    recorder.finish();
}

#[test]
fn where_attaching_again_fails_the_hooks_are_missed_until_it_does_not() {
    let here = Namespace::new();
    let config = Config { attach: Attach::Clsact, ..watching(9092, &["lo"]) };
    let recorder = here.run(|| Recorder::start(&config));
    assert_eq!(attached(&recorder), [true]);
    // An ingress qdisc takes the place of the clsact one, and has no hook for packets that leave.
    here.output("tc qdisc del dev lo clsact");
    here.output("tc qdisc add dev lo ingress");
    recorder.wait_until("it is missed", |_| attached(&recorder).contains(&false));
    here.output("tc qdisc del dev lo ingress");
    recorder.wait_until("it is attached again", |_| attached(&recorder) == [true]);
    recorder.finish();
}

#[test]
fn what_somebody_puts_in_the_place_of_a_filter_is_left_alone() {
    let here = Namespace::new();
    let config = Config { attach: Attach::Clsact, ..watching(9092, &["lo"]) };
    let recorder = here.run(|| Recorder::start(&config));
    here.output("tc qdisc del dev lo clsact");
    here.output("tc qdisc add dev lo clsact");
    let theirs = ["filter", "add", "dev", "lo", "egress", "prio", "1", "handle", "1"];
    let what = ["bpf", "bytecode", "1,6 0 0 0,"];
    assert!(here.command("tc").args(theirs).args(what).status().unwrap().success());
    recorder.finish();
    let left = here.output("tc filter show dev lo egress");
    assert!(left.contains("bytecode"), "{left}");
}

/// Waits until the hook was found detached and is attached again, and then sees a request.
fn sees_again(recorder: &Recorder, pair: &mut Pair) {
    recorder.wait_until("it was noticed", |_| recorder.handle.detached() > 0);
    recorder.wait_until("it is attached again", |_| attached(recorder) == [true]);
    let before = recorder.seen().wire_bytes;
    pair.request(b"seen");
    recorder.wait_until("the request is seen", |seen| seen.wire_bytes == before + 4);
}

fn attached(recorder: &Recorder) -> Vec<bool> {
    recorder.handle.hooks().iter().map(|HookStatus { attached, .. }| *attached).collect()
}
