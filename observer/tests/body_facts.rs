//! What a body says and what it does not, as scripts: where it would be easy to say too much.

mod parts;

use observer::decode::{Facts, Undecoded};
use observer::event::Side;
use observer::protocol::api::ApiKey;
use observer::protocol::error_code::ErrorCode;
use observer::protocol::machine::Wrapped;
use observer::tables::{Evictions, Table};
use parts::Part::{Bytes, Elided, Gap};
use parts::{answer_to, decoded, decoded_by, decoder, run};

const CREATE_ACLS: ApiKey = ApiKey(30);
const ALTER_CONFIGS: ApiKey = ApiKey(44);
const ENVELOPE: ApiKey = ApiKey(58);
const DESCRIBE_TOPICS: ApiKey = ApiKey(75);
const TOPOLOGY: ApiKey = ApiKey(93);

/// A request header's client id: null.
const NOBODY: [u8; 2] = [0xff, 0xff];

fn topics(facts: &Facts) -> Vec<&str> {
    let name = |topic: &observer::decode::Topic| topic.name.is_some();
    assert!(facts.topics.iter().all(name), "{facts:?}");
    facts.topics.iter().filter_map(|topic| topic.name.as_deref()).collect()
}

/// IncrementalAlterConfigs v0: a setting of a resource named `1`.
fn alter_configs(resource_type: u8) -> Vec<u8> {
    let settings = [0, 0, 0, 1, 0, 1, b'k', 0, 0, 1, b'v', 0];
    [&NOBODY[..], &[0, 0, 0, 1, resource_type, 0, 1, b'1'], &settings].concat()
}

#[test]
fn only_a_resource_that_is_a_topic_is_one() {
    let message = (ALTER_CONFIGS, Side::Request, 0);
    for (resource_type, expected) in [(2, vec!["1"]), (4, vec![])] {
        let bytes = alter_configs(resource_type);
        assert_eq!(topics(&decoded(message, &[Bytes(&bytes)])), expected);
        for cut in 0..bytes.len() {
            let facts = decoded(message, &[Bytes(&bytes[..cut]), Gap(bytes.len() - cut)]);
            assert!(facts.topics.is_empty() || cut > 14 && resource_type == 2, "{cut}: {facts:?}");
        }
        let facts = decoded(message, &[Bytes(&bytes[..6]), Gap(1), Bytes(&bytes[7..])]);
        assert!(facts.topics.is_empty(), "of whatever type: {facts:?}");
    }
}

#[test]
fn patterns_are_no_topics() {
    let rule = |name: &[u8], pattern: u8| {
        [&[2, 0, name.len() as u8][..], name, &[pattern, 0, 1, b'u', 0, 1, b'*', 2, 3]].concat()
    };
    // Every topic, the topics that begin so, one topic.
    let rules = [rule(b"*", 3), rule(b"pre", 4), rule(b"one", 3)].concat();
    let bytes = [&NOBODY[..], &[0, 0, 0, 3], &rules].concat();
    assert_eq!(topics(&decoded((CREATE_ACLS, Side::Request, 1), &[Bytes(&bytes)])), ["one"]);
}

#[test]
fn a_time_is_no_offset() {
    // ListOffsets v1: topic `t`, partition 0, no error, time, offset.
    let mut bytes = vec![0, 0, 0, 1, 0, 1, b't', 0, 0, 0, 1, 0, 0, 0, 0, 0, 0];
    bytes.extend(1_700_000_000_000_i64.to_be_bytes());
    bytes.extend(42_i64.to_be_bytes());
    let (message, behind) = ((ApiKey::LIST_OFFSETS, Side::Response, 1), bytes.len() - 1);
    assert_eq!(decoded(message, &[Bytes(&bytes)]).partitions[0].offset, Some(42));
    let lost = decoded(message, &[Bytes(&bytes[..behind]), Gap(1)]);
    assert!(lost.partitions.is_empty() && lost.undecoded == Some(Undecoded::Gap), "{lost:?}");
}

