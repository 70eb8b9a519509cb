//! Which interfaces to attach to: names and globs, or every one that is up.

use globset::{Glob, GlobMatcher};

use super::error::Error;
use super::links::Link;

/// Which interfaces to attach to.
pub(super) enum Selection {
    /// Every one that is up.
    Up,
    /// Those that match a pattern, up or not.
    Matching(Vec<Pattern>),
}

/// A name or a glob.
pub(super) struct Pattern {
    text: String,
    is_name: bool,
    matcher: GlobMatcher,
}

/// What was asked for and is not there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Missing {
    /// No interface is up.
    AnyUp,
    /// An interface that was there at the start.
    Name(String),
    /// Any interface that matches this.
    Glob(String),
}

impl Selection {
    /// Reads patterns; a plain name must be that of an interface that exists.
    pub fn new(patterns: &[String], links: &[Link]) -> Result<Self, Error> {
        if patterns.is_empty() {
            return Ok(Self::Up);
        }
        let read = |text: &String| {
            let pattern = Pattern::new(text)?;
            match links.iter().find(|link| pattern.is_name && pattern.matches(link)) {
                None if pattern.is_name => Err(no_such(text, links)),
                Some(link) if link.layer.is_none() => Err(unreadable(text)),
                _ => Ok(pattern),
            }
        };
        Ok(Self::Matching(patterns.iter().map(read).collect::<Result<_, _>>()?))
    }

    /// Whether to attach to an interface.
    pub fn takes(&self, link: &Link) -> bool {
        match self {
            Self::Up => link.up,
            Self::Matching(patterns) => patterns.iter().any(|pattern| pattern.matches(link)),
        }
    }

    /// What none of these interfaces answers to.
    pub fn missing(&self, links: &[Link]) -> Vec<Missing> {
        match self {
            Self::Up if links.iter().any(|link| link.up && link.layer.is_some()) => Vec::new(),
            Self::Up => vec![Missing::AnyUp],
            Self::Matching(patterns) => {
                let patterns = patterns.iter().filter(|pattern| !pattern.is_met(links));
                patterns.map(Pattern::missing).collect()
            }
        }
    }
}

impl Pattern {
    fn new(text: &str) -> Result<Self, Error> {
        if text.trim().is_empty() {
            return Err(bad(text, "it is empty".to_owned()));
        }
        let glob = Glob::new(text).map_err(|error| bad(text, error.kind().to_string()))?;
        let is_name = !text.contains(['*', '?', '[', '{']);
        Ok(Self { text: text.to_owned(), is_name, matcher: glob.compile_matcher() })
    }

    fn matches(&self, link: &Link) -> bool {
        self.matcher.is_match(&link.name)
    }

    /// Whether one of these answers to it, and carries packets that can be read.
    fn is_met(&self, links: &[Link]) -> bool {
        links.iter().any(|link| link.layer.is_some() && self.matches(link))
    }

    fn missing(&self) -> Missing {
        let text = self.text.clone();
        if self.is_name { Missing::Name(text) } else { Missing::Glob(text) }
    }
}

fn no_such(name: &str, links: &[Link]) -> Error {
    let mut known: Vec<_> = links.iter().map(|link| link.name.as_str()).collect();
    known.sort_unstable();
    Error::NoSuchInterface { name: name.to_owned(), known: known.join(", ") }
}

fn unreadable(name: &str) -> Error {
    let reason = "its packets are neither Ethernet nor IP".to_owned();
    Error::Attach { interface: name.to_owned(), reason }
}

fn bad(pattern: &str, reason: String) -> Error {
    Error::BadPattern { pattern: pattern.to_owned(), reason }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(name: &str, up: bool) -> Link {
        let layer = Some(observer_common::packet::Link::Ethernet);
        Link { index: 1, name: name.to_owned(), up, layer, loopback: false }
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
        assert_eq!(
            error.to_string(),
            "there is no interface \"eth7\" (there are: eth0, lo); a pattern, like \"eth7*\", also \
             takes one that comes later"
        );
        assert_eq!(error.exit_code(), 2);
    }

    #[test]
    fn what_no_interface_answers_to_is_missing() {
        let selection = |patterns: &[&str], links: &[Link]| {
            let patterns: Vec<_> = patterns.iter().map(|&pattern| pattern.to_owned()).collect();
            Selection::new(&patterns, links).unwrap()
        };
        let (lo, down) = (link("lo", true), link("eth0", false));
        assert_eq!(selection(&[], &[]).missing(std::slice::from_ref(&down)), [Missing::AnyUp]);
        assert_eq!(selection(&[], &[]).missing(std::slice::from_ref(&lo)), []);
        let both = selection(&["eth0", "tap*", "l?"], &[lo.clone(), down]);
        assert_eq!(
            both.missing(&[lo]),
            [Missing::Name("eth0".to_owned()), Missing::Glob("tap*".to_owned())]
        );
    }

    #[test]
    fn an_interface_of_another_kind_cannot_be_named() {
        let can = Link { layer: None, ..link("can0", true) };
        let error = taken(&["can0"], std::slice::from_ref(&can)).unwrap_err();
        assert_eq!(error.exit_code(), 3);
        assert!(error.to_string().contains("can0: its packets are neither"), "{error}");
        let all = Selection::new(&["can*".to_owned()], &[]).unwrap();
        assert_eq!(all.missing(&[can]), [Missing::Glob("can*".to_owned())]);
    }

    #[test]
    fn a_pattern_that_cannot_be_read_is_refused() {
        for pattern in ["veth[", "", " "] {
            let error = taken(&[pattern], &[]).unwrap_err();
            assert!(matches!(error, Error::BadPattern { .. }), "{pattern:?}: {error}");
        }
    }
}
