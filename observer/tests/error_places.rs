//! Errors in places where a broker's own counters do not look: what is on the wire is told, each
//! occurrence once.

mod parts;

use observer::decode::Facts;
use observer::event::Side;
use observer::protocol::api::ApiKey;
use parts::Part::Bytes;
use parts::decoded;

/// Errors with the topics that they are said of, and how often.
fn errors(facts: &Facts) -> Vec<(i16, Option<&str>, u32)> {
    let topic = |index| facts.topic(index).and_then(|topic| topic.name.as_deref());
    facts.errors.iter().map(|e| (e.code.0, e.topic.and_then(topic), e.count)).collect()
}

fn answer(key: ApiKey, version: i16, bytes: &[u8]) -> Facts {
    let facts = decoded((key, Side::Response, version), &[Bytes(bytes)]);
    assert_eq!(facts.undecoded, None, "{facts:?}");
    facts
}

#[test]
fn delete_acls_tells_of_filters_and_of_each_rule_that_matched() {
    // v1: a filter without an error, whose rules for topic `t`, group `t` and all topics could not be
    // deleted, but one of `u`; then a filter that is refused.
    let rule = |code: u8, kind: u8, name: u8| {
        let start = [0, code, 0xff, 0xff, kind, 0, 1, name, 3];
        [&start[..], &[0, 1, b'p', 0, 1, b'*', 2, 3]].concat()
    };
    let rules = [rule(31, 2, b't'), rule(31, 3, b't'), rule(31, 2, b'*'), rule(0, 2, b'u')];
    let mut bytes = vec![0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0xff, 0xff, 0, 0, 0, 4];
    bytes.extend(rules.concat());
    bytes.extend([0, 42, 0xff, 0xff, 0, 0, 0, 0]);
    let facts = answer(ApiKey::DELETE_ACLS, 1, &bytes);
    let mut errors = errors(&facts);
    errors.sort_unstable();
    assert_eq!(errors, [(31, None, 2), (31, Some("t"), 1), (42, None, 1)]);
}

#[test]
fn metadata_has_an_error_of_its_own_from_version_13_on() {
    // Tags, throttling, no brokers, no cluster id, controller -1; topic `t` of no partition with an
    // error of its own; then the message's.
    let mut bytes = vec![0, 0, 0, 0, 0, 1, 0, 0xff, 0xff, 0xff, 0xff, 2, 0, 3, 2, b't'];
    bytes.extend([0; 16]);
    bytes.extend([0, 1, 0x80, 0, 0, 0, 0, 0, 129, 0]);
    let facts = answer(ApiKey::METADATA, 13, &bytes);
    assert_eq!(errors(&facts), [(3, Some("t"), 1), (129, None, 1)]);
}

#[test]
fn a_top_level_error_is_not_repeated_for_each_partition() {
    // The top level of LeaderAndIsr and StopReplica v0, and two partitions, of which one has an error.
    for key in [ApiKey::LEADER_AND_ISR, ApiKey::STOP_REPLICA] {
        let mut bytes = vec![0, 11, 0, 0, 0, 2];
        bytes.extend([0, 1, b't', 0, 0, 0, 0, 0, 0]);
        bytes.extend([0, 1, b't', 0, 0, 0, 1, 0, 56]);
        assert_eq!(errors(&answer(key, 0, &bytes)), [(11, None, 1), (56, Some("t"), 1)], "{key}");
    }
}

#[test]
fn what_a_broker_of_0_9_answers_to_metadata_v1_is_no_success() {
    // It ignores the version, and answers in that of 0: broker 1 at `h`:9092, topic `t`.
    let mut bytes = vec![0, 0, 0, 1, 0, 0, 0, 1, 0, 1, b'h', 0, 0, 0x23, 0x84];
    bytes.extend([0, 0, 0, 1, 0, 0, 0, 1, b't', 0, 0, 0, 1]);
    bytes.extend([0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1]);
    let whole = answer(ApiKey::METADATA, 0, &bytes);
    assert_eq!((whole.topics.len(), errors(&whole)), (1, vec![]));
    let facts = decoded((ApiKey::METADATA, Side::Response, 1), &[Bytes(&bytes)]);
    assert!(facts.undecoded.is_some(), "{facts:?}");
    assert_eq!((facts.topics.len(), errors(&facts)), (0, vec![]), "{facts:?}");
    // Without brokers and topics it is too short.
    let empty = decoded((ApiKey::METADATA, Side::Response, 1), &[Bytes(&[0; 8])]);
    assert!(empty.undecoded.is_some(), "{empty:?}");
}

#[test]
fn a_topic_whose_settings_may_not_be_seen_was_created() {
    // CreateTopics v5: `t` without an error, but the settings are not shown (tag 0: 29); `u` failed.
    let mut bytes = vec![0, 0, 0, 0, 0, 3];
    bytes.extend([2, b't', 0, 0, 0, 0, 0, 0, 1, 0, 1, 1, 1, 0, 2, 0, 29]);
    bytes.extend([2, b'u', 0, 36, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0]);
    let facts = answer(ApiKey::CREATE_TOPICS, 5, &bytes);
    assert_eq!(errors(&facts), [(29, None, 1), (36, Some("u"), 1)]);
    assert_eq!(facts.topics.iter().map(|topic| topic.is_failed).collect::<Vec<_>>(), [false, true]);
}
