//! The commands that capture: what they refuse, and how they end. Captures for real: needs root.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::net::{SocketAddr, TcpListener};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tests::peer::{Script, converse};
use tests::traffic::Pair;
use tests::{binary, http, wire};
use xtask::kafka::free_port;

use crate::{Run, assert_refused, observer};

#[test]
fn a_missing_capability() {
    assert_refused(
        &with_capabilities("-all", &["run", "--listen", "127.0.0.1:0"]),
        3,
        "capturing is not permitted without CAP_BPF, CAP_NET_ADMIN, CAP_PERFMON: run as root \
         (sudo), or grant the process these capabilities; `replay` reads capture files without \
         any",
    );
}

#[test]
fn cleaning_up_takes_one_capability_and_says_so() {
    assert_refused(
        &with_capabilities("-all", &["cleanup"]),
        3,
        "removing what a killed observer left attached is not permitted without CAP_NET_ADMIN: \
         run as root (sudo), or grant the process that capability",
    );
}

/// Runs the observer with no other capabilities than these, whoever runs the tests.
fn with_capabilities(capabilities: &str, arguments: &[&str]) -> Run {
    let program = binary::command().unwrap().get_program().to_owned();
    let run = Command::new("setpriv")
        .args(["--inh-caps=-all".to_owned(), format!("--bounding-set={capabilities}")])
        .arg("--")
        .arg(program)
        .args(arguments)
        .output();
    Run::from(run.expect("setpriv (of util-linux) is needed"))
}

#[test]
fn an_address_in_use() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    assert_refused(
        &observer(["run", "--listen", &address]),
        4,
        &format!(
            "{address} is in use: end what listens there, or choose another address with --listen"
        ),
    );
}

#[test]
fn an_address_that_is_none() {
    assert_refused(
        &observer(["run", "--listen", "localhost"]),
        2,
        "invalid value 'localhost' for '--listen <ADDR:PORT>': \"localhost\" is no address: write \
         an IP address and a port, like 127.0.0.1:9464 or [::1]:9464 \
         (see `kafka-observer --help`)",
    );
}

#[test]
fn an_interface_that_is_not_there_and_a_pattern_that_is_none() {
    let run = observer(["observe", "--interface", "nowhere0"]);
    assert!(run.stderr.starts_with("kafka-observer: there is no interface \"nowhere0\""));
    assert_eq!((run.code, run.stderr.lines().count()), (Some(2), 1), "{}", run.stderr);
    let run = observer(["observe", "--interface", "a["]);
    assert!(run.stderr.starts_with("kafka-observer: \"a[\" is neither the name of"));
    assert_eq!((run.code, run.stderr.lines().count()), (Some(2), 1), "{}", run.stderr);
}

#[test]
fn a_limit_of_open_files_that_is_too_low() {
    let observer = binary::command().unwrap().get_program().to_owned();
    let limited = "ulimit -n 20; exec \"$0\" run --interface lo --listen 127.0.0.1:0";
    let run = Command::new("sh").args(["-c", limited]).arg(observer).output().unwrap();
    assert_refused(
        &run.into(),
        3,
        "no more than 20 files may be open, and capture takes 128 at least: raise the limit (ulimit \
         -n, or LimitNOFILE= of systemd)",
    );
}

#[test]
fn a_bound_of_the_capture_that_bounds_everything_or_nothing() {
    for (flag, value, sentence) in [
        ("--max-flows <N>", "0", "write a number from 1 to 8388608"),
        ("--max-flows <N>", "4294967295", "write a number from 1 to 8388608"),
        ("--snap-length <SIZE>", "0", "0 is too small: 1 at least"),
        ("--ring-size <SIZE>", "-1", "\"-1\" is no size: write bytes, or a number with K, M or G"),
    ] {
        let name = flag.split(' ').next().unwrap();
        let said = format!(
            "invalid value '{value}' for '{flag}': {sentence} (see `kafka-observer --help`)"
        );
        assert_refused(&observer(["observe", name, value]), 2, &said);
    }
}

#[test]
fn sigterm_and_ctrl_c_end_the_daemon_cleanly() {
    for signal in [Signal::TERM, Signal::INT] {
        let (mut daemon, address) = start(&["run"]);
        assert_eq!(http::get(address, "/healthz").unwrap().0, 200);
        kill_process(Pid::from_child(&daemon), signal).unwrap();
        assert_eq!(daemon.wait().unwrap().code(), Some(0), "{signal:?}");
    }
}

#[test]
fn a_signal_while_capture_starts_ends_it_as_cleanly_as_later() {
    for signal in [Signal::TERM, Signal::INT] {
        let mut command = binary::command().unwrap();
        let mut daemon =
            command.args(["run", "--interface", "lo", "--listen", "127.0.0.1:0"]).spawn().unwrap();
        // This thread loads the programs, which takes longer than to send a signal.
        await_until("the kernel programs are being loaded", || has_thread(&daemon, "hooks"));
        kill_process(Pid::from_child(&daemon), signal).unwrap();
        assert_eq!(daemon.wait().unwrap().code(), Some(0), "{signal:?}");
    }
}

/// Whether a process has a thread of this name, now.
fn has_thread(process: &Child, name: &str) -> bool {
    let threads = fs::read_dir(format!("/proc/{}/task", process.id())).unwrap();
    let mut names =
        threads.flatten().filter_map(|t| fs::read_to_string(t.path().join("comm")).ok());
    names.any(|found| found.trim() == name)
}

