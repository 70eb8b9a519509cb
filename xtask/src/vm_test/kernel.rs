//! Debian's kernels: a series in; an image and the modules that capture takes, out. Fetched once; a
//! second call downloads nothing.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::ValueEnum;

use super::debian::{Archive, Suite};
use super::packages::{self, NEWEST, Package};
use crate::paths;

/// Series of Linux that Debian maintains.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Series {
    /// The oldest with what capture needs, in Debian 11.
    #[value(name = "5.10")]
    V5_10,
    /// Before tcx, in Debian 12.
    #[value(name = "6.1")]
    V6_1,
    /// With tcx, in Debian 12's backports.
    #[value(name = "6.12")]
    V6_12,
}

/// What Debian builds as modules, and is loaded by itself where a system runs: clsact, and filters
/// that are BPF programs.
const MODULES: [&str; 2] = ["sch_ingress", "cls_bpf"];
/// As it is, and compressed.
const ENDS: [&str; 2] = ["ko", "ko.xz"];
/// Written last, so a folder that has it is whole.
const COMPLETE: &str = "package";

/// A kernel.
pub(super) struct Kernel {
    /// Name and version of its package.
    pub(super) package: String,
    pub(super) folder: PathBuf,
    pub(super) image: PathBuf,
    pub(super) modules: Vec<PathBuf>,
}

impl Series {
    const fn name(self) -> &'static str {
        match self {
            Self::V5_10 => "5.10",
            Self::V6_1 => "6.1",
            Self::V6_12 => "6.12",
        }
    }

    /// Where Debian has it.
    const fn suites(self) -> &'static [Suite] {
        match self {
            Self::V5_10 => &[Suite::Main("bullseye"), Suite::Security("bullseye-security")],
            Self::V6_1 => &[Suite::Main("bookworm"), Suite::Security("bookworm-security")],
            Self::V6_12 => &[Suite::Main("bookworm-backports")],
        }
    }
}

impl fmt::Display for Series {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The newest kernel of a series, or that of an earlier call.
pub(super) fn fetch(series: Series) -> Result<Kernel> {
    let folder = paths::kernels().join(series.name());
    if !folder.join(COMPLETE).is_file() {
        bring(series, &folder).with_context(|| format!("no kernel {series}"))?;
    }
    Kernel::find(folder)
}

fn bring(series: Series, folder: &Path) -> Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("no {}", folder.display()))?;
    let (lists, unpacked) = (tempfile::tempdir_in(folder)?, tempfile::tempdir_in(folder)?);
    let archive = Archive::open(series.suites(), lists.path())?;
    let package = packages::newest(&archive.show(NEWEST)?, series.name());
    let package = package.context("Debian does not have it any more")?;
    println!("vm-test: {series}: fetching {package}");
    archive.unpack(&package, unpacked.path())?;
    keep(&package, unpacked.path(), folder)?;
    Ok(fs::write(folder.join(COMPLETE), package.to_string())?)
}

/// Keeps what is needed of a package's files.
fn keep(package: &Package, unpacked: &Path, folder: &Path) -> Result<()> {
    let release = package.name.trim_start_matches("linux-image-");
    let image = unpacked.join("boot").join(format!("vmlinuz-{release}"));
    fs::rename(image, folder.join("vmlinuz")).context("it has no image")?;
    // Below /usr since Debian 13.
    let places = ["lib", "usr/lib"].map(|lib| unpacked.join(lib).join("modules").join(release));
    for module in MODULES {
        let name = |end| format!("kernel/net/sched/{module}.{end}");
        let mut files = places.iter().flat_map(|place| ENDS.map(|end| place.join(name(end))));
        let file = files.find(|file| file.is_file());
        let file = file.with_context(|| format!("it has no {module}"))?;
        fs::rename(&file, folder.join(file.file_name().unwrap_or_default()))?;
    }
    Ok(())
}

impl Kernel {
    /// What is in its folder.
    fn find(folder: PathBuf) -> Result<Self> {
        let package = fs::read_to_string(folder.join(COMPLETE))?;
        let files = MODULES
            .iter()
            .flat_map(|module| ENDS.map(|end| folder.join(format!("{module}.{end}"))));
        let modules = files.filter(|file| file.is_file()).collect();
        Ok(Self { package, image: folder.join("vmlinuz"), modules, folder })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_series_is_called_on_the_command_line_what_its_packages_call_it() {
        for series in Series::value_variants() {
            let value = series.to_possible_value().expect("none is hidden");
            assert_eq!(value.get_name(), series.name());
        }
    }

    #[test]
    fn of_a_package_the_image_and_the_modules_are_kept_wherever_they_lie() {
        let package = Package { name: "linux-image-6.1.0-1-x".into(), version: "6.1.9-1".into() };
        for (place, end) in [("lib", "ko"), ("usr/lib", "ko.xz")] {
            let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
            let boot = from.path().join("boot");
            let sched = from.path().join(place).join("modules/6.1.0-1-x/kernel/net/sched");
            fs::create_dir_all(&boot).and_then(|()| fs::create_dir_all(&sched)).unwrap();
            fs::write(boot.join("vmlinuz-6.1.0-1-x"), "image").unwrap();
            fs::write(sched.join(format!("cls_bpf.{end}")), "module").unwrap();
            let error = keep(&package, from.path(), to.path()).unwrap_err();
            assert_eq!(error.to_string(), "it has no sch_ingress");

            fs::write(boot.join("vmlinuz-6.1.0-1-x"), "image").unwrap();
            fs::write(sched.join(format!("sch_ingress.{end}")), "module").unwrap();
            keep(&package, from.path(), to.path()).unwrap();
            fs::write(to.path().join(COMPLETE), package.to_string()).unwrap();
            let kernel = Kernel::find(to.path().to_owned()).unwrap();
            assert_eq!(fs::read(kernel.image).unwrap(), b"image");
            let names: Vec<_> = kernel.modules.iter().filter_map(|path| path.file_name()).collect();
            assert_eq!(names, [&*format!("sch_ingress.{end}"), &*format!("cls_bpf.{end}")]);
        }
    }
}
