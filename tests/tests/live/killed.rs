//! What a killed capture leaves behind.

use std::sync::atomic::{AtomicBool, Ordering};

use observer::source::live::{self, Counter};
use tests::capture::{Child, Recorder, watching};
use tests::netns::Namespace;
use tests::traffic::{Pair, pattern};

const CHILD: &str = env!("CARGO_BIN_EXE_capture");

#[test]
fn with_tcx_nothing_is_left() {
    let here = Namespace::new();
    let (port, listener) = here.run(|| Pair::listen("127.0.0.1"));
    let child = Child::start(&here, CHILD, &[&port.to_string(), "lo"]);
    assert_eq!(here.run(|| tests::tcx::attached("lo")), 1);
    let mut pair = here.run(|| Pair::connect(&listener));
    kill_under_load(child, &mut pair);
    assert_eq!(here.run(|| tests::tcx::attached("lo")), 0);
    assert!(!here.output("tc qdisc show dev lo").contains("clsact"));
}

#[test]
fn with_clsact_traffic_is_untouched_and_the_next_start_removes_what_is_left() {
    let here = Namespace::new();
    let (port, listener) = here.run(|| Pair::listen("127.0.0.1"));
    let child = Child::start(&here, CHILD, &[&port.to_string(), "lo", "clsact"]);
    let mut pair = here.run(|| Pair::connect(&listener));
    kill_under_load(child, &mut pair);
    assert!(filters(&here).contains("kobs_egress"), "a filter outlives its process");
    pair.request(&pattern(1_000_000, 2));

    let recorder = here.run(|| Recorder::start(&watching(port, &["lo"])));
    assert_eq!(filters(&here), "");
    assert!(!here.output("tc qdisc show dev lo").contains("clsact"));
    pair.request(b"seen once");
    recorder.wait_until("the request has been seen", |seen| seen.wire_bytes == 9);
    assert_eq!(recorder.handle.counters().get(Counter::Seen), 9);
    recorder.finish();
}

#[test]
fn cleanup_removes_what_is_left_and_nothing_else() {
    let here = Namespace::new();
    here.output("tc qdisc add dev lo clsact");
    // A filter of somebody else's, which matches nothing.
    let theirs =
        ["filter", "add", "dev", "lo", "egress", "prio", "7", "bpf", "bytecode", "1,6 0 0 0,"];
    assert!(here.command("tc").args(theirs).status().unwrap().success());
    let child = Child::start(&here, CHILD, &["9092", "lo", "clsact"]);
    child.kill();
    assert!(filters(&here).contains("kobs_egress"));
    assert_eq!(here.run(live::cleanup).unwrap(), 1);
    let left = filters(&here);
    assert!(!left.contains("kobs") && left.contains("pref 7 bpf"), "{left}");
    assert!(here.output("tc qdisc show dev lo").contains("clsact"));
    assert_eq!(here.run(live::cleanup).unwrap(), 0);
}

#[test]
fn cleanup_takes_the_one_capability_that_it_names() {
    let here = Namespace::new();
    let child = Child::start(&here, CHILD, &["9092", "lo", "clsact"]);
    child.kill();
    let observer = tests::binary::command().unwrap().get_program().to_owned();
    let only = ["--inh-caps=-all", "--bounding-set=-all,+net_admin", "--"];
    let output = here.command("setpriv").args(only).arg(observer).arg("cleanup").output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "removed leftovers from 1 place\n");
    assert_eq!(filters(&here), "");
}

#[test]
fn cleanup_leaves_a_running_capture_alone() {
    let here = Namespace::new();
    let child = Child::start(&here, CHILD, &["9092", "lo", "clsact"]);
    let error = here.run(live::cleanup).unwrap_err();
    assert!(error.to_string().contains("is running"), "{error}");
    assert!(filters(&here).contains("kobs_egress"));
    child.kill();
}

/// Kills a capture while a connection carries bytes, which all arrive.
fn kill_under_load(child: Child, pair: &mut Pair) {
    let (half, whole) = (AtomicBool::new(false), pattern(1_000_000, 1));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for round in 0..20 {
                half.store(round >= 10, Ordering::Relaxed);
                pair.request(&whole);
            }
        });
        while !half.load(Ordering::Relaxed) {
            std::thread::yield_now();
        }
        child.kill();
    });
}

fn filters(here: &Namespace) -> String {
    here.output("tc filter show dev lo egress")
}
