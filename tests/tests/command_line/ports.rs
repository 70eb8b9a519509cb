//! Ports that change while the daemon runs. Captures for real: needs root.

use std::fs;
use std::net::SocketAddr;
use std::process::{Child, Command};

use rustix::process::{Pid, Signal, kill_process};
use tests::traffic::Pair;
use tests::wire::{heartbeat, heartbeat_answer};
use tests::{binary, http};
use xtask::kafka::free_port;

use crate::live::{await_until, ready};
use crate::{assert_refused, file, observer};

#[test]
fn ports_are_read_again_on_sighup() {
    let ((old, old_listener), (new, new_listener)) =
        (Pair::listen("127.0.0.1"), Pair::listen("127.0.0.1"));
    let list = file(format!("{old} # the old one\n").as_bytes());
    let (mut daemon, address) = start(binary::command().unwrap(), list.path().to_str().unwrap());
    let (mut leaving, mut coming) = (Pair::connect(&old_listener), Pair::connect(&new_listener));
    converse(&mut leaving, 1);
    leaving.request(&heartbeat(2, "ports"));
    converse(&mut coming, 1);
    await_metric(address, &requests(old), "2");

    fs::write(list.path(), format!("{new}\n1-3\n")).unwrap();
    hang_up(&daemon);
    await_metric(address, "port_reloads_total{result=\"applied\"}", "1");
    for (name, value) in [
        ("watched_ports".to_owned(), "4"),
        (of(old, "connections_closed_total", ""), "1"),
        (of(old, "request_outcomes_total", "outcome=\"evicted\","), "1"),
        (of(old, "inflight_requests", ""), "0"),
    ] {
        await_metric(address, &name, value);
    }
    // The answer to what was given up, and one more of the old; the new one is joined in mid-stream.
    leaving.respond(&heartbeat_answer(2));
    converse(&mut leaving, 3);
    for id in 2..=5 {
        converse(&mut coming, id);
    }
    await_metric(address, &requests(new), "4");
    let (_, metrics) = http::get(address, "/metrics").unwrap();
    assert_eq!(value(&metrics, &requests(old)), Some("2"));
    assert_eq!(value(&metrics, &of(old, "connections_opened_total", "")), Some("1"));

    // What is no list of ports changes nothing.
    fs::write(list.path(), "9092;9093").unwrap();
    hang_up(&daemon);
    await_metric(address, "port_reloads_total{result=\"refused\"}", "1");
    converse(&mut coming, 6);
    await_metric(address, &requests(new), "5");

    // A port that is watched again is joined in mid-stream, too: what passed meanwhile is a gap.
    fs::write(list.path(), format!("{old}")).unwrap();
    hang_up(&daemon);
    await_metric(address, "port_reloads_total{result=\"applied\"}", "2");
    for id in 4..=6 {
        converse(&mut leaving, id);
    }
    await_metric(address, &requests(old), "5");
    kill_process(Pid::from_child(&daemon), Signal::TERM).unwrap();
    assert_eq!(daemon.wait().unwrap().code(), Some(0));
}

#[test]
fn a_sighup_that_was_ignored_at_the_start_stays_so() {
    let list = file(b"9092");
    let mut ignoring = Command::new("env");
    ignoring.arg("--ignore-signal=HUP").arg(binary::command().unwrap().get_program());
    let (mut daemon, address) = start(ignoring, list.path().to_str().unwrap());
    let status = fs::read_to_string(format!("/proc/{}/status", daemon.id())).unwrap();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:\t")).unwrap();
    assert_eq!(u64::from_str_radix(ignored, 16).unwrap() & 1, 1, "SIGHUP is the lowest bit");
    hang_up(&daemon);
    assert_eq!(http::get(address, "/readyz").unwrap().0, 200);
    kill_process(Pid::from_child(&daemon), Signal::TERM).unwrap();
    assert_eq!(daemon.wait().unwrap().code(), Some(0));
}

