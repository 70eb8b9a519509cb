//! What a kafka-clients jar says in code only: header versions, which APIs brokers send, and the
//! names of error codes; and its fields, which the schemas must have as well.
//!
//! A small Java program asks the jar's own classes and prints lines of words, read here.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

use super::layout::Layout;

/// The program, run from source.
const PROGRAM: &str = include_str!("Declared.java");

/// What one jar declares.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Declared {
    /// By API key.
    pub apis: BTreeMap<i16, DeclaredApi>,
    /// Names of the error codes.
    pub errors: BTreeMap<i16, String>,
}

/// What one jar declares about an API.
#[derive(Debug, PartialEq, Eq)]
pub struct DeclaredApi {
    /// Name.
    pub name: String,
    /// Marked as sent between brokers and controllers.
    pub cluster_action: bool,
    /// By version.
    pub headers: BTreeMap<i16, Headers>,
    /// Fields of requests, by version.
    pub requests: BTreeMap<i16, Layout>,
    /// Fields of responses, by version.
    pub responses: BTreeMap<i16, Layout>,
}

/// The header versions of one version of an API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Headers {
    /// Request header version.
    pub request: i16,
    /// Response header version.
    pub response: i16,
}

impl Declared {
    /// Asks the classes of the jars in `folder`: the client's, and what it needs to run.
    pub fn read(folder: &Path) -> Result<Self> {
        let scratch = tempfile::tempdir().context("no folder for Declared.java")?;
        let program = scratch.path().join("Declared.java");
        std::fs::write(&program, PROGRAM).context("cannot write Declared.java")?;
        let output = Command::new("java")
            .arg("-cp")
            .arg(folder.join("*"))
            .arg(&program)
            .output()
            .context("cannot run java: `cargo xtask setup` installs a JDK")?;
        let complaint = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "Declared.java (needs a JDK): {}", complaint.trim());
        Self::parse(&String::from_utf8(output.stdout)?)
    }

    fn parse(text: &str) -> Result<Self> {
        let mut declared = Self::default();
        for line in text.lines() {
            declared.take(line).with_context(|| format!("Declared.java said `{line}`"))?;
        }
        Ok(declared)
    }

    fn take(&mut self, line: &str) -> Result<()> {
        match line.split(' ').collect::<Vec<_>>()[..] {
            ["api", key, name, cluster_action] => {
                let api = DeclaredApi {
                    name: name.to_owned(),
                    cluster_action: cluster_action.parse()?,
                    headers: BTreeMap::new(),
                    requests: BTreeMap::new(),
                    responses: BTreeMap::new(),
                };
                self.apis.insert(key.parse()?, api);
            }
            ["version", key, version, request, response] => {
                let api = self.apis.get_mut(&key.parse()?).context("API not named before")?;
                let headers = Headers { request: request.parse()?, response: response.parse()? };
                api.headers.insert(version.parse()?, headers);
            }
            ["field", key, version, message, path, kind] => {
                let api = self.apis.get_mut(&key.parse()?).context("API not named before")?;
                let layouts = match message {
                    "request" => &mut api.requests,
                    "response" => &mut api.responses,
                    _ => bail!("neither request nor response"),
                };
                layouts.entry(version.parse()?).or_default().push(format!("{path} {kind}"));
            }
            ["error", code, name] => {
                self.errors.insert(code.parse()?, name.to_owned());
            }
            _ => bail!("not a line it prints"),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_the_program_prints() {
        let declared = Declared::parse(
            "api 7 Stop true\nversion 7 0 0 0\nversion 7 1 1 0\nfield 7 1 request a.b INT8",
        )
        .unwrap();
        let api = &declared.apis[&7];
        assert_eq!((api.name.as_str(), api.cluster_action), ("Stop", true));
        assert_eq!(api.headers[&1], Headers { request: 1, response: 0 });
        assert_eq!(api.requests[&1], ["a.b INT8"]);
    }

    #[test]
    fn refuses_anything_else() {
        for text in ["hello", "version 7 0 0 0", "api x Stop true"] {
            assert!(Declared::parse(text).is_err(), "{text}");
        }
    }
}
