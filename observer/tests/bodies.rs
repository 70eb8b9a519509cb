//! Bodies as scripts: the bytes of a message, some of them missing, then what it says.

mod parts;

use observer::decode::{Decoder, Facts, Names, TopicId, Undecoded};
use observer::event::{Endpoint, Side, TopicErrors};
use observer::protocol::api::ApiKey;
use observer::protocol::error_code::ErrorCode;
use parts::Part::{Bytes, Elided, Gap};
use parts::{decoded, decoded_by};

const FETCHED: (ApiKey, Side, i16) = (ApiKey::FETCH, Side::Response, 4);

/// A Fetch v4 response up to its record set of 100 bytes: throttled for 7 ms, topic `t`, partition 3
/// without an error, high watermark 9.
fn fetched() -> Vec<u8> {
    let mut bytes = vec![0, 0, 0, 7, 0, 0, 0, 1, 0, 1, b't', 0, 0, 0, 1];
    bytes.extend([0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9]);
    bytes.extend([0; 8]);
    bytes.extend([0xff; 4]);
    bytes.extend([0, 0, 0, 100]);
    bytes
}

#[test]
fn missing_records_are_no_loss() {
    for hole in [Gap(90), Elided(90)] {
        let bytes = fetched();
        let facts = decoded(FETCHED, &[Bytes(&bytes), Bytes(&[0; 4]), hole, Bytes(&[0; 6])]);
        assert_eq!(facts.undecoded, None);
        assert_eq!(facts.throttle_ms, Some(7));
        let [partition] = facts.partitions[..] else { panic!("{facts:?}") };
        assert_eq!((partition.index, partition.bytes, partition.offset), (3, Some(100), Some(9)));
        assert_eq!(facts.topics[0].name.as_deref(), Some("t"));
    }
}

#[test]
fn a_missing_number_is_lost_alone() {
    let bytes = fetched();
    let facts = decoded(FETCHED, &[Gap(4), Bytes(&bytes[4..]), Bytes(&[0; 100])]);
    assert_eq!((facts.throttle_ms, facts.undecoded), (None, Some(Undecoded::Gap)));
    assert_eq!(facts.partitions[0].bytes, Some(100));
    // Two bytes of the high watermark.
    let parts = [Bytes(&bytes[..22]), Elided(2), Bytes(&bytes[24..]), Bytes(&[0; 100])];
    let facts = decoded(FETCHED, &parts);
    assert_eq!(facts.undecoded, Some(Undecoded::Elided));
    assert_eq!((facts.partitions[0].index, facts.partitions[0].offset), (3, None));
    assert_eq!(facts.partitions[0].bytes, Some(100));
}

#[test]
fn a_missing_length_ends_what_can_be_told() {
    let bytes = fetched();
    let parts = [Bytes(&bytes[..9]), Gap(1), Bytes(&bytes[10..]), Bytes(&[0; 100])];
    let facts = decoded(FETCHED, &parts);
    assert_eq!(facts.undecoded, Some(Undecoded::Gap));
    assert_eq!((facts.throttle_ms, facts.partitions.len()), (Some(7), 0));
}

#[test]
fn a_message_that_ends_early_or_late_says_so() {
    let bytes = fetched();
    let short = decoded(FETCHED, &[Bytes(&bytes[..20])]);
    assert_eq!(short.undecoded, Some(Undecoded::Malformed));
    let long = decoded(FETCHED, &[Bytes(&bytes), Bytes(&[0; 101])]);
    assert_eq!(long.undecoded, Some(Undecoded::Long));
    assert_eq!(long.partitions[0].bytes, Some(100));
}

#[test]
fn a_count_beyond_the_message_is_not_believed() {
    let mut bytes = fetched();
    bytes[4..8].copy_from_slice(&i32::MAX.to_be_bytes());
    let facts = decoded(FETCHED, &[Bytes(&bytes), Bytes(&[0; 100])]);
    assert_eq!((facts.throttle_ms, facts.undecoded), (Some(7), Some(Undecoded::Malformed)));
    assert!(facts.topics.is_empty());
}

