//! Interfaces that come, change and go while the capture runs, and ports that change.

use observer::event::Command;
use observer::source::live::{Config, Counter, HookStatus};
use tests::capture::{Recorder, watching};
use tests::netns::Namespace;
use tests::traffic::{Pair, pattern};

fn attached_to(recorder: &Recorder, interface: &str) -> usize {
    let hooks = recorder.handle.hooks();
    let is_attached = |hook: &&HookStatus| hook.interface == interface && hook.attached;
    hooks.iter().filter(is_attached).count()
}

#[test]
fn an_interface_added_while_running_is_followed() {
    let (near, far) = (Namespace::new(), Namespace::new());
    let (port, listener) = far.run(|| Pair::listen("0.0.0.0"));
    let recorder = near.run(|| Recorder::start(&watching(port, &[])));
    assert_eq!(attached_to(&recorder, "lo"), 1);
    near.join("late", "10.7.0.1/24", &far, "veth0", "10.7.0.2/24");
    recorder.wait_until("attached to the new interface", |_| attached_to(&recorder, "late") == 2);

    let mut pair = near.run(|| Pair::connect_to("10.7.0.2", &listener));
    let flow = pair.flow();
    let request = pattern(50_000, 1);
    pair.request(&request);
    pair.close();
    let seen = recorder.until_closed(flow);
    assert!(seen.streams[&flow].bytes == request, "the request differs");

    near.ip("link set late down");
    near.ip("link set late name later");
    recorder.wait_until("the new name is known", |_| attached_to(&recorder, "later") == 2);
    near.ip("link delete later");
    recorder.wait_until("it is gone", |_| attached_to(&recorder, "later") == 0);
    assert_eq!(attached_to(&recorder, "lo"), 1);
    recorder.finish();
}

#[test]
fn an_interface_that_is_down_is_attached_to_when_it_comes_up() {
    let (near, far) = (Namespace::new(), Namespace::new());
    near.join("veth0", "10.7.0.1/24", &far, "veth0", "10.7.0.2/24");
    near.ip("link set veth0 down");
    let recorder = near.run(|| Recorder::start(&watching(9092, &[])));
    assert_eq!(attached_to(&recorder, "veth0"), 0);
    near.ip("link set veth0 up");
    recorder.wait_until("attached", |_| attached_to(&recorder, "veth0") == 2);
    recorder.finish();
}

#[test]
fn a_glob_takes_what_it_matches_also_later() {
    let (near, far) = (Namespace::new(), Namespace::new());
    let recorder = near.run(|| Recorder::start(&watching(9092, &["tap*"])));
    near.join("veth0", "10.7.0.1/24", &far, "veth0", "10.7.0.2/24");
    near.join("tap0", "10.7.1.1/24", &far, "veth1", "10.7.1.2/24");
    recorder.wait_until("attached", |_| attached_to(&recorder, "tap0") == 2);
    assert_eq!(recorder.handle.hooks().len(), 2);
    recorder.finish();
}

#[test]
fn ports_can_be_changed_while_running() {
    let here = Namespace::new();
    let (port, listener) = here.run(|| Pair::listen("127.0.0.1"));
    let recorder = here.run(|| Recorder::start(&watching(1, &["lo"])));
    let mut pair = here.run(|| Pair::connect(&listener));
    let flow = pair.flow();
    pair.request(b"not watched");
    recorder.handle.set_ports(watching(port, &[]).ports).unwrap();
    // Answered behind the change, so the change is in force.
    assert_eq!(recorder.handle.counters().get(Counter::Seen), 0);
    pair.request(b"watched");
    recorder.wait_until("the second request has been seen", |seen| {
        seen.streams.get(&flow).is_some_and(|stream| stream.bytes == b"watched")
    });
    recorder.finish();
}

#[test]
fn a_connection_set_to_count_only_is_counted_and_not_copied() {
    let here = Namespace::new();
    let (port, listener) = here.run(|| Pair::listen("127.0.0.1"));
    let config = Config { sockets: false, ..watching(port, &["lo"]) };
    let recorder = here.run(|| Recorder::start(&config));
    let mut pair = here.run(|| Pair::connect(&listener));
    let flow = pair.flow();
    pair.request(b"copied");
    recorder.handle.command(Command::CountOnly(flow));
    // Answered behind the command, so the command is in force.
    recorder.handle.counters();
    pair.request(&pattern(10_000, 1));
    pair.respond(&pattern(20_000, 2));
    pair.close();
    let seen = recorder.until_closed(flow);
    let counters = recorder.handle.counters();
    assert!(seen.streams[&flow].bytes == b"copied", "bytes were copied");
    assert!(seen.streams[&flow.reversed()].bytes.is_empty(), "bytes were copied");
    assert!(counters.get(Counter::CountOnlyBytes) >= 30_000);
    assert_eq!(counters.get(Counter::SubmittedBytes), 6);
    assert_eq!(counters.accounted(), counters.get(Counter::Seen));
    recorder.finish();
}