#[test]
fn exchanges_are_counted_while_the_daemon_runs() {
    let port = free_port().unwrap();
    let (mut daemon, address) = start(&["run", "--ports", &port.to_string()]);
    let script = Script { delay: Duration::from_millis(1), in_flight: 1, rounds: 20, split: None };
    let exchanges = converse(port, &script).unwrap().len();
    let answered = format!(
        "kafka_observer_request_outcomes_total{{broker=\"127.0.0.1:{port}\",\
         outcome=\"answered\",vantage=\"both\"}} {exchanges}\n"
    );
    await_until("all exchanges are counted", || {
        http::get(address, "/metrics").unwrap().1.contains(&answered)
    });
    // What the kernel counts is shown.
    let (_, metrics) = http::get(address, "/metrics").unwrap();
    for shown in [
        "capture_foreign_bytes_total 0",
        "capture_socket_records_total{fate=\"lost\"} 0",
        "interface_detached_total 0",
        "port_reloads_total{result=\"applied\"} 0",
    ] {
        assert!(metrics.contains(&format!("\nkafka_observer_{shown}\n")), "{shown}: {metrics}");
    }
    assert!(!metrics.contains("capture_socket_records_total{fate=\"delivered\"} 0\n"), "{metrics}");
    kill_process(Pid::from_child(&daemon), Signal::TERM).unwrap();
    assert!(daemon.wait().unwrap().success());
}

#[test]
fn top_elsewhere_than_on_a_terminal_prints_tables_without_escapes() {
    let (mut top, _) = start(&["top", "--interval", "200ms"]);
    let lines = BufReader::new(top.stdout.take().unwrap()).lines();
    let said: Vec<String> = lines.map_while(Result::ok).take(3).collect();
    assert!(said[0].starts_with("kafka-observer: "), "{said:?}");
    assert!(said[2].starts_with("API  requests  rate/s"), "{said:?}");
    assert!(!said.concat().contains('\u{1b}'));
    // Nobody reads any longer: it ends by itself, and well.
    assert_eq!(top.wait().unwrap().code(), Some(0));
}

#[test]
fn an_audit_of_live_traffic_ends_with_what_it_found() {
    const FETCH: i16 = 1;
    // Replica -1, then nothing wanted: the later version has one more field.
    let body = [&[0xff; 4][..], &[0; 17]].concat();
    for (api_version, consumers, code) in [(3, &body[..20], 1), (4, &body[..21], 0)] {
        let (port, listener) = Pair::listen("127.0.0.1");
        let ports = port.to_string();
        let (audit, address) = start(&["audit", "-o", "json", "--ports", &ports]);
        let mut pair = Pair::connect(&listener);
        pair.request(&wire::request(FETCH, api_version, 1, "live", consumers));
        pair.respond(&wire::response(1, &[0; 8]));
        pair.close();
        await_until("the fetch is counted", || {
            let (_, metrics) = http::get(address, "/metrics").unwrap();
            let lines = metrics.lines();
            lines.filter(|line| line.contains("outcome=\"answered\"")).any(|l| l.ends_with(" 1"))
        });
        kill_process(Pid::from_child(&audit), Signal::TERM).unwrap();
        let run = Run::from(audit.wait_with_output().unwrap());
        assert_eq!((run.code, run.stderr.as_str()), (Some(code), ""), "{}", run.stdout);
        let report: Value = serde_json::from_str(&run.stdout).unwrap();
        assert_eq!((&report["requests"], &report["missing_bytes"]), (&1.into(), &0.into()));
        let found = report["clients"].as_array().unwrap();
        assert!(found.iter().all(|client| client["client_id"] == "live"), "{report:#}");
        assert_eq!(found.len(), code as usize);
    }
}

#[test]
fn an_audit_is_of_captures_or_of_live_traffic() {
    let run = observer(["audit", "x.pcap", "--listen", "127.0.0.1:0"]);
    assert_eq!((run.code, run.stderr.lines().count()), (Some(2), 1), "{}", run.stderr);
    assert!(run.stderr.contains("cannot be used with"), "{}", run.stderr);
}

#[test]
fn it_ends_after_the_time_that_was_asked_for() {
    let run = observer(["observe", "--interface", "lo", "--for", "300ms", "--ports", "1"]);
    assert_eq!((run.code, run.stdout.as_str()), (Some(0), ""), "{}", run.stderr);
}

/// Starts a command on the loopback, and waits until it is ready.
fn start(arguments: &[&str]) -> (Child, SocketAddr) {
    let address = SocketAddr::from(([127, 0, 0, 1], free_port().unwrap()));
    let mut command = binary::command().unwrap();
    command.args(arguments);
    command.args(["--interface", "lo", "--log", "error", "--listen", &address.to_string()]);
    (ready(&mut command, address), address)
}

/// Runs a command, and waits until it answers that it is ready.
pub fn ready(command: &mut Command, address: SocketAddr) -> Child {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    await_until("it is ready (it needs root)", || {
        if child.try_wait().unwrap().is_some() {
            let mut said = String::new();
            child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
            panic!("this test captures for real, and so takes root: {said}");
        }
        http::get(address, "/readyz").is_ok_and(|(status, _)| status == 200)
    });
    child
}

pub fn await_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !is_so() {
        assert!(Instant::now() < deadline, "not within 30 s: {what}");
        thread::sleep(Duration::from_millis(20));
    }
}