#[test]
fn unknown_apis_and_versions_say_nothing() {
    let unknown = decoded((ApiKey(999), Side::Request, 0), &[Bytes(&[0; 9])]);
    assert_eq!(unknown.undecoded, Some(Undecoded::UnknownApi));
    let newer = decoded((ApiKey::HEARTBEAT, Side::Response, 99), &[Bytes(&[0; 9])]);
    assert_eq!(newer.undecoded, Some(Undecoded::UnknownVersion));
}

#[test]
fn a_newer_produce_still_says_whether_it_wants_an_answer() {
    // Client id, tagged fields, transactional id, acks; the rest is of another layout.
    let bytes = [0, 1, b'c', 0, 0, 0, 0, 9, 9, 9, 9];
    let facts = decoded((ApiKey::PRODUCE, Side::Request, 99), &[Bytes(&bytes)]);
    assert_eq!((facts.acks, facts.undecoded), (Some(0), Some(Undecoded::UnknownVersion)));
    assert!(facts.topics.is_empty());
}

#[test]
fn a_refused_api_versions_is_of_version_0() {
    let refusal = [0, 35, 0, 0, 0, 1, 0, 18, 0, 0, 0, 3];
    for version in [3, 4, 99] {
        let facts = decoded((ApiKey::API_VERSIONS, Side::Response, version), &[Bytes(&refusal)]);
        assert_eq!(facts.undecoded, None, "v{version}");
        assert_eq!(facts.errors.iter().next().unwrap().code, ErrorCode::UNSUPPORTED_VERSION);
    }
}

#[test]
fn a_topics_id_is_learned_from_what_says_both() {
    let mut decoder = Decoder::new(Names::new(100, 100));
    let id = TopicId([7; 16]);
    // Metadata v12: no tagged fields in the header, throttle, brokers, cluster, controller, topics.
    let mut bytes = vec![0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 2, 0, 0, 2, b't'];
    bytes.extend(id.0);
    bytes.extend([0, 1, 0, 0, 0, 0, 0, 0]);
    let metadata = (ApiKey::METADATA, Side::Response, 12);
    let facts = decoded_by(&mut decoder, metadata, &[Bytes(&bytes)]);
    assert_eq!(facts.undecoded, None);
    assert_eq!(facts.topics[0].id, Some(id));
    assert_eq!(decoder.names.topic(id).map(|name| &**name), Some("t"));
}

/// A Metadata v2 response: brokers `a:1`, `10.0.0.1:9092`, `::1:9093`, and the cluster `C`.
fn metadata() -> Vec<u8> {
    let mut bytes = vec![0, 0, 0, 3];
    for (host, port) in [("a", 1_u32), ("10.0.0.1", 9092), ("::1", 9093)] {
        bytes.extend([0, 0, 0, 7, 0, host.len() as u8]);
        bytes.extend(host.as_bytes());
        bytes.extend(port.to_be_bytes());
        bytes.extend([0xff, 0xff]);
    }
    bytes.extend([0, 1, b'C', 0, 0, 0, 7, 0, 0, 0, 0]);
    bytes
}

#[test]
fn brokers_are_told_by_their_addresses() {
    const METADATA: (ApiKey, Side, i16) = (ApiKey::METADATA, Side::Response, 2);
    let bytes = metadata();
    let whole = decoded(METADATA, &[Bytes(&bytes)]);
    let v6 = Endpoint::v6(std::net::Ipv6Addr::LOCALHOST.octets(), 9093);
    let expected = [Endpoint::v4([10, 0, 0, 1], 9092), v6];
    assert_eq!((whole.undecoded, whole.brokers()), (None, &expected[..]));
    assert_eq!(whole.cluster().map(|id| &**id), Some("C"));
    // Whatever is not there: no host has another's port.
    for from in 0..bytes.len() {
        for len in [1, 2, 4, bytes.len() - from] {
            let behind = bytes.get(from + len..).unwrap_or_default();
            let len = len.min(bytes.len() - from);
            let facts = decoded(METADATA, &[Bytes(&bytes[..from]), Gap(len), Bytes(behind)]);
            let is_part = |broker| expected.contains(broker);
            assert!(facts.brokers().iter().all(is_part), "{from} {len} {:?}", facts.brokers());
        }
    }
    let lost = decoded(METADATA, &[Bytes(&bytes[..10]), Gap(1), Bytes(&bytes[11..])]);
    assert_eq!((lost.undecoded, lost.brokers()), (Some(Undecoded::Gap), &expected[..]));
}

