//! The list of what a machine needs: for each thing what it is for, how it is found, how it is
//! installed, and what works without it.

use std::path::Path;

use anyhow::Result;

use super::{Machine, Purpose, apt, bpf, clients, envoy, manifests};
use crate::vm_test::debian;

/// One thing a machine may lack.
pub(super) struct Need {
    pub(super) name: &'static str,
    /// What needs it.
    pub(super) purposes: &'static [Purpose],
    /// What was found; `None` if it is missing.
    pub(super) find: fn(&Machine) -> Option<String>,
    pub(super) install: fn(&Machine) -> Result<()>,
    /// A sentence for a person who cannot install it.
    pub(super) without: &'static str,
}

const BUILDING: &[Purpose] =
    &[Purpose::Build, Purpose::Demo, Purpose::Test, Purpose::VmTest, Purpose::Bench];
const KAFKA: &[Purpose] = &[Purpose::Demo, Purpose::Test, Purpose::Bench];
const TESTS: &[Purpose] = &[Purpose::Test];
const NETWORKS: &[Purpose] = &[Purpose::Test, Purpose::VmTest];
const CAPTURES: &[Purpose] = &[Purpose::Test, Purpose::Bench];
const BENCH: &[Purpose] = &[Purpose::Bench];
const KERNELS: &[Purpose] = &[Purpose::VmTest];

const REPLAY_ONLY: &str = "Without it: cargo build --release -p observer --no-default-features \
                           gives a binary that replays captures";
const NO_KAFKA: &str = "Without it no Kafka can be started here; building and replay work";
const NO_TESTS: &str = "Without it some tests fail; building, replay and the demo work";
const NO_BENCH: &str = "Without it there is no benchmark; everything else works";
const NO_KERNELS: &str = "Without it no other kernel is tried; everything else works";

/// A release that this project's oldest Rust builds.
const CARGO_DENY: &str = "cargo-deny@0.20.2";

/// In the order in which they are installed.
pub(super) const NEEDS: &[Need] = &[
    Need {
        name: "Rust for the BPF target",
        purposes: BUILDING,
        find: bpf::find_toolchain,
        install: bpf::install_toolchain,
        without: REPLAY_ONLY,
    },
    Need {
        name: "bpf-linker",
        purposes: BUILDING,
        find: bpf::find_linker,
        install: bpf::install_linker,
        without: REPLAY_ONLY,
    },
    Need {
        name: "Java",
        purposes: KAFKA,
        find: find_java,
        install: install_java,
        without: NO_KAFKA,
    },
    Need {
        name: "Maven",
        purposes: KAFKA,
        find: find_maven,
        install: |machine| apt::install(machine, &["maven"]),
        without: NO_KAFKA,
    },
    Need {
        name: "rustfmt and clippy",
        purposes: TESTS,
        find: |machine| {
            machine.first_line("cargo", &["fmt", "--version"])?;
            machine.first_line("cargo", &["clippy", "--version"])
        },
        install: |machine| {
            machine
                .run("rustup", &["component", "add", "rustfmt", "clippy"])
                .map_err(|error| error.context("install Rust's components rustfmt and clippy"))
        },
        without: NO_TESTS,
    },
    Need {
        name: "cargo-deny",
        purposes: TESTS,
        find: |machine| machine.first_line("cargo-deny", &["--version"]),
        install: |machine| {
            machine
                .run("cargo", &["install", "--locked", CARGO_DENY])
                .map_err(|error| error.context("install cargo-deny"))
        },
        without: NO_TESTS,
    },
    Need {
        name: "tshark",
        purposes: CAPTURES,
        find: |machine| {
            machine.first_line("dumpcap", &["--version"])?;
            machine.first_line("tshark", &["--version"])
        },
        install: |machine| apt::install(machine, &["tshark"]),
        without: NO_TESTS,
    },
    Need {
        name: "ip and tc",
        purposes: NETWORKS,
        find: |machine| {
            machine.first_line("tc", &["-Version"])?;
            machine.first_line("ip", &["-Version"])
        },
        install: |machine| apt::install(machine, &["iproute2"]),
        without: NO_TESTS,
    },
    Need {
        name: "promtool",
        purposes: TESTS,
        find: |machine| machine.first_line("promtool", &["--version"]),
        install: |machine| apt::install(machine, &["prometheus"]),
        without: NO_TESTS,
    },
    Need {
        name: "kubernetes-validate",
        purposes: TESTS,
        find: manifests::find,
        install: manifests::install,
        without: NO_TESTS,
    },
    Need {
        name: "Python's Kafka clients",
        purposes: TESTS,
        find: clients::find_python,
        install: clients::install_python,
        without: NO_TESTS,
    },
    Need {
        name: "Node.js and its Kafka client",
        purposes: TESTS,
        find: clients::find_node,
        install: clients::install_node,
        without: NO_TESTS,
    },
    Need {
        name: "Go",
        purposes: TESTS,
        find: clients::find_go,
        install: clients::install_go,
        without: NO_TESTS,
    },
    Need {
        name: "Envoy",
        purposes: BENCH,
        find: envoy::find,
        install: envoy::install,
        without: NO_BENCH,
    },
    Need {
        name: "qemu",
        purposes: KERNELS,
        find: |machine| machine.first_line("qemu-system-x86_64", &["--version"]),
        install: |machine| apt::install(machine, &["qemu-system-x86"]),
        without: NO_KERNELS,
    },
    Need {
        name: "Debian's package tools",
        purposes: KERNELS,
        find: find_debian,
        install: |machine| apt::install(machine, &["apt", "dpkg", "debian-archive-keyring"]),
        without: NO_KERNELS,
    },
];

/// What fetches Debian's packages, checks and unpacks them, also on a machine that runs another
/// system.
fn find_debian(machine: &Machine) -> Option<String> {
    machine.first_line("dpkg-deb", &["--version"])?;
    let apt = machine.first_line("apt-get", &["--version"])?;
    Path::new(debian::KEYRING).is_file().then_some(apt)
}

/// Java's compiler, of version 17 or newer: tests run Java sources as they are.
fn find_java(machine: &Machine) -> Option<String> {
    let version = machine.first_line("javac", &["-version"])?;
    let major: u32 = version.strip_prefix("javac ")?.split('.').next()?.parse().ok()?;
    (major >= 17).then_some(version)
}

/// Maven colours its answer, also for a pipe.
fn find_maven(machine: &Machine) -> Option<String> {
    let line = machine.first_line("mvn", &["--batch-mode", "--version"])?;
    let (_, version) = line.split_once("Maven ")?;
    Some(format!("Maven {version}"))
}

fn install_java(machine: &Machine) -> Result<()> {
    let packages =
        ["openjdk-17-jdk-headless", "openjdk-21-jdk-headless", "openjdk-25-jdk-headless"];
    let known = apt::first_known(machine, &packages).unwrap_or("openjdk-17-jdk-headless");
    apt::install(machine, &[known])
}

#[cfg(test)]
mod tests {
    use super::super::machine::fake_program;
    use super::*;

    #[test]
    fn an_old_java_does_not_count() {
        for (says, counts) in [("javac 17.0.15", true), ("javac 21", true), ("javac 11.0.2", false)]
        {
            let folder = tempfile::tempdir().expect("a folder");
            fake_program(folder.path(), "javac", &format!("echo {says}"));
            let machine = Machine::with_path(folder.path());
            assert_eq!(find_java(&machine).is_some(), counts, "{says}");
        }
    }
}
