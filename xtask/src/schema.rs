//! `cargo xtask schema`: the kafka-clients jars in, the committed tables of Kafka's APIs, error codes
//! and layouts out.
//!
//! Each jar carries its message schemas (`common/message/*.json`) and, in code, what the schemas do
//! not say (header versions). Nothing of the table is typed by hand.

mod apis;
mod comments;
mod declared;
mod field_type;
mod fields;
mod jar;
mod message;
mod render;
mod versions;

use std::path::Path;

use anyhow::{Context, Result, bail};

use self::jar::Jar;
use self::render::File;
use crate::kafka::Version;
use crate::paths;

/// The releases read, newest first: Kafka 4 dropped versions that the newest 3.x still has.
const RELEASES: [Version; 2] = [Version::LATEST, Version::V3_9];

/// Writes the tables of Kafka's APIs, error codes and layouts.
#[derive(clap::Args)]
pub struct Args {
    /// Only say whether the committed tables are what would be written.
    #[arg(long)]
    check: bool,
}

impl Args {
    /// Does it, in this repository.
    pub fn run(self) -> Result<()> {
        run(paths::root(), self.check)
    }
}

/// Writes the tables under `root`, or with `check` says whether they are what would be written.
pub fn run(root: &Path, check: bool) -> Result<()> {
    let jars = RELEASES.map(Jar::fetch).into_iter().collect::<Result<Vec<_>>>()?;
    let apis = apis::merge(&jars)?;
    for File { path, text } in render::files(&jars, &apis) {
        if check {
            compare(root, path, &text)?;
        } else {
            let file = root.join(path);
            std::fs::write(file, &text).with_context(|| format!("cannot write {path}"))?;
        }
    }
    println!("{} APIs, {} layouts", apis.len(), apis::layouts(&apis));
    Ok(())
}

fn compare(root: &Path, path: &str, text: &str) -> Result<()> {
    let committed =
        std::fs::read_to_string(root.join(path)).with_context(|| format!("cannot read {path}"))?;
    if committed == text {
        return Ok(());
    }
    let line = 1 + committed.lines().zip(text.lines()).take_while(|(a, b)| a == b).count();
    bail!("{path} is not what the jars give (first at line {line}): run `cargo xtask schema`");
}
