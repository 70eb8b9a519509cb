//! Network namespaces joined by veth pairs. Takes root.

use std::fs::File;
use std::os::fd::AsFd;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

/// A network namespace of its own, with its loopback interface up; gone when dropped.
pub struct Namespace {
    name: String,
}

static COUNT: AtomicU32 = AtomicU32::new(0);

impl Namespace {
    /// Makes a namespace.
    ///
    /// # Panics
    /// Where that is not permitted.
    pub fn new() -> Self {
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("kernel-{}-{count}", std::process::id());
        ip(&["netns", "add", &name]);
        let namespace = Self { name };
        namespace.ip("link set lo up");
        namespace
    }

    /// The name that `ip netns` knows it by.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Runs `ip` in the namespace.
    ///
    /// # Panics
    /// Where it fails.
    pub fn ip(&self, arguments: &str) {
        let arguments = arguments.split_whitespace();
        ip(&["-n", &self.name].into_iter().chain(arguments).collect::<Vec<_>>());
    }

    /// Joins this namespace to another: an interface `name` in each, with these addresses (with
    /// prefix lengths, separated by blanks).
    ///
    /// # Panics
    /// Where `ip` fails.
    pub fn join(&self, name: &str, addresses: &str, other: &Self, other_name: &str, others: &str) {
        let (ours, theirs) = (&self.name, &other.name);
        ip(&[
            "link", "add", name, "netns", ours, "mtu", "1500", "type", "veth", "peer", "name",
            other_name, "netns", theirs, "mtu", "1500",
        ]);
        for (namespace, name, addresses) in [(self, name, addresses), (other, other_name, others)] {
            for address in addresses.split_whitespace() {
                let nodad = if address.contains(':') { "nodad" } else { "" };
                namespace.ip(&format!("address add {address} dev {name} {nodad}"));
            }
            namespace.ip(&format!("link set {name} up"));
        }
    }

    /// Runs a function on a thread in the namespace; threads it starts are in it as well.
    ///
    /// # Panics
    /// Where the function does.
    pub fn run<T: Send>(&self, function: impl FnOnce() -> T + Send) -> T {
        let file = File::open(format!("/run/netns/{}", self.name)).unwrap();
        std::thread::scope(|scope| {
            let entered = scope.spawn(|| {
                move_into_link_name_space(file.as_fd(), Some(LinkNameSpaceType::Network)).unwrap();
                function()
            });
            entered.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        })
    }

    /// What a command prints in the namespace.
    ///
    /// # Panics
    /// Where it cannot be started.
    pub fn output(&self, command: &str) -> String {
        let mut words = command.split_whitespace();
        let program = words.next().unwrap();
        let output = self.command(program).args(words).output().unwrap();
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// A command that will run in the namespace.
    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.name, program]);
        command
    }
}

impl Default for Namespace {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        // Failing while another panic unwinds would hide it.
        let _ = Command::new("ip").args(["netns", "delete", &self.name]).status();
    }
}

fn ip(arguments: &[&str]) {
    let output = Command::new("ip").args(arguments).output().expect("iproute2 is installed");
    assert!(
        output.status.success(),
        "this test makes network namespaces, and so takes root: ip {}: {}",
        arguments.join(" "),
        String::from_utf8_lossy(&output.stderr)
    );
}