#[test]
fn of_several_offsets_the_first_is_told_or_none() {
    // ListOffsets v0: topic `t`, partition 0, no error, two offsets.
    let mut bytes = vec![0, 0, 0, 1, 0, 1, b't', 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2];
    let first = bytes.len();
    bytes.extend([42_i64.to_be_bytes(), 7_i64.to_be_bytes()].concat());
    let message = (ApiKey::LIST_OFFSETS, Side::Response, 0);
    assert_eq!(decoded(message, &[Bytes(&bytes)]).partitions[0].offset, Some(42));
    let parts = [Bytes(&bytes[..first]), Gap(8), Bytes(&bytes[first + 8..])];
    assert!(decoded(message, &parts).partitions.is_empty());
}

#[test]
fn an_envelopes_response_with_a_hole_is_not_clean() {
    // DeleteTopics v1 in Envelope v0: topic `t`, an error.
    let inside = [0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1, b't', 0, 41];
    let bytes = [&[0, inside.len() as u8 + 1][..], &inside, &[0, 0, 0]].concat();
    let message = (ENVELOPE, Side::Response, 0);
    let delete = Wrapped { api_key: ApiKey::DELETE_TOPICS, api_version: 1 };
    let inner = |parts: &[parts::Part<'_>]| {
        answer_to(delete, message, parts).forwarded.expect("what it carries").facts
    };
    let whole = inner(&[Bytes(&bytes)]);
    assert!(whole.undecoded.is_none() && !whole.errors.is_empty());
    let (before, behind) = (&bytes[..inside.len()], &bytes[inside.len() + 2..]);
    let lost = inner(&[Bytes(before), Elided(2), Bytes(behind)]);
    assert_eq!((lost.undecoded, lost.errors.is_empty()), (Some(Undecoded::Elided), true));
    // A name's length: where the code stands is not known either.
    let lost = inner(&[Bytes(&bytes[..14]), Elided(2), Bytes(&bytes[16..])]);
    assert_eq!(lost.undecoded, Some(Undecoded::Elided));
    let mut wrong = bytes;
    wrong[14] = 9;
    assert_eq!(inner(&[Bytes(&wrong)]).undecoded, Some(Undecoded::Malformed));
}

#[test]
fn what_has_several_topics_is_none_itself() {
    let node = |sources: &[u8], sink: &[u8]| [&[2, b'n', 0], sources, sink, &[1, 1, 0]].concat();
    let nodes = [node(&[3, 2, b'a', 2, b'b'], &[0]), node(&[1], &[0]), node(&[1], &[2, b'z'])];
    // Group, member, epoch; a subtopology with three nodes; no global stores.
    let mut bytes = [&NOBODY[..], &[0, 2, b'g', 2, b'm', 0, 0, 0, 1, 2, 2, b'0', 4]].concat();
    bytes.extend(nodes.concat());
    bytes.extend([0, 1, 0, 0]);
    let facts = decoded((TOPOLOGY, Side::Request, 0), &[Bytes(&bytes)]);
    assert_eq!((facts.undecoded, topics(&facts)), (None, vec!["a", "b", "z"]));
}

#[test]
fn where_a_list_goes_on_is_no_topic_of_it() {
    // DescribeTopicPartitions v0: `a`; go on at partition 5 of `b`.
    let list = [0, 2, 2, b'a', 0, 0, 0, 0, 9];
    let cursor = [1, 2, b'b', 0, 0, 0, 5, 0, 0];
    let bytes = [&NOBODY[..], &list, &cursor].concat();
    let facts = decoded((DESCRIBE_TOPICS, Side::Request, 0), &[Bytes(&bytes)]);
    assert_eq!((facts.undecoded, topics(&facts)), (None, vec!["a"]));
}

#[test]
fn a_group_has_failed_wherever_its_error_stands() {
    // DescribeGroups v0: an error, `a`; none, `b`; each without state, protocol and members.
    let rest = [0; 10];
    let groups = [&[0, 16, 0, 1, b'a'][..], &rest, &[0, 0, 0, 1, b'b'], &rest].concat();
    let bytes = [&[0, 0, 0, 2][..], &groups].concat();
    let facts = decoded((ApiKey(15), Side::Response, 0), &[Bytes(&bytes)]);
    assert_eq!((facts.undecoded, facts.failed_groups), (None, vec![(0, ErrorCode(16))]));
    // DeleteGroups v0: `a`, none; `b`, an error.
    let bytes = [0, 0, 0, 0, 0, 0, 0, 2, 0, 1, b'a', 0, 0, 0, 1, b'b', 0, 68];
    let facts = decoded((ApiKey(42), Side::Response, 0), &[Bytes(&bytes)]);
    assert_eq!((facts.undecoded, facts.failed_groups), (None, vec![(1, ErrorCode(68))]));
}

