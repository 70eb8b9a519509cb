//! Watched TCP ports: from `9092,9094-9099` to a set that live capture and replay ask.

use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;

const WORDS: usize = 65_536 / 64;

/// A set of TCP ports.
#[derive(Clone, PartialEq, Eq)]
pub struct Ports(Box<[u64; WORDS]>);

/// Why a text is no list of ports.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PortsError {
    /// Nothing in it, or nothing between two commas.
    #[error("a port is missing in \"{0}\": write ports and ranges like 9092,9094-9099")]
    Missing(String),
    /// Not one or two numbers from 1 to 65535.
    #[error("\"{0}\" is neither a port nor a range: ports are numbers from 1 to 65535")]
    NotAPort(String),
    /// A range that ends before it begins.
    #[error("the range \"{0}\" ends before it begins")]
    Backwards(String),
}

impl Ports {
    /// Whether a port is in the set.
    pub fn contains(&self, port: u16) -> bool {
        self.0.get(usize::from(port / 64)).is_some_and(|word| word >> (port % 64) & 1 != 0)
    }

    /// The ports, ascending.
    pub fn iter(&self) -> impl Iterator<Item = u16> + '_ {
        (0..=u16::MAX).filter(|port| self.contains(*port))
    }

    /// The number of ports.
    pub fn count(&self) -> usize {
        self.0.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// Takes in the ports of another set.
    pub fn insert_all(&mut self, other: &Self) {
        for (word, others) in self.0.iter_mut().zip(other.words()) {
            *word |= others;
        }
    }

    /// A set without any port.
    pub fn none() -> Self {
        Self(Box::new([0; WORDS]))
    }

    /// The set as 65,536 bits: bit `port % 64` of word `port / 64`.
    pub const fn words(&self) -> &[u64; WORDS] {
        &self.0
    }

    /// Runs of neighbouring ports, ascending.
    fn ranges(&self) -> Vec<RangeInclusive<u16>> {
        let mut ranges: Vec<RangeInclusive<u16>> = Vec::new();
        for port in self.iter() {
            match ranges.last_mut() {
                Some(last) if port.checked_sub(1) == Some(*last.end()) => {
                    *last = *last.start()..=port;
                }
                _ => ranges.push(port..=port),
            }
        }
        ranges
    }
}

impl Default for Ports {
    /// Kafka's own default, 9092.
    fn default() -> Self {
        [9092..=9092].into_iter().collect()
    }
}

impl FromIterator<RangeInclusive<u16>> for Ports {
    fn from_iter<I: IntoIterator<Item = RangeInclusive<u16>>>(ranges: I) -> Self {
        let mut words = Box::new([0_u64; WORDS]);
        for port in ranges.into_iter().flatten() {
            if let Some(word) = words.get_mut(usize::from(port / 64)) {
                *word |= 1 << (port % 64);
            }
        }
        Self(words)
    }
}

impl FromStr for Ports {
    type Err = PortsError;

    /// A comma-separated list of ports and ranges; blanks around them do not matter.
    fn from_str(text: &str) -> Result<Self, PortsError> {
        text.split(',').map(|item| parse_item(item.trim(), text)).collect()
    }
}

fn parse_item(item: &str, text: &str) -> Result<RangeInclusive<u16>, PortsError> {
    if item.is_empty() {
        return Err(PortsError::Missing(text.to_owned()));
    }
    let Some((first, last)) = item.split_once('-') else {
        let port = parse_port(item, item)?;
        return Ok(port..=port);
    };
    let range = parse_port(first.trim(), item)?..=parse_port(last.trim(), item)?;
    if range.is_empty() {
        return Err(PortsError::Backwards(item.to_owned()));
    }
    Ok(range)
}

fn parse_port(text: &str, item: &str) -> Result<u16, PortsError> {
    // The standard parser would take a plus sign.
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    match text.parse() {
        Ok(port) if port != 0 && digits => Ok(port),
        _ => Err(PortsError::NotAPort(item.to_owned())),
    }
}

impl fmt::Display for Ports {
    /// As it is parsed, in ascending order.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, range) in self.ranges().into_iter().enumerate() {
            let comma = if i == 0 { "" } else { "," };
            match (range.start(), range.end()) {
                (first, last) if first == last => write!(f, "{comma}{first}")?,
                (first, last) => write!(f, "{comma}{first}-{last}")?,
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Ports {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Ports({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_and_ranges_are_understood_and_printed() {
        for (text, printed) in [
            ("9092", "9092"),
            ("9092,9094-9099", "9092,9094-9099"),
            (" 9094 - 9096 , 9092", "9092,9094-9096"),
            ("9093,9092,9092", "9092-9093"),
            ("1-65535", "1-65535"),
        ] {
            let ports: Ports = text.parse().unwrap();
            assert_eq!(ports.to_string(), printed);
            assert_eq!(printed.parse(), Ok(ports));
        }
        assert_eq!(Ports::default().to_string(), "9092");
    }

    #[test]
    fn what_is_no_port_is_named() {
        let missing = |text: &str| PortsError::Missing(text.to_owned());
        let not_a_port = |text: &str| PortsError::NotAPort(text.to_owned());
        for (text, error) in [
            ("", missing("")),
            ("9092,", missing("9092,")),
            (",,", missing(",,")),
            ("0", not_a_port("0")),
            ("65536", not_a_port("65536")),
            ("+9092", not_a_port("+9092")),
            ("kafka", not_a_port("kafka")),
            ("9092,9093-", not_a_port("9093-")),
            ("-1", not_a_port("-1")),
            ("9092-9093-9094", not_a_port("9092-9093-9094")),
            ("9099-9094", PortsError::Backwards("9099-9094".to_owned())),
        ] {
            assert_eq!(text.parse::<Ports>(), Err(error), "{text}");
        }
    }

    #[test]
    fn words_and_membership_agree() {
        let ports: Ports = "1,63-64,9092,65535".parse().unwrap();
        assert_eq!(ports.iter().collect::<Vec<_>>(), [1, 63, 64, 9092, 65535]);
        for port in 0..=u16::MAX {
            let bit = ports.words()[usize::from(port) / 64] >> (port % 64) & 1;
            assert_eq!(bit == 1, ports.contains(port));
        }
    }
}
