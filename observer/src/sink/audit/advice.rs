//! What to upgrade: a client's library and the versions it lacks in, a sentence out.
//!
//! Only what KIP-896 itself says of libraries is said here: Kafka's Java clients from 2.1 on, and
//! librdkafka from 1.8.2 on, use no version that Kafka 4 does not take.

use super::report::{LibraryName, VersionUsed};
use crate::protocol::api::ApiKey;

/// A release; missing numbers are 0.
type Release = [u32; 3];

/// A library, and the release from which on it is ready.
struct Known {
    title: &'static str,
    ready: Release,
}

const JAVA: Known = Known { title: "Kafka's Java clients", ready: [2, 1, 0] };
const LIBRDKAFKA: Known = Known { title: "librdkafka", ready: [1, 8, 2] };

/// What somebody should do about a client.
pub fn advice(library: Option<&LibraryName>, versions: &[VersionUsed]) -> String {
    let lacking = lacking(versions);
    let Some(library) = library else {
        return format!(
            "no library was named: if it is one of {}, upgrade to {} or later, if it is built on \
             {}, to {} or later; any other must learn {lacking}",
            JAVA.title,
            written(JAVA.ready),
            LIBRDKAFKA.title,
            written(LIBRDKAFKA.ready),
        );
    };
    let Some((Known { title, ready }, release)) = known(library) else {
        return format!("upgrade to a release of this library that speaks {lacking}");
    };
    let ready_text = written(*ready);
    match release {
        Some(release) if release >= *ready => format!(
            "{title} {ready_text} and later know newer versions: look for an older broker, or a \
             setting, that keeps this client from {lacking}"
        ),
        _ => format!("upgrade to {title} {ready_text} or later, for {lacking}"),
    }
}

/// The lowest versions that are taken.
fn lacking(versions: &[VersionUsed]) -> String {
    let api = |used: &VersionUsed| ApiKey(used.api_key).to_string();
    let mut lacking: Vec<_> = versions
        .iter()
        .map(|used| match used.lowest_version {
            Some(lowest) => format!("{} v{lowest}", api(used)),
            None => format!("what replaces {}", api(used)),
        })
        .collect();
    lacking.dedup();
    lacking.join(", ")
}

/// The library that it is, or is built on, and its release.
fn known(library: &LibraryName) -> Option<(&'static Known, Option<Release>)> {
    const BUILT_ON_LIBRDKAFKA: &str = "librdkafka-";
    if library.name == "apache-kafka-java" {
        return Some((&JAVA, release(&library.version)));
    }
    if library.name == "librdkafka" {
        return Some((&LIBRDKAFKA, release(&library.version)));
    }
    let (_, version) = library.version.split_once(BUILT_ON_LIBRDKAFKA)?;
    Some((&LIBRDKAFKA, release(version)))
}

/// The numbers that a version begins with.
fn release(version: &str) -> Option<Release> {
    let mut release = Release::default();
    let mut parts = version.trim_start_matches('v').split(['.', '-', '_', '+']);
    for (index, number) in release.iter_mut().enumerate() {
        match parts.next().map(str::parse) {
            Some(Ok(parsed)) => *number = parsed,
            _ if index == 0 => return None,
            _ => break,
        }
    }
    Some(release)
}

/// A release as people write it, without the zero at its end.
fn written([major, minor, patch]: Release) -> String {
    match patch {
        0 => format!("{major}.{minor}"),
        _ => format!("{major}.{minor}.{patch}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(name: &str, version: &str) -> String {
        let library = LibraryName { name: name.to_owned(), version: version.to_owned() };
        let used = VersionUsed {
            api_key: 1,
            api: "FetchConsumer".to_owned(),
            api_version: 3,
            lowest_version: Some(4),
            requests: 1,
        };
        advice(Some(&library), &[used.clone(), VersionUsed { api_version: 2, ..used }])
    }

    #[test]
    fn an_old_release_is_to_be_upgraded() {
        let old = "upgrade to librdkafka 1.8.2 or later, for Fetch v4";
        assert_eq!(said("librdkafka", "1.8.0"), old);
        assert_eq!(said("confluent-kafka-python", "1.6.0-rc1-librdkafka-1.6.0"), old);
        assert_eq!(said("librdkafka", "nobody knows"), old);
    }

    #[test]
    fn a_new_release_is_kept_back_by_something_else() {
        for (name, version) in [
            ("apache-kafka-java", "3.9.1"),
            ("apache-kafka-java", "7.5.0-ccs"),
            ("librdkafka", "v1.8.2"),
            ("confluent-kafka-go", "2.3.0-librdkafka-2.3.0"),
        ] {
            assert!(said(name, version).contains("look for an older broker"), "{name} {version}");
        }
    }

    #[test]
    fn of_another_library_it_is_said_what_it_must_speak() {
        let other = "upgrade to a release of this library that speaks Fetch v4";
        assert_eq!(said("sarama", "1.0"), other);
    }
}