#[test]
fn a_member_may_have_failed_alone() {
    // LeaveGroup v3: none of all; `a`, none; `b`, an error; neither is static.
    let member = |name, error| [0, 1, name, 0xff, 0xff, 0, error];
    let all = [member(b'a', 0), member(b'b', 82)].concat();
    let bytes = |error| [&[0, 0, 0, 0, 0, error, 0, 0, 0, 2][..], &all].concat();
    for error in [0, 16] {
        let bytes = bytes(error);
        let facts = decoded((ApiKey::LEAVE_GROUP, Side::Response, 3), &[Bytes(&bytes)]);
        assert_eq!(facts.undecoded, None, "{facts:?}");
        assert_eq!(facts.failed_members(), [(1, ErrorCode(82))]);
    }
}

#[test]
fn records_of_old_sets_are_not_counted_and_their_codec_is_once() {
    // Offset, length 14, checksum, magic 1, gzip, timestamp.
    let message = [&[0; 8][..], &[0, 0, 0, 14, 0, 0, 0, 0, 1, 1], &[0; 8]].concat();
    let set = [&message[..], &message].concat();
    let topic = [0, 0, 0, 1, 0, 1, b't', 0, 0, 0, 1, 0, 0, 0, 0];
    let length = (set.len() as u32).to_be_bytes();
    let bytes = [&NOBODY[..], &[0, 1, 0, 0, 0, 9], &topic, &length, &set].concat();
    let facts = decoded((ApiKey::PRODUCE, Side::Request, 2), &[Bytes(&bytes)]);
    let [partition] = facts.partitions[..] else { panic!("{facts:?}") };
    assert_eq!((partition.bytes, partition.records), (Some(set.len() as u32), None));
    assert_eq!((facts.undecoded, facts.codecs), (None, [0, 1, 0, 0, 0, 0, 0, 0]));
}

/// Metadata v12: so many topics, each with its id; every other one has an error.
fn metadata(count: u32) -> Vec<u8> {
    let mut bytes = vec![0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1];
    let mut prefix = count + 1;
    while prefix >= 0x80 {
        bytes.push(prefix as u8 | 0x80);
        prefix >>= 7;
    }
    bytes.push(prefix as u8);
    for topic in 1..=count {
        let name = format!("{topic:06}");
        bytes.extend([0, 3 * (topic % 2) as u8, 7]);
        bytes.extend(name.as_bytes());
        bytes.extend([[0; 12].as_slice(), &topic.to_be_bytes()].concat());
        bytes.extend([0, 1, 0, 0, 0, 0, 0]);
    }
    bytes.push(0);
    bytes
}

#[test]
fn topics_that_are_too_many_are_counted_and_their_ids_learned() {
    const MAX: u32 = 16 << 10;
    let mut decoder =
        observer::decode::Decoder::new(observer::decode::Names::new(100_000, 100_000));
    let bytes = metadata(MAX + 5);
    let message = (ApiKey::METADATA, Side::Response, 12);
    let (facts, evictions) = run(&mut decoder, message, None, &[Bytes(&bytes)]);
    assert_eq!((facts.undecoded, facts.topics.len()), (None, MAX as usize));
    assert_eq!(decoder.names.topics(), MAX as usize / 2 + 2, "also of those that found no room");
    let mut expected = Evictions::default();
    expected.add(Table::MessageFacts, 5 + MAX as usize / 2 - 1024);
    assert_eq!(evictions, expected);
    let named = facts.errors.iter().filter(|error| error.topic.is_some());
    assert_eq!(named.map(|error| error.count).sum::<u32>(), 1024);
    assert_eq!(facts.errors.iter().map(|error| error.count).sum::<u32>(), MAX / 2 + 3);
    let others: Vec<_> = facts.errors.iter().filter(|error| error.is_of_other).collect();
    assert_eq!((others.len(), others[0].topic, others[0].count), (1, None, MAX / 2 + 3 - 1024));
    let failed = facts.topics.iter().map(|topic| topic.is_failed);
    assert!(failed.eq([true, false].repeat(MAX as usize / 2)), "so many errors have no topic");
}