#[test]
fn a_file_of_ports_that_is_not_there_or_is_none() {
    let run = |path: &str| observer(["run", "--listen", "127.0.0.1:0", "--ports-file", path]);
    let sentence = "there is no file /nowhere/ports: write the ports to watch into it";
    assert_refused(&run("/nowhere/ports"), 2, sentence);
    assert_refused(&run("/"), 2, "/ is no file: name a file of ports");
    let list = file(b"9092\n9093-\n");
    let path = list.path().to_str().unwrap();
    let sentence = format!(
        "{path}: line 2: \"9093-\" is neither a port nor a range: ports are numbers from 1 to 65535"
    );
    assert_refused(&run(path), 2, &sentence);
}

#[test]
fn a_flag_goes_before_the_variable_of_the_other() {
    const PORTS: (&str, &str) = ("KAFKA_OBSERVER_PORTS", "9092");
    const FILE: (&str, &str) = ("KAFKA_OBSERVER_PORTS_FILE", "/nowhere/ports");
    let run = |flags: &[&str], variables: &[(&str, &str)]| {
        let mut command = binary::command().unwrap();
        // No such interface: it ends before it captures, or where it is not permitted to.
        command.args(["run", "--listen", "127.0.0.1:0", "--interface", "]["]).args(flags);
        let output = command.envs(variables.iter().copied()).output().unwrap();
        String::from_utf8(output.stderr).unwrap()
    };
    let reads_file = |said: &str| said.contains("there is no file /nowhere/ports");
    assert!(!reads_file(&run(&["--ports", "9092"], &[FILE])));
    assert!(reads_file(&run(&["--ports-file", "/nowhere/ports"], &[PORTS])));
    assert!(reads_file(&run(&[], &[FILE])));
    let both = run(&[], &[PORTS, FILE]);
    assert!(both.contains("KAFKA_OBSERVER_PORTS and KAFKA_OBSERVER_PORTS_FILE are both"), "{both}");
    let both = run(&["--ports", "9092", "--ports-file", "/nowhere/ports"], &[]);
    assert!(both.contains("--ports cannot be used with --ports-file"), "{both}");
    assert_eq!(both.lines().count(), 1);
}

fn start(mut observer: Command, list: &str) -> (Child, SocketAddr) {
    let address = SocketAddr::from(([127, 0, 0, 1], free_port().unwrap()));
    observer.args(["run", "--interface", "lo", "--log", "error", "--ports-file", list]);
    observer.args(["--listen", &address.to_string()]);
    (ready(&mut observer, address), address)
}

fn converse(pair: &mut Pair, id: i32) {
    pair.request(&heartbeat(id, "ports"));
    pair.respond(&heartbeat_answer(id));
}

fn hang_up(daemon: &Child) {
    kill_process(Pid::from_child(daemon), Signal::HUP).unwrap();
}

fn requests(port: u16) -> String {
    of(port, "requests_total", "api=\"Heartbeat\",")
}

/// A metric of a broker on this host, with labels that come before and behind `broker`.
fn of(port: u16, name: &str, label: &str) -> String {
    let broker = format!("broker=\"127.0.0.1:{port}\"");
    let behind = if name == "requests_total" { ",client_id=\"ports\"" } else { "" };
    if name == "request_outcomes_total" {
        return format!("{name}{{{broker},{label}vantage=\"both\"}}");
    }
    format!("{name}{{{label}{broker}{behind},vantage=\"both\"}}")
}

fn await_metric(address: SocketAddr, name: &str, expected: &str) {
    await_until(&format!("{name} is {expected}"), || {
        let (_, metrics) = http::get(address, "/metrics").unwrap();
        value(&metrics, name) == Some(expected)
    });
}

fn value<'a>(metrics: &'a str, name: &str) -> Option<&'a str> {
    metrics.lines().find_map(|line| {
        line.strip_prefix("kafka_observer_")?.strip_prefix(name)?.strip_prefix(' ')
    })
}
