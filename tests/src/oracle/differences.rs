//! What a broker counts in another way than it passes the wire. Anything else is a defect.

use xtask::kafka::Version;

/// Requests that a broker sends itself for as long as it runs: their counts are compared with two
/// readings, one before the capture's end and one after it.
pub const NEVER_QUIET: &[&str] = &["BrokerHeartbeat"];

/// The same in a cluster, where followers fetch too.
pub const FOLLOWED: &[&str] = &["BrokerHeartbeat", "Fetch", "FetchFollower"];

/// A name that JMX counts under, and what to do with the count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Treatment {
    /// It counts the same requests a second time.
    Ignore,
    /// On the wire it is this API.
    Add(&'static str),
}

/// Where it applies, what to do, and why.
struct Difference {
    name: &'static str,
    since: Version,
    treatment: Treatment,
    /// Shown to who reads the table; the comparison does not need it.
    _reason: &'static str,
}

const ALWAYS: Version = Version::new(1, 0, 0);

/// By name; of several lines for one name the last that the version has reached holds.
const JMX_NAMES: &[Difference] = &[
    Difference {
        name: "FetchConsumer",
        since: ALWAYS,
        treatment: Treatment::Ignore,
        _reason: "Fetch counts consumers' and followers' fetches together, besides",
    },
    Difference {
        name: "FetchFollower",
        since: ALWAYS,
        treatment: Treatment::Ignore,
        _reason: "Fetch counts consumers' and followers' fetches together, besides",
    },
    Difference {
        name: "AddPartitionsToTxnVerification",
        since: ALWAYS,
        treatment: Treatment::Add("AddPartitionsToTxn"),
        _reason: "the same API, with a flag in its body (KIP-890)",
    },
    Difference {
        name: "ListClientMetricsResources",
        since: ALWAYS,
        treatment: Treatment::Add("ListConfigResources"),
        _reason: "the name of API 74 before KIP-1142",
    },
    Difference {
        name: "ListClientMetricsResources",
        since: Version::new(4, 1, 0),
        treatment: Treatment::Ignore,
        _reason: "counted as ListConfigResources besides",
    },
];

/// APIs that JMX never counts, by the observer's names.
///
/// - Envelope: the request inside is counted, under its own name, where it is unwrapped.
/// - SaslHandshake, SaslAuthenticate: answered during authentication, before requests are counted.
pub const NOT_COUNTED: &[&str] = &["Envelope", "SaslHandshake", "SaslAuthenticate"];

/// The API under which a name that JMX counts under is to be compared; none where it repeats others.
pub fn wire_name(jmx: &str, version: Version) -> Option<&str> {
    let applies = |d: &&Difference| d.name == jmx && version >= d.since;
    match JMX_NAMES.iter().rev().find(applies).map(|d| d.treatment) {
        Some(Treatment::Ignore) => None,
        Some(Treatment::Add(api)) => Some(api),
        None => Some(jmx),
    }
}

/// The API under which one of the observer's names is to be compared.
pub fn common_name(api: &str) -> &str {
    match api {
        "FetchConsumer" | "FetchFollower" => "Fetch",
        other => other,
    }
}
