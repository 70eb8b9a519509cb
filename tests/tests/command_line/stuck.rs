//! A reader of the output that has stopped reading: capture goes on, and ends when told to.
//! Captures for real: needs root.

use std::fs;
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tests::peer::{Script, converse};
use tests::{binary, http};
use xtask::kafka::free_port;

const EXCHANGES: usize = 2000;

#[test]
fn capture_waits_for_no_reader_and_says_what_was_not_printed() {
    let (mut observer, address) = stuck(&mut observe());
    kill_process(Pid::from_child(&observer), Signal::TERM).unwrap();
    await_until("it has ended", || observer.try_wait().unwrap().is_some());
    let output = observer.wait_with_output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    let missing = said.strip_prefix("kafka-observer: ").and_then(|s| s.split(' ').next()).unwrap();
    assert!(said.contains("exchanges were not printed, as the reader of the output"), "{said}");
    assert_eq!((said.lines().count(), output.status.code()), (1, Some(1)), "{said}");
    // What had gone into the pipe can be read, the last line perhaps in part.
    let printed = String::from_utf8(output.stdout).unwrap().matches('\n').count();
    assert!(printed > 0 && printed + missing.parse::<usize>().unwrap() >= EXCHANGES, "{said}");
    assert!(http::get(address, "/healthz").is_err());
}

#[test]
fn a_second_ctrl_c_ends_it_at_once() {
    let (mut observer, address) = stuck(&mut observe());
    let pid = Pid::from_child(&observer);
    kill_process(pid, Signal::INT).unwrap();
    // Detached, but waiting for its reader; or it has ended by itself on a machine that is slow.
    while http::get(address, "/readyz").is_ok_and(|(status, _)| status == 200) {
        std::thread::yield_now();
    }
    let _ = kill_process(pid, Signal::INT);
    assert_eq!(observer.wait().unwrap().code(), Some(130));
}

#[test]
fn where_logs_share_the_pipe_it_ends_as_well() {
    let program = binary::command().unwrap().get_program().to_owned();
    let mut shell = Command::new("sh");
    shell.args(["-c", "exec \"$0\" \"$@\" 2>&1"]).arg(program).args(["--log", "trace"]);
    let (mut observer, _) = stuck(&mut shell);
    kill_process(Pid::from_child(&observer), Signal::TERM).unwrap();
    await_until("it has ended", || observer.try_wait().unwrap().is_some());
    assert_eq!(observer.wait().unwrap().code(), Some(1));
}

#[test]
fn the_thread_that_prints_has_no_privileges() {
    let (mut observer, _) = stuck(&mut observe());
    let threads = fs::read_dir(format!("/proc/{}/task", observer.id())).unwrap();
    let privileged: Vec<String> = threads
        .map(|thread| fs::read_to_string(thread.unwrap().path().join("status")).unwrap())
        .filter(|status| !status.contains("\nCapPrm:\t0000000000000000\n"))
        .map(|status| status.lines().next().unwrap().to_owned())
        .collect();
    assert_eq!(privileged, ["Name:\thooks"]);
    observer.kill().unwrap();
    observer.wait().unwrap();
}

/// Other observers, of other tests, are no reason for a warning here.
fn observe() -> Command {
    let mut command = binary::command().unwrap();
    command.args(["--log", "error"]);
    command
}

/// Runs `observe` until more is to be printed than its reader and its memory take, and all of it has
/// been counted.
fn stuck(observe: &mut Command) -> (Child, SocketAddr) {
    let port = free_port().unwrap();
    let address = SocketAddr::from(([127, 0, 0, 1], free_port().unwrap()));
    let mut observer = observe
        .args(["observe", "-o", "json", "--interface", "lo", "--max-unprinted", "64K"])
        .args(["--ports", &port.to_string(), "--listen", &address.to_string()])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    await_until("it is ready (it needs root)", || {
        assert_eq!(observer.try_wait().unwrap(), None, "it ended (it needs root)");
        http::get(address, "/readyz").is_ok_and(|(status, _)| status == 200)
    });
    let script =
        Script { delay: Duration::ZERO, in_flight: 1, rounds: EXCHANGES as i32, split: None };
    assert_eq!(converse(port, &script).unwrap().len(), EXCHANGES);
    let answered = format!(
        "kafka_observer_request_outcomes_total{{broker=\"127.0.0.1:{port}\",\
         outcome=\"answered\",vantage=\"both\"}} {EXCHANGES}\n"
    );
    await_until("all exchanges are counted", || {
        http::get(address, "/metrics").is_ok_and(|(_, metrics)| metrics.contains(&answered))
    });
    (observer, address)
}

fn await_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !is_so() {
        assert!(Instant::now() < deadline, "not within 30 s: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}
