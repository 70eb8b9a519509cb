//! Debian's archive: a package's name in, its files out. Has lists of its own, and installs nothing:
//! the machine's packages and where they come from do not matter.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::packages::Package;
use super::program;

/// What the archive's lists are signed with.
pub(crate) const KEYRING: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";

const MIRROR: &str = "http://deb.debian.org";

/// A part of the archive, by its name.
#[derive(Clone, Copy, Debug)]
pub(super) enum Suite {
    /// Of a release.
    Main(&'static str),
    /// Of a release's security updates.
    Security(&'static str),
}

/// The archive, with fresh lists.
pub(super) struct Archive {
    configuration: PathBuf,
    downloads: PathBuf,
}

impl Archive {
    /// Brings the lists of some suites into the folder.
    pub(super) fn open(suites: &[Suite], folder: &Path) -> Result<Self> {
        let downloads = folder.join("downloads");
        for inside in ["lists/partial", "cache/archives/partial", "downloads"] {
            fs::create_dir_all(folder.join(inside)).context("no folder for packages")?;
        }
        fs::write(folder.join("sources.list"), sources(suites))?;
        fs::write(folder.join("status"), "")?;
        let archive = Self { configuration: folder.join("apt.conf"), downloads };
        fs::write(&archive.configuration, configuration(folder))?;
        program::output(archive.apt("apt-get").arg("update")).context("no lists of packages")?;
        Ok(archive)
    }

    /// What the lists say of a package, in all its versions.
    pub(super) fn show(&self, package: &str) -> Result<String> {
        program::output(self.apt("apt-cache").args(["show", package]))
    }

    /// Downloads a package and unpacks it into a folder.
    pub(super) fn unpack(&self, package: &Package, into: &Path) -> Result<()> {
        let mut download = self.apt("apt-get");
        download.args(["download", &package.to_string()]).current_dir(&self.downloads);
        program::output(&mut download)?;
        let file = self.downloaded(package)?;
        program::output(Command::new("dpkg-deb").arg("--extract").arg(&file).arg(into))?;
        Ok(fs::remove_file(file)?)
    }

    /// In its name, some characters of the version are written in another way.
    fn downloaded(&self, package: &Package) -> Result<PathBuf> {
        let begin = format!("{}_", package.name);
        for entry in fs::read_dir(&self.downloads)? {
            let entry = entry?;
            if entry.file_name().to_string_lossy().starts_with(&begin) {
                return Ok(entry.path());
            }
        }
        bail!("apt-get downloaded no {package}")
    }

    fn apt(&self, name: &str) -> Command {
        let mut command = Command::new(name);
        command.arg("--quiet").env("APT_CONFIG", &self.configuration);
        command
    }
}

fn sources(suites: &[Suite]) -> String {
    let line = |suite: &Suite| {
        let (folder, name) = match suite {
            Suite::Main(name) => ("debian", name),
            Suite::Security(name) => ("debian-security", name),
        };
        format!("deb [arch=amd64 signed-by={KEYRING}] {MIRROR}/{folder} {name} main\n")
    };
    suites.iter().map(line).collect()
}

/// Everything that apt writes is in the folder, which another user may not read.
fn configuration(folder: &Path) -> String {
    let folder = folder.display();
    format!(
        r#"Dir::Etc::SourceList "{folder}/sources.list";
Dir::Etc::SourceParts "-";
Dir::State "{folder}";
Dir::State::Status "{folder}/status";
Dir::Cache "{folder}/cache";
APT::Architecture "amd64";
APT::Architectures "amd64";
APT::Sandbox::User "";
Acquire::Languages "none";
"#
    )
}
