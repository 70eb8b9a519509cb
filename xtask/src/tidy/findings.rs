//! What a check found, and where.

use std::fmt;

/// A line that breaks a rule.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// File, from the repository's root.
    pub path: String,
    /// Line, counted from 1.
    pub line: usize,
    /// What is wrong with it.
    pub text: String,
}

impl Finding {
    /// What is wrong with a line of a file.
    pub fn new(path: &str, line: usize, text: impl Into<String>) -> Self {
        Self { path: path.to_owned(), line, text: text.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.text)
    }
}
