//! Ranges of versions as the schemas write them: `none`, `3`, `0-5`, `9+`.

use anyhow::{Context, Result, ensure};

/// An inclusive range of versions; empty where `first > last`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Versions {
    /// Lowest version.
    pub first: i16,
    /// Highest version; `i16::MAX` for "and every later one".
    pub last: i16,
}

impl Versions {
    /// No version.
    pub const NONE: Self = Self { first: 0, last: -1 };

    /// Reads a range.
    pub fn parse(text: &str) -> Result<Self> {
        let number = |digits: &str| {
            let number: i16 =
                digits.parse().with_context(|| format!("`{text}` is not a range of versions"))?;
            ensure!(number >= 0, "`{text}` is not a range of versions");
            Ok(number)
        };
        if text == "none" {
            return Ok(Self::NONE);
        }
        if let Some(first) = text.strip_suffix('+') {
            return Ok(Self { first: number(first)?, last: i16::MAX });
        }
        let (first, last) = text.split_once('-').unwrap_or((text, text));
        let range = Self { first: number(first)?, last: number(last)? };
        ensure!(!range.is_empty(), "`{text}` is a range that ends before it begins");
        Ok(range)
    }

    /// Whether `version` lies in the range.
    pub fn contains(self, version: i16) -> bool {
        (self.first..=self.last).contains(&version)
    }

    /// Whether no version lies in the range.
    pub fn is_empty(self) -> bool {
        self.first > self.last
    }

    /// The versions in both ranges.
    pub fn intersect(self, other: Self) -> Self {
        Self { first: self.first.max(other.first), last: self.last.min(other.last) }
    }

    /// The versions, lowest first.
    pub fn iter(self) -> impl Iterator<Item = i16> {
        self.first..=self.last
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_every_form() {
        let range = |first, last| Versions { first, last };
        assert_eq!(Versions::parse("none").unwrap(), Versions::NONE);
        assert_eq!(Versions::parse("3").unwrap(), range(3, 3));
        assert_eq!(Versions::parse("0-5").unwrap(), range(0, 5));
        assert_eq!(Versions::parse("9+").unwrap(), range(9, i16::MAX));
    }

    #[test]
    fn refuses_what_is_no_range() {
        for text in ["", "-1", "x", "5-3", "1-", "+", "0-5+", "40000"] {
            assert!(Versions::parse(text).is_err(), "{text}");
        }
    }
}
