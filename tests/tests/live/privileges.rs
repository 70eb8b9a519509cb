//! After attaching: no capability but those that attaching to new interfaces takes.

use std::fs;

use tests::capture::Child;
use tests::netns::Namespace;
use tests::traffic::{Pair, pattern};

const CAP_NET_ADMIN: u64 = 1 << 12;
const CAP_BPF: u64 = 1 << 39;

#[test]
fn a_capture_holds_nothing_more_and_still_follows_interfaces() {
    let (near, far) = (Namespace::new(), Namespace::new());
    let (port, listener) = far.run(|| Pair::listen("0.0.0.0"));
    let mut child = Child::start(&near, env!("CARGO_BIN_EXE_capture"), &[&port.to_string(), "*"]);
    let threads = fs::read_dir(format!("/proc/{}/task", child.id())).unwrap();
    let mut held = Vec::new();
    for thread in threads {
        let status = fs::read_to_string(thread.unwrap().path().join("status")).unwrap();
        assert_eq!(field(&status, "NoNewPrivs"), 1);
        assert_eq!(field(&status, "CapInh") | field(&status, "CapAmb"), 0);
        let permitted = field(&status, "CapPrm");
        assert_eq!(field(&status, "CapEff"), permitted);
        assert_eq!(field(&status, "CapBnd"), permitted);
        held.push(permitted);
    }
    held.sort_unstable();
    let keeper = CAP_NET_ADMIN | CAP_BPF;
    assert_eq!(held, [0, 0, keeper], "two threads of the program's, and the hooks' keeper");

    near.join("late", "10.7.0.1/24", &far, "veth0", "10.7.0.2/24");
    child.wait_for("attached late");
    let mut pair = near.run(|| Pair::connect_to("10.7.0.2", &listener));
    pair.request(&pattern(10_000, 1));
    pair.close();
    child.wait_for("seen 10000");
    child.kill();
}

/// A field of a thread's status (proc_pid_status(5)), in hexadecimal.
fn field(status: &str, name: &str) -> u64 {
    let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    u64::from_str_radix(line.unwrap().trim(), 16).unwrap()
}
