//! `cargo xtask`: the commands that build, run and check this project.

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

/// Builds, runs and checks kafka-observer.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Measure what capture costs a broker, beside what others cost.
    Bench(xtask::bench::Args),
    /// Find what this machine lacks, install it, say what was chosen.
    Setup(xtask::setup::Args),
    /// Build kafka-observer.
    Build(xtask::build::Args),
    /// Start a Kafka with clients and watch it.
    Demo(xtask::demo::Args),
    /// Set up and run every test.
    Test(xtask::test::Args),
    /// Fetch, start and stop Apache Kafka of any version.
    #[command(subcommand)]
    Kafka(xtask::kafka::Command),
    /// Record a capture of small requests to a real broker, for `cargo bench`.
    Record(xtask::record::Args),
    /// Write the table of Kafka's APIs out of the kafka-clients jars.
    Schema(xtask::schema::Args),
    /// Check format, lints, dependencies, the table of APIs and the design's invariants.
    Tidy(xtask::tidy::Args),
    /// Boot Debian's kernels in an emulator, and show that kafka-observer works on them.
    VmTest(xtask::vm_test::Args),
}

fn main() -> ExitCode {
    match run(Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli) -> Result<()> {
    match cli.command {
        Command::Bench(args) => args.run(),
        Command::Setup(args) => args.run(),
        Command::Build(args) => args.run(),
        Command::Demo(args) => args.run(),
        Command::Test(args) => args.run(),
        Command::Kafka(command) => command.run(),
        Command::Record(args) => args.run(),
        Command::Schema(args) => args.run(),
        Command::Tidy(args) => args.run(),
        Command::VmTest(args) => args.run(),
    }
}