#[test]
fn a_brokers_port_may_come_before_its_host() {
    // UpdateMetadata v1: a broker with three endpoints, the second one's host a name.
    let mut bytes = vec![0xff, 0xff];
    bytes.extend([0; 12]);
    bytes.extend([0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 3]);
    for (port, host) in [(1, "10.0.0.1"), (2, "name"), (3, "10.0.0.3")] {
        bytes.extend([0, 0, 0, port, 0, host.len() as u8]);
        bytes.extend(host.as_bytes());
        bytes.extend([0, 0]);
    }
    let facts = decoded((ApiKey(6), Side::Request, 1), &[Bytes(&bytes)]);
    let brokers = [Endpoint::v4([10, 0, 0, 1], 1), Endpoint::v4([10, 0, 0, 3], 3)];
    assert_eq!((facts.undecoded, facts.brokers()), (None, &brokers[..]));
}

#[test]
fn errors_of_a_message_that_is_cut_keep_their_topic() {
    // DeleteTopics v1: two topics, the second one's code cut.
    let bytes = [0, 0, 0, 0, 0, 0, 0, 2, 0, 1, b'a', 0, 3, 0, 1, b'b', 0];
    let facts = decoded((ApiKey::DELETE_TOPICS, Side::Response, 1), &[Bytes(&bytes)]);
    assert!(facts.undecoded.is_some());
    let errors: Vec<_> = facts.errors.iter().copied().collect();
    assert_eq!(errors.len(), 1);
    assert_eq!(facts.topic(errors[0].topic.unwrap()).unwrap().name.as_deref(), Some("a"));
}

#[test]
fn each_of_several_transactions_has_its_own_end_and_topics() {
    // WriteTxnMarkers v1: of producer 7 aborted in one topic, of 8 committed in two.
    let mut bytes = vec![0xff, 0xff, 0, 3];
    for (producer, is_committed, topics) in [(7, 0, &b"a"[..]), (8, 1, b"bc")] {
        bytes.extend([0, 0, 0, 0, 0, 0, 0, producer, 0, 0, is_committed]);
        bytes.push(topics.len() as u8 + 1);
        for &topic in topics {
            bytes.extend([2, topic, 2, 0, 0, 0, 5, 0]);
        }
        bytes.extend([0; 5]);
    }
    bytes.push(0);
    let facts = decoded((ApiKey::WRITE_TXN_MARKERS, Side::Request, 1), &[Bytes(&bytes)]);
    assert_eq!(facts.undecoded, None);
    let told: Vec<_> = facts
        .topics_by_producer()
        .map(|(producer, topics)| (producer.id, producer.is_committed, topics))
        .collect();
    assert_eq!(told, [(7, Some(false), 0..1), (8, Some(true), 1..3)]);
}

#[test]
fn errors_of_groups_are_told_by_group() {
    // DeleteGroups v0: `a`, `b` which is not empty, `c`.
    let mut bytes = vec![0, 0, 0, 0, 0, 0, 0, 3];
    for (group, code) in [(b'a', 0), (b'b', 68), (b'c', 0)] {
        bytes.extend([0, 1, group, 0, code]);
    }
    let facts = decoded((ApiKey::DELETE_GROUPS, Side::Response, 0), &[Bytes(&bytes)]);
    assert_eq!((facts.groups.len(), &facts.failed_groups[..]), (3, &[(1, ErrorCode(68))][..]));
}

