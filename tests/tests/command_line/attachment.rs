//! What is said, and answered on /readyz, while interfaces or hooks are missing. Captures for real,
//! mostly in network namespaces of its own: needs root.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tests::netns::Namespace;
use tests::{binary, http, tcx};
use xtask::kafka::free_port;

use crate::live::{await_until, ready};

const ADDRESS: &str = "127.0.0.1:9464";

#[test]
fn a_pattern_that_matches_nothing_is_told_and_not_ready_until_something_comes() {
    let (near, far) = (Namespace::new(), Namespace::new());
    let mut observer = Observer::start(&near, &["tap*"]);
    assert_eq!(
        observer.says(),
        "kafka-observer: no interface matches \"tap*\"; one that comes later will be watched"
    );
    observer.await_answer(503, "no interface matches \"tap*\"\n");
    near.join("tap0", "10.7.0.1/24", &far, "veth0", "10.7.0.2/24");
    observer.await_answer(200, "ready\n");
    near.ip("link delete tap0");
    observer.await_answer(503, "no interface matches \"tap*\"\n");
}

#[test]
fn a_comma_within_a_pattern_is_part_of_it() {
    let near = Namespace::new();
    let mut observer = Observer::start(&near, &["lo,tap{0,1}"]);
    let said = observer.says();
    assert!(said.contains("no interface matches \"tap{0,1}\""), "{said}");
    observer.await_answer(200, "ready\n");
}

#[test]
fn of_several_patterns_one_that_is_met_is_enough() {
    let near = Namespace::new();
    let mut observer = Observer::start(&near, &["lo", "tap*"]);
    assert!(observer.says().contains("no interface matches \"tap*\""));
    observer.await_answer(200, "ready\n");
}

#[test]
fn an_interface_that_was_named_and_has_gone_is_missed() {
    let (near, far) = (Namespace::new(), Namespace::new());
    near.join("veth0", "10.7.0.1/24", &far, "veth0", "10.7.0.2/24");
    let observer = Observer::start(&near, &["lo", "veth0"]);
    observer.await_answer(200, "ready\n");
    near.ip("link delete veth0");
    observer.await_answer(503, "interface veth0 is gone\n");
}

#[test]
fn where_no_interface_is_up_there_is_nothing_to_watch() {
    let near = Namespace::new();
    near.ip("link set lo down");
    let mut observer = Observer::start(&near, &[]);
    let said = observer.says();
    assert!(said.starts_with("kafka-observer: no interface is up"), "{said}");
}

#[test]
fn where_sockets_cannot_be_watched_that_is_shown() {
    // In a namespace that `ip netns` enters, no cgroup hierarchy is to be seen.
    let near = Namespace::new();
    let observer = Observer::run(&near, &["--interface", "lo"]);
    observer.await_answer(200, "ready\n");
    let address = ADDRESS.parse().unwrap();
    let (_, metrics) = near.run(|| http::get(address, "/metrics")).unwrap();
    assert!(metrics.contains(&sockets(0)), "{metrics}");
}

#[test]
fn a_hook_of_sockets_that_is_detached_is_attached_again() {
    let address = SocketAddr::from(([127, 0, 0, 1], free_port().unwrap()));
    let mut command = binary::command().unwrap();
    command.args(["run", "--interface", "lo", "--log", "error"]);
    let mut daemon = ready(command.args(["--listen", &address.to_string()]), address);
    let metrics = || http::get(address, "/metrics").unwrap().1;
    assert!(metrics().contains(&sockets(1)));
    let link = link_of_sockets(&daemon).unwrap();
    tcx::detach(link);
    let detached = "kafka_observer_interface_detached_total 1\n";
    await_until("the loss is counted", || metrics().contains(detached));
    assert!(metrics().contains(&sockets(1)));
    assert!(link_of_sockets(&daemon).is_some_and(|again| again != link));
    assert_eq!(http::get(address, "/readyz").unwrap().0, 200);
    kill_process(Pid::from_child(&daemon), Signal::TERM).unwrap();
    assert_eq!(daemon.wait().unwrap().code(), Some(0));
}

fn sockets(attached: u8) -> String {
    let labels = "interface=\"cgroup\",hook=\"sockops\"";
    format!("kafka_observer_interface_attached{{{labels}}} {attached}\n")
}

/// The id of a process's link on a cgroup (proc_pid_fdinfo(5)).
fn link_of_sockets(process: &Child) -> Option<u32> {
    let descriptors = fs::read_dir(format!("/proc/{}/fdinfo", process.id())).unwrap();
    descriptors.filter_map(|fd| fs::read_to_string(fd.ok()?.path()).ok()).find_map(|info| {
        let link = info.lines().find_map(|line| line.strip_prefix("link_id:\t"))?;
        info.contains("link_type:\tcgroup\n").then(|| link.parse().unwrap())
    })
}

/// `kafka-observer run` in a namespace; ended when dropped.
struct Observer<'a> {
    namespace: &'a Namespace,
    process: Child,
}

impl<'a> Observer<'a> {
    /// Watches interfaces, and no sockets.
    fn start(namespace: &'a Namespace, interfaces: &[&str]) -> Self {
        let interfaces = interfaces.iter().flat_map(|name| ["--interface", name]);
        let flags: Vec<_> = ["--no-sockets"].into_iter().chain(interfaces).collect();
        Self::run(namespace, &flags)
    }

    fn run(namespace: &'a Namespace, flags: &[&str]) -> Self {
        let program = binary::command().unwrap().get_program().to_owned();
        let process = namespace
            .command("env")
            .arg(program)
            .args(["run", "--listen", ADDRESS])
            .args(flags)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        Self { namespace, process }
    }

    /// The first line on standard error.
    fn says(&mut self) -> String {
        let stderr = BufReader::new(self.process.stderr.take().unwrap());
        stderr.lines().next().expect("something is said (it needs root)").unwrap()
    }

    fn await_answer(&self, status: u16, body: &str) {
        let address: SocketAddr = ADDRESS.parse().unwrap();
        let deadline = Instant::now() + Duration::from_secs(30);
        let mut last = None;
        while Instant::now() < deadline {
            last = self.namespace.run(|| http::get(address, "/readyz")).ok();
            if last.as_ref().is_some_and(|(s, b)| (*s, b.as_str()) == (status, body)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("not {status} {body:?} within 30 s, but {last:?}");
    }
}

impl Drop for Observer<'_> {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = kill_process(Pid::from_child(&self.process), Signal::TERM);
        let _ = self.process.wait();
    }
}
