//! Which package a series of Linux is: what apt knows of Debian's kernels in, a package out.

use std::cmp::Ordering;
use std::fmt;

/// The package that stands for the newest kernel of a release. Kernels for the cloud lack drivers
/// that no emulated machine needs.
pub(super) const NEWEST: &str = "linux-image-cloud-amd64";

/// A package at a version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Package {
    pub(super) name: String,
    pub(super) version: String,
}

/// The newest kernel of a series, such as 6.1, by what `apt-cache show` says of [`NEWEST`].
pub(super) fn newest(shown: &str, series: &str) -> Option<Package> {
    let kernels = shown.split("\n\n").filter_map(dependency);
    let of_series = kernels.filter(|kernel| is_of(series, &kernel.version));
    of_series.max_by(|a, b| compare(&a.version, &b.version))
}

/// The kernel that one version of the package depends on: `Depends: NAME (= VERSION)`.
fn dependency(stanza: &str) -> Option<Package> {
    let depends = stanza.lines().find_map(|line| line.strip_prefix("Depends: "))?;
    let (name, rest) = depends.split(',').next()?.split_once(" (= ")?;
    let version = rest.strip_suffix(')')?.to_owned();
    name.starts_with("linux-image-").then(|| Package { name: name.to_owned(), version })
}

fn is_of(series: &str, version: &str) -> bool {
    version.strip_prefix(series).is_some_and(|rest| rest.starts_with('.'))
}

/// Compares versions of one series: the numbers in them decide.
fn compare(a: &str, b: &str) -> Ordering {
    numbers(a).cmp(numbers(b))
}

fn numbers(version: &str) -> impl Iterator<Item = u64> {
    version.split(|c: char| !c.is_ascii_digit()).filter_map(|digits| digits.parse().ok())
}

impl fmt::Display for Package {
    /// As apt takes it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.name, self.version)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHOWN: &str = "\
Package: linux-image-cloud-amd64
Version: 6.12.95-1~bpo12+1
Depends: linux-image-6.12.95+deb12-cloud-amd64 (= 6.12.95-1~bpo12+1)

Package: linux-image-cloud-amd64
Version: 6.1.99-1
Depends: linux-image-6.1.0-30-cloud-amd64 (= 6.1.99-1)
Description: Linux for x86-64 cloud (meta-package)

Package: linux-image-cloud-amd64
Depends: linux-image-6.1.0-56-cloud-amd64 (= 6.1.192-2), something-else
Version: 6.1.192-2

Package: linux-image-cloud-amd64
Depends: linux-image-6.1.0-50-cloud-amd64 (= 6.1.176-1)
";

    #[test]
    fn a_series_is_its_newest_kernel() {
        let found = newest(SHOWN, "6.1").expect("known");
        assert_eq!(found.to_string(), "linux-image-6.1.0-56-cloud-amd64=6.1.192-2");
        let found = newest(SHOWN, "6.12").expect("known");
        assert_eq!(found.version, "6.12.95-1~bpo12+1");
    }

    #[test]
    fn a_series_that_is_not_there_is_none_that_begins_alike() {
        assert_eq!(newest(SHOWN, "5.10"), None);
        assert_eq!(newest(SHOWN, "6"), newest(SHOWN, "6.12"));
        assert_eq!(newest("", "6.1"), None);
        assert_eq!(newest("Depends: linux-image-6.1.0-1-cloud-amd64\n", "6.1"), None);
    }
}
