//! What the releases do not agree on: jars in, out the layouts that two of them give one version.
//!
//! The newest release is believed. An older broker may still speak the other layout, so the observer
//! believes a message of such a version only where all of it fits.

use std::fmt;

use super::jar::Jar;
use super::layout;
use super::message::{Kind, Message};
use crate::kafka::Version;

/// A version of a message that two releases lay out differently.
#[derive(Debug)]
pub struct Dispute {
    /// API key.
    pub key: i16,
    /// Request or response.
    pub kind: Kind,
    /// The version.
    pub version: i16,
    name: String,
    newer: Version,
    older: Version,
    field: String,
}

/// All such versions; the jars are newest first.
pub fn find(jars: &[Jar]) -> Vec<Dispute> {
    let mut all = Vec::new();
    for (place, older) in jars.iter().enumerate() {
        for theirs in messages(older) {
            for version in theirs.valid.iter() {
                let mut newer = jars.iter().take(place);
                all.extend(newer.find_map(|jar| dispute(version, (jar, older.release), theirs)));
            }
        }
    }
    all.sort_by_key(|dispute: &Dispute| (dispute.key, dispute.kind == Kind::Response));
    all
}

/// Requests and responses.
fn messages(jar: &Jar) -> impl Iterator<Item = &Message> {
    jar.messages.iter().filter(|message| matches!(message.kind, Kind::Request | Kind::Response))
}

fn dispute(version: i16, (newer, older): (&Jar, Version), theirs: &Message) -> Option<Dispute> {
    let same = |ours: &&Message| (ours.api_key, ours.kind) == (theirs.api_key, theirs.kind);
    let ours = messages(newer).find(same).filter(|ours| ours.valid.contains(version))?;
    let field = layout::wire_difference(ours, theirs, version)?;
    Some(Dispute {
        key: ours.api_key?,
        kind: ours.kind,
        version,
        name: ours.name.clone(),
        newer: newer.release,
        older,
        field,
    })
}

impl fmt::Display for Dispute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { key, version, name, newer, older, field, .. } = self;
        write!(
            f,
            "{name} v{version} (key {key}): not {older}'s, which differs from {newer}'s `{field}` on"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::super::declared::Declared;
    use super::*;

    fn jar(release: Version, valid: &str, fields: &str) -> Jar {
        let text = format!(
            r#"{{ "apiKey": 3, "type": "response", "name": "AskResponse", "validVersions": "{valid}",
                  "flexibleVersions": "1+", "fields": [{fields}] }}"#
        );
        let messages = vec![Message::parse("AskResponse.json", &text).unwrap()];
        Jar { release, sha256: String::new(), messages, declared: Declared::default() }
    }

    fn disputes(newer: (&str, &str), older: (&str, &str)) -> Vec<String> {
        let jars = [jar(Version::LATEST, newer.0, newer.1), jar(Version::V3_9, older.0, older.1)];
        find(&jars).iter().map(ToString::to_string).collect()
    }

    const EPOCH: &str = r#"{ "name": "Epoch", "type": "int32", "versions": "0+" }"#;
    const OFFSET: &str = r#"{ "name": "Offset", "type": "int64", "versions": "0+" }"#;

    #[test]
    fn a_field_that_only_one_has_is_noticed_in_each_common_version() {
        let both = format!("{EPOCH}, {OFFSET}");
        assert_eq!(
            disputes(("1-3", &both), ("0-1", OFFSET)),
            [format!(
                "AskResponse v1 (key 3): not {}'s, which differs from {}'s `epoch INT32` on",
                Version::V3_9,
                Version::LATEST
            )]
        );
        assert!(disputes(("2-3", &both), ("0-1", OFFSET)).is_empty(), "no common version");
    }

    #[test]
    fn another_name_is_no_difference_and_null_is_one() {
        let renamed = EPOCH.replace("Epoch", "Term");
        assert!(disputes(("0", EPOCH), ("0", &renamed)).is_empty());
        let cursor = |nullable: &str| {
            format!(
                r#"{{ "name": "Cursor", "type": "Cursor", "versions": "0+"{nullable},
                      "fields": [{EPOCH}] }}"#
            )
        };
        let nullable = cursor(r#", "nullableVersions": "0+""#);
        assert_eq!(disputes(("0", &nullable), ("0", &cursor(""))).len(), 1);
    }
}
