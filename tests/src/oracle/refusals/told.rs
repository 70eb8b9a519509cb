//! What the scenario's own clients read, and what they know beyond it: the lines that its program
//! prints in; counts out. It is described where it is printed, in `tests/java/errors/Tally.java`.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail};

use super::errors::Errors;
use crate::oracle::differences::is_uncounted;

/// Errors by API, path of the field, and name.
pub type Paths = BTreeMap<(String, String, String), u64>;

/// Records that a broker took without an error, and did not append.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Unappended {
    /// Their record sets.
    pub bytes: u64,
    /// How many.
    pub records: u64,
}

/// All that the scenario tells.
#[derive(Clone, Debug, Default)]
pub struct Told {
    /// Errors in the responses that its raw clients read: fewer than there were on the wire.
    pub answered: Paths,
    /// The same, in responses before or during a login.
    pub at_login: Paths,
    /// Errors that the broker has counted and not sent.
    pub unsent: Errors,
    /// Transaction markers by topic.
    pub markers: BTreeMap<String, u64>,
    /// By topic.
    pub unappended: BTreeMap<String, Unappended>,
}

impl Told {
    /// Reads the program's output.
    pub fn parse(text: &str) -> Result<Self> {
        let mut told = Self::default();
        for line in text.lines() {
            told.take(line).with_context(|| format!("the scenario said: {line}"))?;
        }
        Ok(told)
    }

    /// All errors that its raw clients read.
    pub fn errors(&self) -> Errors {
        let mut errors = Errors::new();
        for ((api, _, error), count) in self.answered.iter().chain(&self.at_login) {
            *errors.entry((api.clone(), error.clone())).or_default() += count;
        }
        errors
    }

    /// What passed the wire, and the broker does not count.
    pub fn uncounted(&self) -> Paths {
        let of_paths = self.answered.iter().filter(|((api, path, _), _)| is_uncounted(api, path));
        let mut all = self.at_login.clone();
        all.extend(of_paths.map(|(key, count)| (key.clone(), *count)));
        all
    }

    fn take(&mut self, line: &str) -> Result<()> {
        let fields: Vec<_> = line.split('\t').collect();
        match fields[..] {
            ["answered", api, path, error, count] => {
                self.answered.insert(triple(api, path, error), count.parse()?);
            }
            ["login", api, path, error, count] => {
                self.at_login.insert(triple(api, path, error), count.parse()?);
            }
            ["unsent", api, error, count] => {
                self.unsent.insert((api.to_owned(), error.to_owned()), count.parse()?);
            }
            ["markers", topic, count] => {
                self.markers.insert(topic.to_owned(), count.parse()?);
            }
            ["unappended", topic, bytes, records] => {
                let unappended = Unappended { bytes: bytes.parse()?, records: records.parse()? };
                self.unappended.insert(topic.to_owned(), unappended);
            }
            _ => bail!("which is none of its lines"),
        }
        Ok(())
    }
}

fn triple(api: &str, path: &str, error: &str) -> (String, String, String) {
    (api.to_owned(), path.to_owned(), error.to_owned())
}
