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
    bail!(
        "{path} is not what the jars give: run `cargo xtask schema`; first {}",
        difference(&committed, text)
    );
}

/// Where two tables begin to differ: the line, the message, and the field in both.
fn difference(committed: &str, text: &str) -> String {
    let same = committed.lines().zip(text.lines()).take_while(|(a, b)| a == b).count();
    let line = |all: &str| all.lines().nth(same).unwrap_or("nothing").trim().to_owned();
    let message = text.lines().take(same + 1).filter_map(|line| line.split_once("// "));
    let message = message.last().map_or(String::new(), |(_, name)| format!(" ({name})"));
    let (is, should) = (line(committed), line(text));
    format!("at line {}{message}: `{is}`, where the jars give `{should}`", same + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_names_message_and_field() {
        let table = |kind| {
            format!("    request(3, v(0, 13), &[ // Metadata\n        field(\"Topics\", {kind}),\n")
        };
        assert_eq!(
            difference(&table("Int8"), &table("Int16")),
            "at line 2 (Metadata): `field(\"Topics\", Int8),`, where the jars give \
             `field(\"Topics\", Int16),`"
        );
        let longer = format!("{}]),\n", table("Int8"));
        assert!(
            difference(&table("Int8"), &longer).ends_with("`nothing`, where the jars give `]),`")
        );
    }
}
