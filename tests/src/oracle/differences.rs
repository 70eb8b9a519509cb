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

/// APIs that JMX does not count where they belong, by the observer's names.
///
/// - Envelope: the request inside is counted, under its own name, where it is unwrapped.
/// - SaslHandshake, SaslAuthenticate: answered during authentication, before requests are counted;
///   out of place they are refused, and counted.
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

/// The API whose own errors the broker never counts: it counts those of the request inside.
pub const UNCOUNTED_API: &str = "Envelope";

/// What a controller that is none any more refuses: it answers the Envelope alone with this, and
/// counts it as the error of the request inside.
pub const REFUSED_INSIDE: &str = "NOT_CONTROLLER";

/// Error codes that pass the wire and that `ErrorsPerSec` leaves out, by API and path of the field.
const UNCOUNTED: &[(&str, &str)] = &[
    // Why the settings of a new topic are not told, beside its success.
    ("CreateTopics", "topics.topicConfigErrorCode"),
    ("DeleteAcls", "filterResults.matchingAcls.errorCode"),
    // What became of an acknowledgement, beside the fetch's own error.
    ("ShareFetch", "responses.partitions.acknowledgeErrorCode"),
    // The top level alone is counted.
    ("AssignReplicasToDirs", "directories.topics.partitions.errorCode"),
    // The users' errors alone are counted.
    ("DescribeUserScramCredentials", "errorCode"),
    ("Metadata", "errorCode"),
];

/// APIs with such fields that a broker forwards to the controller.
const FORWARDED: &[&str] = &["CreateTopics", "DeleteAcls"];

/// Whether a broker leaves the error code at this path of a response out of its counts.
pub fn is_uncounted(api: &str, path: &str) -> bool {
    UNCOUNTED.contains(&(api, path))
}

/// How often the response that a client reads passes the wire: a forwarded one passes it inside an
/// Envelope as well, even on a node that is the controller itself.
pub fn copies(api: &str, version: Version) -> u64 {
    if version.is_kraft() && FORWARDED.contains(&api) { 2 } else { 1 }
}

/// A transaction marker in a log, with the batch around it: appended, though nobody produced it.
pub const MARKER_BYTES: u64 = 78;

/// Whether a broker appends to this topic itself: the offsets', the transactions' and the share
/// groups' state.
pub fn is_internal(topic: &str) -> bool {
    topic.starts_with("__")
}
