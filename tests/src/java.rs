//! The Java programs of `tests/java`: a Kafka version in, commands that run them on its client
//! library out.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use tempfile::TempDir;
use xtask::kafka::{Version, classpath};

/// The programs, compiled against one version's jars.
#[derive(Debug)]
pub struct Programs {
    classes: TempDir,
    jars: String,
}

impl Programs {
    /// Compiles those that every version's client library can run.
    pub fn compile(version: Version) -> Result<Self> {
        Self::compile_with(version, &[])
    }

    /// Compiles those of some folders of `tests/java` besides.
    pub fn compile_with(version: Version, folders: &[&str]) -> Result<Self> {
        let classes = tempfile::Builder::new().prefix("kafka-observer-classes-").tempdir()?;
        let jars = classpath(version)?;
        let output = Command::new("javac")
            .args(["-proc:none", "-nowarn", "-cp", &jars, "-d"])
            .arg(classes.path())
            .args(sources(folders)?)
            .output()
            .context("cannot run javac; `cargo xtask setup` installs it")?;
        if !output.status.success() {
            bail!("javac said:\n{}", String::from_utf8_lossy(&output.stderr));
        }
        Ok(Self { classes, jars })
    }

    /// A command that runs one of them, in a small Java machine that starts fast and leaves the
    /// processors to the broker: a starved broker takes a request long after it has passed the wire.
    pub fn command(&self, class: &str) -> Command {
        let mut command = Command::new("nice");
        command
            .args(["-n", "10", "java"])
            .args(["-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp"])
            .arg(format!("{}:{}", self.classes.path().display(), self.jars))
            .arg(class);
        command
    }
}

fn sources(folders: &[&str]) -> Result<Vec<PathBuf>> {
    let java = Path::new(env!("CARGO_MANIFEST_DIR")).join("java");
    let mut sources = Vec::new();
    for folder in std::iter::once(&"").chain(folders).map(|folder| java.join(folder)) {
        for entry in fs::read_dir(&folder).with_context(|| format!("no {}", folder.display()))? {
            sources.push(entry?.path());
        }
    }
    sources.retain(|source| source.extension().is_some_and(|extension| extension == "java"));
    Ok(sources)
}
