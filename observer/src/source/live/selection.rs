//! Which interfaces to attach to: names and globs, or every one that is up.

use globset::{Glob, GlobSet, GlobSetBuilder};

use super::error::Error;
use super::links::Link;

/// Which interfaces to attach to.
pub(super) enum Selection {
    /// Every one that is up.
    Up,
    /// Those that match a pattern, up or not.
    Matching(GlobSet),
}

impl Selection {
    /// Reads patterns; a plain name must be that of an interface that exists.
    pub fn new(patterns: &[String], links: &[Link]) -> Result<Self, Error> {
        if patterns.is_empty() {
            return Ok(Self::Up);
        }
        let mut set = GlobSetBuilder::new();
        for pattern in patterns {
            set.add(glob(pattern)?);
            let is_name = !pattern.contains(['*', '?', '[', '{']);
            if is_name && !links.iter().any(|link| link.name == *pattern) {
                let mut known: Vec<_> = links.iter().map(|link| link.name.as_str()).collect();
                known.sort_unstable();
                return Err(Error::NoSuchInterface {
                    name: pattern.clone(),
                    known: known.join(", "),
                });
            }
        }
        let set = set.build().map_err(|error| bad(&patterns.join(","), &error))?;
        Ok(Self::Matching(set))
    }

    /// Whether to attach to an interface.
    pub fn takes(&self, link: &Link) -> bool {
        match self {
            Self::Up => link.up,
            Self::Matching(names) => names.is_match(&link.name),
        }
    }
}

fn glob(pattern: &str) -> Result<Glob, Error> {
    if pattern.trim().is_empty() {
        let reason = "it is empty".to_owned();
        return Err(Error::BadPattern { pattern: pattern.to_owned(), reason });
    }
    Glob::new(pattern).map_err(|error| bad(pattern, &error))
}

fn bad(pattern: &str, error: &globset::Error) -> Error {
    Error::BadPattern { pattern: pattern.to_owned(), reason: error.kind().to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(name: &str, up: bool) -> Link {
        Link { index: 1, name: name.to_owned(), up, layer: None, loopback: false }
    }

    fn taken(patterns: &[&str], links: &[Link]) -> Result<Vec<String>, Error> {
        let patterns: Vec<_> = patterns.iter().map(|&pattern| pattern.to_owned()).collect();
        let selection = Selection::new(&patterns, links)?;
        let taken = links.iter().filter(|link| selection.takes(link));
        Ok(taken.map(|link| link.name.clone()).collect())
    }

    #[test]
    fn without_patterns_every_interface_that_is_up_is_taken() {
        let links = [link("lo", true), link("eth0", false), link("veth1", true)];
        assert_eq!(taken(&[], &links).unwrap(), ["lo", "veth1"]);
    }

    #[test]
    fn names_and_globs_take_what_they_match() {
        let links = [link("lo", true), link("eth0", false), link("veth1", true)];
        assert_eq!(taken(&["eth0", "veth*"], &links).unwrap(), ["eth0", "veth1"]);
        assert!(taken(&["tun*"], &links).unwrap().is_empty(), "it may come later");
    }

    #[test]
    fn a_name_that_does_not_exist_is_told_with_those_that_do() {
        let error = taken(&["eth7"], &[link("lo", true), link("eth0", true)]).unwrap_err();
        assert_eq!(error.to_string(), "there is no interface \"eth7\"; there are: eth0, lo");
        assert_eq!(error.exit_code(), 2);
    }

    #[test]
    fn a_pattern_that_cannot_be_read_is_refused() {
        for pattern in ["veth[", "", " "] {
            let error = taken(&[pattern], &[]).unwrap_err();
            assert!(matches!(error, Error::BadPattern { .. }), "{pattern:?}: {error}");
        }
    }
}
