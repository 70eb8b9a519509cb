//! `cargo xtask setup`: a purpose in, a machine that can do it out, or one sentence for each thing
//! that could not be installed. What is there already is left alone.

mod apt;
mod bpf;
mod clients;
mod envoy;
mod machine;
mod manifests;
mod needs;
mod venv;

use std::fmt::Write as _;

use anyhow::{Result, bail};
use clap::ValueEnum;

pub use bpf::{LINKED_TOOLCHAIN, TOOLCHAIN_VARIABLE};
pub use clients::{go, go_output, node, node_modules, python_with_clients};
pub use envoy::envoy;
pub use machine::Machine;
pub use manifests::manifest_validator;
use needs::{NEEDS, Need};

/// Finds what is missing, installs it, says what it chose.
#[derive(clap::Args)]
pub struct Args {
    /// What the machine shall be able to do.
    #[arg(long = "for", value_name = "PURPOSE", default_value = "test")]
    purpose: Purpose,
}

/// What a machine is set up for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Purpose {
    /// Build kafka-observer with live capture.
    Build,
    /// Run the demo: Java and Maven for Kafka besides.
    Demo,
    /// Run every test: capture tools, cargo-deny and the like besides.
    Test,
    /// Try kafka-observer on other kernels: what building needs, and an emulator.
    VmTest,
    /// Run the benchmark: what the demo needs, capture tools, and a proxy.
    Bench,
}

impl Args {
    /// Sets the machine up and names each thing it uses.
    pub fn run(self) -> Result<()> {
        ensure(self.purpose)?;
        let machine = Machine::here();
        for need in needs_of(self.purpose) {
            let found = (need.find)(&machine).unwrap_or_default();
            println!("setup: {}: {found}", need.name);
        }
        Ok(())
    }
}

/// Installs what the purpose needs and the machine lacks. Silent where nothing is missing.
pub fn ensure(purpose: Purpose) -> Result<()> {
    let machine = Machine::here();
    let missing = missing(purpose, &machine);
    if missing.is_empty() {
        return Ok(());
    }
    let names: Vec<_> = missing.iter().map(|need| need.name).collect();
    println!("setup: missing: {}", names.join(", "));
    let mut failures = String::new();
    for need in missing {
        if let Err(error) = install(need, &machine) {
            // Writing to a string cannot fail.
            let _ = write!(failures, "\n- {}: {error:#}. {}", need.name, need.without);
        }
    }
    if failures.is_empty() {
        return Ok(());
    }
    bail!("this machine lacks what could not be installed:{failures}")
}

fn needs_of(purpose: Purpose) -> impl Iterator<Item = &'static Need> {
    NEEDS.iter().filter(move |need| need.purposes.contains(&purpose))
}

fn missing(purpose: Purpose, machine: &Machine) -> Vec<&'static Need> {
    needs_of(purpose).filter(|need| (need.find)(machine).is_none()).collect()
}

fn install(need: &Need, machine: &Machine) -> Result<()> {
    (need.install)(machine)?;
    match (need.find)(machine) {
        Some(found) => println!("setup: installed {}: {found}", need.name),
        None => bail!("was installed, and still does not run"),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(purpose: Purpose, machine: &Machine) -> Vec<&'static str> {
        missing(purpose, machine).iter().map(|need| need.name).collect()
    }

    #[test]
    fn a_bare_machine_lacks_everything() {
        let bare = Machine::with_path("/nowhere");
        for need in NEEDS {
            assert!((need.find)(&bare).is_none(), "{}", need.name);
        }
    }

    #[test]
    fn demo_and_tests_take_what_comes_before_them() {
        let bare = Machine::with_path("/nowhere");
        let build = names(Purpose::Build, &bare);
        let demo = names(Purpose::Demo, &bare);
        assert!(demo.starts_with(&build) && demo.len() > build.len(), "{build:?} {demo:?}");
        assert!(!demo.contains(&"tshark") && names(Purpose::Test, &bare).contains(&"tshark"));
    }

    #[test]
    fn an_emulator_is_for_other_kernels_only_which_need_no_kafka() {
        let bare = Machine::with_path("/nowhere");
        let (test, vm_test) = (names(Purpose::Test, &bare), names(Purpose::VmTest, &bare));
        assert!(vm_test.starts_with(&names(Purpose::Build, &bare)));
        assert!(vm_test.contains(&"qemu") && !test.contains(&"qemu"));
        assert!(!vm_test.contains(&"Maven") && vm_test.contains(&"ip and tc"), "{vm_test:?}");
    }

    #[test]
    fn a_proxy_is_for_the_benchmark_only() {
        let bare = Machine::with_path("/nowhere");
        let (bench, test) = (names(Purpose::Bench, &bare), names(Purpose::Test, &bare));
        assert!(bench.starts_with(&names(Purpose::Demo, &bare)), "{bench:?}");
        assert!(bench.ends_with(&["tshark", "Envoy"]) && !test.contains(&"Envoy"), "{bench:?}");
    }

    #[test]
    fn without_apt_every_failure_says_what_to_install() {
        let bare = Machine::with_path("/nowhere");
        for need in NEEDS {
            let error = install(need, &bare).expect_err(need.name);
            let text = format!("{error:#}");
            assert!(text.contains("install"), "{}: {text}", need.name);
        }
    }

    #[test]
    fn without_root_the_packages_are_named_and_nothing_is_run() {
        let folder = tempfile::tempdir().expect("a folder");
        let ran = folder.path().join("ran");
        machine::fake_program(folder.path(), "apt-get", &format!("touch {}", ran.display()));
        let mut machine = Machine::with_path(folder.path());
        machine.root = false;
        let need = NEEDS.iter().find(|need| need.name == "Maven").expect("listed");
        let error = format!("{:#}", install(need, &machine).expect_err("no root"));
        assert!(error.contains("needs root: apt-get install maven"), "{error}");
        assert!(!ran.exists());
    }

    #[test]
    fn packages_are_installed_once_their_list_is_fresh() {
        let folder = tempfile::tempdir().expect("a folder");
        let log = folder.path().join("log");
        machine::fake_program(folder.path(), "apt-get", &format!("echo $* >> {}", log.display()));
        let mut machine = Machine::with_path(folder.path());
        machine.root = true;
        apt::install(&machine, &["maven", "iproute2"]).expect("installed");
        let log = std::fs::read_to_string(log).expect("ran");
        let lines: Vec<_> = log.lines().collect();
        assert!(lines.first().is_some_and(|line| line.contains("update")), "{log}");
        assert!(lines.get(1).is_some_and(|line| line.ends_with("maven iproute2")), "{log}");
    }
}
