//! `cargo xtask`: the commands that build, run and check this project.

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
    /// Write the table of Kafka's APIs out of the kafka-clients jars.
    Schema(xtask::schema::Args),
    /// Check format, lints, dependencies, the table of APIs and the design's invariants.
    Tidy(xtask::tidy::Args),
}

fn main() -> Result<()> {
    match Cli::parse().command {
        Command::Schema(args) => args.run(),
        Command::Tidy(args) => args.run(),
    }
}
