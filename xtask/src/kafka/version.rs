//! Apache Kafka's version numbers, and what differs between them: text in, a comparable value out.

use std::fmt;
use std::str::FromStr;

use anyhow::{Result, bail};

/// A released version, such as 4.4.0 or 0.8.2.2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version([u16; 4]);

impl Version {
    /// The newest broker.
    pub const LATEST: Self = Self::new(4, 4, 0);
    /// The last line that still answers most old API versions, in KRaft mode.
    pub const V3_9: Self = Self::new(3, 9, 1);
    /// A broker that keeps its state in ZooKeeper.
    pub const V2_8: Self = Self::new(2, 8, 2);
    /// The newest version whose command-line tools exist as a jar.
    pub const TOOLS: Self = Self::new(4, 3, 1);

    /// A version from 1.0.0 on.
    pub const fn new(major: u16, minor: u16, patch: u16) -> Self {
        Self([major, minor, patch, 0])
    }

    /// Whether a broker of this version runs in KRaft mode; older ones need ZooKeeper.
    pub fn is_kraft(self) -> bool {
        self >= Self::new(3, 3, 0)
    }

    /// The version whose tools go with a broker of this one.
    #[must_use]
    pub fn tools(self) -> Self {
        self.min(Self::TOOLS)
    }

    /// The version of Scala its broker is published for.
    pub(super) fn scala(self) -> &'static str {
        if self >= Self::new(2, 4, 0) { "2.13" } else { "2.11" }
    }

    /// What Maven has to bring, as `group:artifact:version`.
    pub(super) fn artifacts(self) -> Vec<String> {
        let scala = self.scala();
        let mut artifacts = vec![format!("org.apache.kafka:kafka_{scala}:{self}")];
        // Published from 1.0 on; none for the newest broker yet.
        if self >= Self::new(1, 0, 0) && self <= Self::TOOLS {
            artifacts.push(format!("org.apache.kafka:kafka-tools:{self}"));
        }
        artifacts.extend(self.logging().iter().map(ToString::to_string));
        if self < Self::new(2, 0, 0) {
            // Java 11 dropped what these versions took from the JDK.
            artifacts.push("javax.xml.bind:jaxb-api:2.3.1".to_owned());
            artifacts.push("javax.activation:activation:1.1.1".to_owned());
        }
        artifacts
    }

    /// Log back ends where the broker's own dependencies bring none: a broker that cannot start
    /// says why only in its log.
    fn logging(self) -> &'static [&'static str] {
        if self >= Self::new(4, 0, 0) {
            return &["org.slf4j:slf4j-simple:1.7.36"];
        }
        if self < Self::new(2, 0, 0) {
            return &["log4j:log4j:1.2.17", "org.slf4j:slf4j-log4j12:1.7.25"];
        }
        &[]
    }
}

impl FromStr for Version {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        let mut numbers = [0; 4];
        let parts: Vec<_> = text.split('.').collect();
        let wanted = if parts.first() == Some(&"0") { 4 } else { 3 };
        if parts.len() != wanted {
            bail!("'{text}' is no Kafka version: it looks like 4.4.0, or 0.8.2.2");
        }
        for (number, part) in numbers.iter_mut().zip(parts) {
            let Ok(parsed) = part.parse() else {
                bail!("'{text}' is no Kafka version: '{part}' is no number");
            };
            *number = parsed;
        }
        Ok(Self(numbers))
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [major, minor, patch, fix] = self.0;
        write!(f, "{major}.{minor}.{patch}")?;
        if major == 0 { write!(f, ".{fix}") } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_value_agree() {
        for text in ["4.4.0", "3.9.1", "2.8.2", "1.1.1", "0.11.0.3", "0.8.2.2"] {
            assert_eq!(text.parse::<Version>().expect(text).to_string(), text);
        }
    }

    #[test]
    fn versions_are_ordered_by_number() {
        let old: Version = "0.11.0.3".parse().expect("a version");
        assert!(old < Version::V2_8 && Version::V2_8 < Version::LATEST);
        assert!(Version::new(2, 10, 0) > Version::V2_8);
    }

    #[test]
    fn anything_else_is_refused() {
        for text in ["", "4", "4.4", "4.4.0.1", "0.8.2", "four", "4.4.x", "-1.0.0"] {
            assert!(text.parse::<Version>().is_err(), "{text}");
        }
    }

    #[test]
    fn the_newest_broker_takes_older_tools() {
        assert_eq!(Version::LATEST.tools(), Version::TOOLS);
        assert_eq!(Version::V3_9.tools(), Version::V3_9);
    }
}
