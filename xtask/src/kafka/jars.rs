//! Jars: a version of Kafka in, or others' names, a folder with them and all they depend on out. Maven
//! resolves and checks them; a second call finds them there.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::Version;
use crate::paths;

const COPY_GOAL: &str = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies";

/// Brings the jars of a version, unless they are there, and returns their folder.
pub fn fetch(version: Version) -> Result<PathBuf> {
    fetch_artifacts(&version.to_string(), &version.artifacts())
        .with_context(|| format!("cannot fetch Kafka {version}"))
}

/// Brings artifacts (`group:name:version`) and all they depend on, unless they are there, and returns the
/// folder of this name.
pub fn fetch_artifacts(name: &str, artifacts: &[String]) -> Result<PathBuf> {
    let cache = paths::kafka_cache();
    fs::create_dir_all(&cache).with_context(|| format!("cannot create {}", cache.display()))?;
    let folder = cache.join(name);
    if is_complete(&folder) {
        return Ok(folder);
    }
    // Tests of several processes ask at once: one fetches, the others wait for it.
    let lock = File::create(cache.join(format!("{name}.lock")))?;
    lock.lock()?;
    if !is_complete(&folder) {
        copy_dependencies(artifacts, &folder)?;
    }
    Ok(folder)
}

/// The class path of a version, for `java -cp`.
pub fn classpath(version: Version) -> Result<String> {
    Ok(fetch(version)?.join("*").display().to_string())
}

/// The pom is moved in last, so a folder that has it is whole.
fn is_complete(folder: &Path) -> bool {
    folder.join("pom.xml").is_file()
}

fn copy_dependencies(artifacts: &[String], folder: &Path) -> Result<()> {
    let draft = folder.with_extension("pom");
    fs::write(&draft, pom(artifacts))?;
    let output = Command::new("mvn")
        .args(["--quiet", "--batch-mode", "--file"])
        .arg(&draft)
        .arg(COPY_GOAL)
        .arg(format!("-DoutputDirectory={}", folder.display()))
        .output()
        .context("cannot run Maven (mvn); `cargo xtask setup` installs it")?;
    if !output.status.success() {
        bail!("Maven said:\n{}", String::from_utf8_lossy(&output.stdout).trim());
    }
    Ok(fs::rename(&draft, folder.join("pom.xml"))?)
}

/// A project that is nothing but its dependencies.
fn pom(artifacts: &[String]) -> String {
    let dependencies: String = artifacts.iter().map(|artifact| dependency(artifact)).collect();
    format!(
        r#"<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>kafka-observer</groupId>
  <artifactId>kafka</artifactId>
  <version>1</version>
  <packaging>pom</packaging>
  <dependencies>
{dependencies}  </dependencies>
</project>
"#
    )
}

fn dependency(artifact: &str) -> String {
    let mut parts = artifact.splitn(3, ':');
    let mut part = || parts.next().unwrap_or_default();
    let (group, name, version) = (part(), part(), part());
    format!(
        "    <dependency><groupId>{group}</groupId><artifactId>{name}</artifactId>\
         <version>{version}</version></dependency>\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pom_names_group_artifact_and_version() {
        let pom = pom(&["org.apache.kafka:kafka_2.13:4.4.0".to_owned()]);
        assert!(pom.contains(
            "<groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId>\
             <version>4.4.0</version>"
        ));
    }
}