/// DeleteTopics v6: one topic, its id and its error.
fn deleted_topic(error: u8) -> Vec<u8> {
    let named = [&[0, 0, 0, 0, 0, 2, 2, b't'][..], &[7; 16]].concat();
    [&named[..], &[0, error, 0, 0, 0]].concat()
}

#[test]
fn a_topics_id_is_learned_where_a_broker_confirms_it() {
    let learned = |side, parts: &[parts::Part<'_>]| {
        let mut decoder = decoder();
        let facts = decoded_by(&mut decoder, (ApiKey::DELETE_TOPICS, side, 6), parts);
        assert_eq!(facts.topics[0].name.as_deref(), Some("t"), "{facts:?}");
        decoder.names.topics()
    };
    let asked = [&NOBODY[..], &[0, 2, 2, b't'], &[7; 16], &[0, 0, 0, 0, 1, 0]].concat();
    assert_eq!(learned(Side::Request, &[Bytes(&asked)]), 0, "anybody may ask");
    let [granted, refused] = [0, 42].map(deleted_topic);
    assert_eq!(learned(Side::Response, &[Bytes(&refused)]), 0);
    assert_eq!(learned(Side::Response, &[Bytes(&granted)]), 1);
    let at = granted.len() - 5;
    let hole = [Bytes(&granted[..at]), Gap(2), Bytes(&granted[at + 2..])];
    assert_eq!(learned(Side::Response, &hole), 0, "or it was refused");
    assert_eq!(learned(Side::Response, &[Bytes(&granted[..at])]), 0);
}

#[test]
fn error_codes_that_are_too_many_are_counted() {
    const MAX_TOLD: usize = 1024 + 512;
    // OffsetCommit v0: topic `t`, and of each partition the next of all codes but NONE.
    let codes = || (i16::MIN..=-1).chain(1..=i16::MAX);
    let total = codes().count();
    let mut bytes = vec![0, 0, 0, 1, 0, 1, b't'];
    bytes.extend((total as u32).to_be_bytes());
    for code in codes() {
        bytes.extend([0, 0, 0, 7]);
        bytes.extend(code.to_be_bytes());
    }
    let message = (ApiKey::OFFSET_COMMIT, Side::Response, 0);
    let (facts, evictions) = run(&mut decoder(), message, None, &[Bytes(&bytes)]);
    assert_eq!((facts.undecoded, facts.errors.iter().count()), (None, MAX_TOLD));
    assert!(facts.errors.iter().all(|error| error.count == 1));
    assert_eq!(facts.errors.untold() as usize, total - MAX_TOLD);
    let mut expected = Evictions::default();
    expected.add(Table::MessageFacts, total - 1024);
    assert_eq!(evictions, expected);
}

#[test]
fn partitions_that_are_too_many_keep_their_bytes() {
    const MAX: u32 = 128 << 10;
    // Produce v2: topic `t`, empty record sets but for the last three's: three bytes that are none.
    let count = MAX + 3;
    let topic = [0, 0, 0, 1, 0, 1, b't'];
    let mut bytes = [&NOBODY[..], &[0, 1, 0, 0, 0, 9], &topic, &count.to_be_bytes()].concat();
    for index in 0..count {
        bytes.extend(index.to_be_bytes());
        let records: &[u8] = if index < MAX { &[0; 4] } else { &[0, 0, 0, 3, 9, 9, 9] };
        bytes.extend(records);
    }
    let message = (ApiKey::PRODUCE, Side::Request, 2);
    let (facts, evictions) = run(&mut decoder(), message, None, &[Bytes(&bytes)]);
    assert_eq!((facts.undecoded, facts.topics[0].partitions), (None, count));
    assert!(facts.topics[0].is_partial, "not all of its bytes are told");
    let [.., last, rest] = facts.partitions[..] else { panic!("no partitions") };
    assert_eq!((last.topic, last.bytes), (0, Some(0)));
    assert_eq!((rest.topic, rest.bytes, rest.records), (u32::MAX, Some(9), None));
    let mut expected = Evictions::default();
    expected.add(Table::MessageFacts, 3);
    assert_eq!(evictions, expected);
}
