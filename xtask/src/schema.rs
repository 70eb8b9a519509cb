//! `cargo xtask schema`: the kafka-clients jars in, the committed tables of Kafka's APIs, error codes
//! and layouts out.
//!
//! Each jar carries its message schemas (`common/message/*.json`) and, in code, what the schemas do
//! not say (header versions). Nothing of the table is typed by hand.

mod apis;
mod comments;
mod declared;
mod disputes;
mod field_type;
mod fields;
mod jar;
mod layout;
mod message;
mod render;
mod versions;

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};

use self::jar::Jar;
use self::render::File;
use crate::kafka::Version;
use crate::paths;

/// The releases read, newest first: Kafka 4 dropped versions that the newest 3.x still has.
const RELEASES: [Version; 2] = [Version::LATEST, Version::V3_9];

/// Where layouts are written out as code.
const UNROLLED: &str = "observer/src/protocol/machine/unrolled/layouts.rs";

/// None of them.
const NOTHING_UNROLLED: &str = "\
use crate::protocol::machine::{Machine, Visitor};
use crate::protocol::program::Key;

pub(super) fn follow<V: Visitor>(_: Key, _: &mut Machine, _: &[u8], _: &mut V) -> usize {
    0
}
";

/// Writes the tables of Kafka's APIs, error codes and layouts, and the code of the busiest layouts.
#[derive(clap::Args)]
pub struct Args {
    /// Only say whether the committed tables are what would be written; of the code, a test of the
    /// observer says so.
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
    let disputes = disputes::find(&jars);
    let files = render::files(&jars, &apis, &disputes);
    if check {
        compare(root, &files)?;
    } else {
        for File { path, text } in &files {
            let file = root.join(path);
            fs::write(file, text).with_context(|| format!("cannot write {path}"))?;
        }
        unroll(root)?;
    }
    for dispute in &disputes {
        println!("{dispute}");
    }
    println!("{} APIs, {} layouts", apis.len(), apis::layouts(&apis));
    Ok(())
}

/// Writes the layouts of most of the traffic out as code, from the programs that the tables give.
/// Whether the committed code is that is asked by a test of the example.
fn unroll(root: &Path) -> Result<()> {
    let file = root.join(UNROLLED);
    let before = fs::read(&file).unwrap_or_else(|_| NOTHING_UNROLLED.into());
    // It is part of what writes it, which must be built whatever it is.
    fs::write(&file, NOTHING_UNROLLED).with_context(|| format!("cannot write {UNROLLED}"))?;
    let output = Command::new("cargo")
        .args(["run", "--quiet", "--package", "observer", "--no-default-features"])
        .args(["--example", "unroll"])
        .current_dir(root)
        .stderr(Stdio::inherit())
        .output()
        .context("cannot run cargo");
    let code = output.and_then(|output| {
        ensure!(output.status.success(), "the layouts cannot be written out as code");
        Ok(output.stdout)
    });
    fs::write(&file, code.as_ref().unwrap_or(&before))
        .with_context(|| format!("cannot write {UNROLLED}"))?;
    code.map(drop)
}

fn compare(root: &Path, files: &[File]) -> Result<()> {
    let mut other_jars = Vec::new();
    for File { path, text } in files {
        let committed =
            fs::read_to_string(root.join(path)).with_context(|| format!("cannot read {path}"))?;
        if let Some(first) = difference(&committed, text) {
            bail!("{path} is not what the jars give: run `cargo xtask schema`; first {first}");
        }
        other_jars.extend((committed != *text).then_some(*path));
    }
    ensure!(
        other_jars.is_empty(),
        "the jars are not those of {}, though they give the same: run `cargo xtask schema`",
        other_jars.join(", ")
    );
    Ok(())
}

/// Where two tables begin to differ: the line, the message, and the field in both. That they are of
/// different jars is no difference.
fn difference(committed: &str, text: &str) -> Option<String> {
    let is_hash = |line: &str| line.starts_with(render::HASH);
    let is_same = |(a, b): &(&str, &str)| a == b || is_hash(a) && is_hash(b);
    let same = committed.lines().zip(text.lines()).take_while(is_same).count();
    if same == committed.lines().count().max(text.lines().count()) {
        return None;
    }
    let line = |all: &str| all.lines().nth(same).unwrap_or("nothing").trim().to_owned();
    let message = text.lines().take(same + 1).filter_map(|line| line.split_once("// "));
    let message = message.last().map_or(String::new(), |(_, name)| format!(" ({name})"));
    let (is, should) = (line(committed), line(text));
    Some(format!("at line {}{message}: `{is}`, where the jars give `{should}`", same + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_names_message_and_field() {
        let table = |hash, kind| {
            format!(
                "{}{hash}\n    request(3, v(0, 13), &[ // Metadata\n        field({kind}),\n",
                render::HASH
            )
        };
        assert_eq!(
            difference(&table("ab", "Int8"), &table("cd", "Int16")).unwrap(),
            "at line 3 (Metadata): `field(Int8),`, where the jars give `field(Int16),`"
        );
        let longer = format!("{}]),\n", table("ab", "Int8"));
        let end = difference(&table("ab", "Int8"), &longer).unwrap();
        assert!(end.ends_with("`nothing`, where the jars give `]),`"), "{end}");
        assert_eq!(difference(&table("ab", "Int8"), &table("cd", "Int8")), None);
    }

    #[test]
    fn other_jars_that_give_the_same_are_noticed() {
        let root = tempfile::tempdir().unwrap();
        let file = |hash| File { path: "table.rs", text: format!("{}{hash}\n", render::HASH) };
        fs::write(root.path().join("table.rs"), file("ab").text).unwrap();
        compare(root.path(), &[file("ab")]).unwrap();
        let error = compare(root.path(), &[file("cd")]).unwrap_err().to_string();
        assert!(error.starts_with("the jars are not those of table.rs"), "{error}");
    }
}
