//! What to upgrade: a client's library and the versions it lacks in, a sentence out.
//!
//! Only what is certain is said here. From these releases on, libraries know a version that Kafka 4
//! takes of each API that they use: of Kafka's Java clients, librdkafka, kafka-python and KafkaJS
//! KIP-896 says so, of the others their own sources. These may be later than the first for which that
//! is true.

use super::report::{LibraryName, VersionUsed};
use crate::protocol::api::ApiKey;

/// A release; missing numbers are 0.
type Release = [u32; 3];

/// A library, and the release from which on it is ready.
struct Known {
    title: &'static str,
    ready: Release,
    /// What else that takes.
    with: &'static str,
}

const JAVA: Known = known_from("Kafka's Java clients", [2, 1, 0]);
const LIBRDKAFKA: Known = known_from("librdkafka", [1, 8, 2]);
const KAFKA_PYTHON: Known = known_from("kafka-python", [2, 0, 2]);
const KAFKA_JS: Known = known_from("KafkaJS", [1, 15, 0]);
/// Which versions it uses follows from a setting, whose default is enough from this release on.
const SARAMA: Known =
    Known { with: " with a Config.Version of 2.1 or later", ..known_from("Sarama", [1, 41, 0]) };
const KAFKA_GO: Known = known_from("kafka-go", [0, 4, 48]);
const FRANZ_GO: Known = known_from("franz-go", [1, 0, 0]);

/// Those that do not name themselves, or not always, or not always did.
const UNNAMED: [Known; 6] = [JAVA, LIBRDKAFKA, KAFKA_PYTHON, KAFKA_JS, SARAMA, KAFKA_GO];

const fn known_from(title: &'static str, ready: Release) -> Known {
    Known { title, ready, with: "" }
}

/// What somebody should do about a client.
pub fn advice(library: Option<&LibraryName>, versions: &[VersionUsed]) -> String {
    let lacking = lacking(versions);
    let Some(library) = library else {
        return format!(
            "no library was named: if it is, or is built on, one of these, upgrade it to this \
             release or a later one: {}; any other must learn {lacking}",
            UNNAMED
                .map(|Known { title, ready, with }| format!("{title} {}{with}", written(ready)))
                .join(", "),
        );
    };
    let Some((Known { title, ready, with }, release)) = known(library) else {
        return format!("upgrade to a release of this library that speaks {lacking}");
    };
    let ready_text = written(*ready);
    match release {
        Some(release) if release >= *ready => format!(
            "{title} {ready_text} and later{with} know newer versions: look for an older broker, \
             or a setting, that keeps this client from {lacking}"
        ),
        _ => format!("upgrade to {title} {ready_text} or later{with}, for {lacking}"),
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
    let known = match &*library.name {
        "apache-kafka-java" => &JAVA,
        "librdkafka" => &LIBRDKAFKA,
        "kafka-python" => &KAFKA_PYTHON,
        "sarama" => &SARAMA,
        "kgo" => &FRANZ_GO,
        _ => {
            let (_, version) = library.version.split_once(BUILT_ON_LIBRDKAFKA)?;
            return Some((&LIBRDKAFKA, release(version)));
        }
    };
    Some((known, release(&library.version)))
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
        advice(Some(&library), &[used(), VersionUsed { api_version: 2, ..used() }])
    }

    fn used() -> VersionUsed {
        VersionUsed {
            api_key: 1,
            api: "FetchConsumer".to_owned(),
            api_version: 3,
            lowest_version: Some(4),
            requests: 1,
        }
    }

    #[test]
    fn an_old_release_is_to_be_upgraded() {
        let old = "upgrade to librdkafka 1.8.2 or later, for Fetch v4";
        assert_eq!(said("librdkafka", "1.8.0"), old);
        assert_eq!(said("confluent-kafka-python", "1.6.0-rc1-librdkafka-1.6.0"), old);
        assert_eq!(said("librdkafka", "nobody knows"), old);
        assert_eq!(said("kgo", "unknown"), "upgrade to franz-go 1.0 or later, for Fetch v4");
        assert_eq!(
            said("sarama", "v1.40.1"),
            "upgrade to Sarama 1.41 or later with a Config.Version of 2.1 or later, for Fetch v4"
        );
    }

    #[test]
    fn a_new_release_is_kept_back_by_something_else() {
        for (name, version) in [
            ("apache-kafka-java", "3.9.1"),
            ("apache-kafka-java", "7.5.0-ccs"),
            ("librdkafka", "v1.8.2"),
            ("confluent-kafka-go", "2.3.0-librdkafka-2.3.0"),
            ("kafka-python", "2.1.0"),
            ("sarama", "v1.45.2"),
            ("kgo", "v1.22.2"),
        ] {
            assert!(said(name, version).contains("look for an older broker"), "{name} {version}");
        }
    }

    #[test]
    fn of_another_library_it_is_said_what_it_must_speak() {
        let other = "upgrade to a release of this library that speaks Fetch v4";
        assert_eq!(said("brod", "4.4.2"), other);
    }

    #[test]
    fn who_names_no_library_may_use_one_of_several() {
        assert_eq!(
            advice(None, &[used()]),
            "no library was named: if it is, or is built on, one of these, upgrade it to this \
             release or a later one: Kafka's Java clients 2.1, librdkafka 1.8.2, kafka-python \
             2.0.2, KafkaJS 1.15, Sarama 1.41 with a Config.Version of 2.1 or later, kafka-go \
             0.4.48; any other must learn Fetch v4"
        );
    }
}
