//! A compiler and a linker for the kernel programs: a machine in, both installed out.
//!
//! The compiler builds `core` itself, so it needs the standard library's sources; the linker must
//! understand the compiler's LLVM. Hence one pinned release, Rust 1.96 on LLVM 22, from Debian where
//! it has that (its LLVM is what the linker is built against), else from rustup, made known to
//! rustup under a name of ours.

use std::env;
use std::path::Path;

use anyhow::{Context, Result, bail};

use super::{Machine, apt};

/// Names another toolchain, which must have `rust-src`.
pub const TOOLCHAIN_VARIABLE: &str = "KAFKA_OBSERVER_BPF_TOOLCHAIN";
/// The toolchain that setup makes known to rustup. Without it, `nightly` is used.
pub const LINKED_TOOLCHAIN: &str = "kafka-observer-bpf";

const RELEASE: &str = "1.96.0";
const DEBIAN_COMPILER: &[&str] = &["rustc-web", "cargo-web", "rust-web-src"];
const DEBIAN_LLVM: &[&str] = &["llvm-22-dev", "libzstd-dev", "zlib1g-dev"];
const DEBIAN_LLVM_PREFIX: &str = "/usr/lib/llvm-22";
const LINKER: &str = "bpf-linker";
const LINKER_VERSION: &str = "0.13.0";

/// The toolchain that observer's build script will take, if it can build for BPF.
pub(super) fn find_toolchain(machine: &Machine) -> Option<String> {
    let chosen = env::var(TOOLCHAIN_VARIABLE).ok();
    let names = chosen.as_deref().map_or_else(|| vec![LINKED_TOOLCHAIN, "nightly"], |n| vec![n]);
    // The build script takes the first that runs, so a later one cannot make up for its sources.
    let (name, version) = names.into_iter().find_map(|name| {
        let version = machine.first_line("rustup", &["run", name, "rustc", "--version"])?;
        Some((name, version))
    })?;
    let sysroot = machine.first_line("rustup", &["run", name, "rustc", "--print", "sysroot"])?;
    machine.first_line("rustup", &["run", name, "cargo", "--version"])?;
    let core = Path::new(&sysroot).join("lib/rustlib/src/rust/library/core/Cargo.toml");
    core.is_file().then(|| format!("{version} (rustup's {name})"))
}

/// Installs the pinned release and links it.
pub(super) fn install_toolchain(machine: &Machine) -> Result<()> {
    if !machine.has("rustup") {
        bail!("rustup is missing; install it first (https://rustup.rs)");
    }
    let Err(packaged) = install_from_debian(machine) else { return Ok(()) };
    println!("setup: {packaged:#}; trying rustup");
    install_from_rustup(machine).with_context(|| {
        format!("not from Debian ({packaged:#}); install Rust {RELEASE} with rust-src")
    })
}

/// The linker, if it runs.
pub(super) fn find_linker(machine: &Machine) -> Option<String> {
    machine.first_line(LINKER, &["--version"])
}

/// A prebuilt linker where cargo-binstall can bring one, else one built against Debian's LLVM.
pub(super) fn install_linker(machine: &Machine) -> Result<()> {
    let pinned = format!("{LINKER}@{LINKER_VERSION}");
    if machine.has("cargo-binstall") {
        let Err(error) = machine.run("cargo-binstall", &["--no-confirm", &pinned]) else {
            return Ok(());
        };
        println!("setup: {error:#}; building it instead");
    }
    build_linker(machine, &pinned)
        .with_context(|| format!("install {LINKER} {LINKER_VERSION} (cargo binstall {pinned})"))
}

fn install_from_rustup(machine: &Machine) -> Result<()> {
    let options = ["toolchain", "install", RELEASE, "--profile", "minimal", "-c", "rust-src"];
    machine.run("rustup", &options)?;
    let sysroot = machine.first_line("rustup", &["run", RELEASE, "rustc", "--print", "sysroot"]);
    link(machine, &sysroot.context("the new toolchain does not run")?)
}

fn install_from_debian(machine: &Machine) -> Result<()> {
    apt::install(machine, DEBIAN_COMPILER)?;
    link(machine, "/usr")
}

fn link(machine: &Machine, sysroot: &str) -> Result<()> {
    machine.run("rustup", &["toolchain", "link", LINKED_TOOLCHAIN, sysroot])
}

fn build_linker(machine: &Machine, pinned: &str) -> Result<()> {
    apt::install(machine, DEBIAN_LLVM)?;
    let options = ["install", "--locked", pinned, "--no-default-features", "-F", "llvm-22"];
    machine.run_with("cargo", &options, &[("LLVM_PREFIX", DEBIAN_LLVM_PREFIX)])
}

#[cfg(test)]
mod tests {
    use super::super::machine::fake_program;
    use super::*;

    /// A rustup that knows one toolchain.
    fn machine_with(folder: &Path, toolchain: &str) -> Machine {
        let script = format!(
            "[ \"$2\" = {toolchain} ] || exit 1\n\
             case $* in *sysroot) echo {};; *cargo*) cat {0}/cargo;; *) echo rustc 1.96.0;; esac",
            folder.display()
        );
        fake_program(folder, "rustup", &script);
        Machine::with_path(folder)
    }

    fn add_sources(folder: &Path) {
        let core = folder.join("lib/rustlib/src/rust/library/core");
        std::fs::create_dir_all(&core).expect("a folder");
        std::fs::write(core.join("Cargo.toml"), "").expect("a file");
        std::fs::write(folder.join("cargo"), "cargo 1.96.0").expect("a file");
    }

    #[test]
    fn a_toolchain_counts_only_with_its_sources() {
        let folder = tempfile::tempdir().expect("a folder");
        let machine = machine_with(folder.path(), LINKED_TOOLCHAIN);
        assert_eq!(find_toolchain(&machine), None);
        add_sources(folder.path());
        let found = find_toolchain(&machine).expect("found");
        assert_eq!(found, "rustc 1.96.0 (rustup's kafka-observer-bpf)");
        std::fs::remove_file(folder.path().join("cargo")).expect("removed");
        assert_eq!(find_toolchain(&machine), None, "its cargo does not run");
    }

    #[test]
    fn a_nightly_with_sources_will_do() {
        let folder = tempfile::tempdir().expect("a folder");
        add_sources(folder.path());
        let machine = machine_with(folder.path(), "nightly");
        assert!(find_toolchain(&machine).is_some_and(|found| found.contains("nightly")));
    }
}
