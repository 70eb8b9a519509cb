//! Builds the kernel programs into the binary; without the feature `live` there is nothing to do.

#[cfg(not(feature = "live"))]
fn main() {}

#[cfg(feature = "live")]
fn main() -> std::process::ExitCode {
    ebpf::build()
}

#[cfg(feature = "live")]
mod ebpf {
    use std::process::{Command, ExitCode, Stdio};

    use aya_build::{Package, Toolchain};

    /// Names the rustup toolchain that builds for the BPF target.
    const TOOLCHAIN_VARIABLE: &str = "KAFKA_OBSERVER_BPF_TOOLCHAIN";
    /// Linked by `cargo xtask setup` where a nightly with `rust-src` cannot be had.
    const LINKED_TOOLCHAIN: &str = "kafka-observer-bpf";
    const SOURCES: &str = "../observer-ebpf";
    /// The object is built from these too.
    const SHARED_SOURCES: &str = "../observer-common/src";

    /// The kernel programs may use instructions of 32 bits (BPF v3, since Linux 5.1): of those that nearly every
    /// packet goes through, a tenth fewer. What is built for this machine is not to hear of it.
    const USE_32_BITS: [(&str, &str); 3] = [
        ("CARGO_UNSTABLE_PROFILE_RUSTFLAGS", "true"),
        ("CARGO_PROFILE_RELEASE_RUSTFLAGS", "-Ctarget-cpu=v3"),
        ("CARGO_PROFILE_RELEASE_BUILD_OVERRIDE_RUSTFLAGS", "-Cdebuginfo=0"),
    ];

    pub fn build() -> ExitCode {
        println!("cargo:rerun-if-env-changed={TOOLCHAIN_VARIABLE}");
        println!("cargo:rerun-if-changed={SHARED_SOURCES}");
        println!("cargo:rerun-if-changed=build.rs");
        let toolchain = toolchain();
        // Building `core` needs unstable flags also where the toolchain is a stable one.
        // SAFETY: a build script's only thread.
        unsafe { std::env::set_var("RUSTC_BOOTSTRAP", "1") };
        for (name, value) in USE_32_BITS {
            // SAFETY: as above.
            unsafe { std::env::set_var(name, value) };
        }
        let package = Package { name: "observer-ebpf", root_dir: SOURCES, ..Package::default() };
        let Err(error) = aya_build::build_ebpf([package], Toolchain::Custom(&toolchain)) else {
            return ExitCode::SUCCESS;
        };
        println!(
            "cargo::error=the kernel programs were not built with the toolchain `{toolchain}`: run \
             `cargo xtask setup`, or build with --no-default-features for replay only ({error})"
        );
        ExitCode::FAILURE
    }

    fn toolchain() -> String {
        if let Ok(named) = std::env::var(TOOLCHAIN_VARIABLE) {
            return named;
        }
        let linked = if runs(LINKED_TOOLCHAIN) { LINKED_TOOLCHAIN } else { "nightly" };
        linked.to_owned()
    }

    /// Whether rustup knows the toolchain, and its compiler starts.
    fn runs(toolchain: &str) -> bool {
        Command::new("rustup")
            .args(["run", toolchain, "rustc", "--version"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success())
    }
}
