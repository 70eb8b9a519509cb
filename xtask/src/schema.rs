//! `cargo xtask schema`: the kafka-clients jars in, the committed table of Kafka's APIs out.
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
use crate::kafka::Version;
use crate::paths;

/// The releases read, newest first: Kafka 4 dropped versions that the newest 3.x still has.
const RELEASES: [Version; 2] = [Version::LATEST, Version::V3_9];

/// The table, from the repository's root.
const TABLE: &str = "observer/src/protocol/table.rs";

/// Writes the table of Kafka's APIs.
#[derive(clap::Args)]
pub struct Args {
    /// Only say whether the committed table is what would be written.
    #[arg(long)]
    check: bool,
}

impl Args {
    /// Does it, in this repository.
    pub fn run(self) -> Result<()> {
        run(paths::root(), self.check)
    }
}

/// Writes the table under `root`, or with `check` says whether it is what would be written.
pub fn run(root: &Path, check: bool) -> Result<()> {
    let jars = RELEASES.map(Jar::fetch).into_iter().collect::<Result<Vec<_>>>()?;
    let apis = apis::merge(&jars)?;
    let text = render::table(&jars, &apis);
    let path = root.join(TABLE);
    if check {
        return compare(&path, &text);
    }
    std::fs::write(&path, &text).with_context(|| format!("cannot write {TABLE}"))?;
    println!("{TABLE}: {} APIs, {} layouts", apis.len(), apis::layouts(&apis));
    Ok(())
}

fn compare(path: &Path, text: &str) -> Result<()> {
    let committed =
        std::fs::read_to_string(path).with_context(|| format!("cannot read {TABLE}"))?;
    if committed == text {
        return Ok(());
    }
    let line = 1 + committed.lines().zip(text.lines()).take_while(|(a, b)| a == b).count();
    bail!("{TABLE} is not what the jars give (first at line {line}): run `cargo xtask schema`");
}