#[test]
fn a_share_groups_state_tells_what_is_done_behind_its_start() {
    // WriteShareGroupState v1: group `g`, partition 4, start 9, of which 2 behind it are done.
    let mut bytes = vec![0xff, 0xff, 0, 2, b'g', 2];
    bytes.extend([7; 16]);
    bytes.extend([2, 0, 0, 0, 4, 0, 0, 0, 1, 0, 0, 0, 1]);
    bytes.extend(9_i64.to_be_bytes());
    bytes.extend([0, 0, 0, 2, 1, 0, 0, 0]);
    let facts = decoded((ApiKey::WRITE_SHARE_GROUP_STATE, Side::Request, 1), &[Bytes(&bytes)]);
    assert_eq!((facts.undecoded, facts.groups[0].as_ref()), (None, "g"));
    let [partition] = facts.partitions[..] else { panic!("{facts:?}") };
    assert_eq!((partition.index, partition.offset, partition.records), (4, Some(9), Some(2)));
}

#[test]
fn a_version_that_two_releases_lay_out_differently_is_believed_only_if_it_fits() {
    // ReadShareGroupStateSummary v0: a topic's partition 0, state epoch 1, start offset 42. Kafka 4
    // has a leader epoch before the offset, which 3.9 has not.
    let message = |leader_epoch: &[u8]| {
        let mut bytes = vec![0, 2];
        bytes.extend([7; 16]);
        bytes.extend([2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
        bytes.extend(leader_epoch);
        bytes.extend(42_i64.to_be_bytes());
        bytes.extend([0, 0, 0]);
        let id = (ApiKey::READ_SHARE_GROUP_STATE_SUMMARY, Side::Response, 0);
        decoded(id, &[Bytes(&bytes)])
    };
    let facts = message(&[0, 0, 0, 3]);
    assert_eq!((facts.undecoded, facts.partitions[0].offset), (None, Some(42)));
    let undecoded = Some(Undecoded::Malformed);
    let older = message(&[]);
    assert_eq!(older, Facts { undecoded: older.undecoded, ..Facts::default() });
    assert_eq!(older.undecoded, undecoded);
}

#[test]
fn it_is_told_which_topic_could_not_be_altered_and_whether_it_was_only_tried() {
    // IncrementalAlterConfigs v0: topics `a` and `b`, no setting of theirs, to be tried.
    let mut asked = vec![0, 1, b'x', 0, 0, 0, 2];
    for topic in [b'a', b'b'] {
        asked.extend([2, 0, 1, topic, 0, 0, 0, 0]);
    }
    asked.push(1);
    let asked = decoded((ApiKey::INCREMENTAL_ALTER_CONFIGS, Side::Request, 0), &[Bytes(&asked)]);
    assert_eq!((asked.undecoded, asked.is_validation()), (None, Some(true)));
    // The answer, with the error before the name: broker `1` and topic `b` are refused.
    let mut answer = vec![0, 0, 0, 0, 0, 0, 0, 3];
    for (code, kind, name) in [(0, 2, b'a'), (40, 4, b'1'), (40, 2, b'b')] {
        answer.extend([0, code, 0xff, 0xff, kind, 0, 1, name]);
    }
    let id = (ApiKey::INCREMENTAL_ALTER_CONFIGS, Side::Response, 0);
    let answer = decoded(id, &[Bytes(&answer)]);
    let errors = TopicErrors::new(Some(&asked), &answer).unwrap();
    let of = |topic| errors.of(Some(topic)).unwrap().into_iter().collect::<Vec<_>>();
    assert_eq!((of(0), of(1)), (vec![], vec![("INVALID_CONFIG".to_owned(), 1)]));
    assert_eq!(answer.errors.iter().map(|error| error.count).sum::<u32>(), 2);
}

#[test]
fn an_error_of_a_partition_that_is_one_too_many_is_not_forgotten() {
    // OffsetCommit v0: topic `t`, whose partitions all have failed; 131,072 are told.
    for (count, is_untold) in [(131_072_u32, false), (131_073, true)] {
        let mut bytes = [&[0, 0, 0, 1, 0, 1, b't'][..], &count.to_be_bytes()].concat();
        for index in 0..count {
            bytes.extend(index.to_be_bytes());
            bytes.extend([0, 27]);
        }
        let facts = decoded((ApiKey::OFFSET_COMMIT, Side::Response, 0), &[Bytes(&bytes)]);
        assert_eq!((facts.undecoded, facts.has_untold_failure()), (None, is_untold));
        assert_eq!(facts.errors.iter().map(|error| error.count).sum::<u32>(), count);
    }
}
