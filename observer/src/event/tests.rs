//! Exchanges in, what request and response say together out.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::*;
use crate::decode::{Facts, Held, Partition, Rare, SessionTopic, Topic, Undecoded};
use crate::protocol::api::ApiKey;
use crate::protocol::error_code::ErrorCode;
use crate::sink::samples;

fn exchange(api_key: ApiKey, request: Facts, response: Facts) -> Exchange {
    let mut exchange = samples::exchange("c");
    exchange.header.api_key = api_key.0;
    (exchange.request, exchange.response) = (Some(request.into()), Some(response.into()));
    exchange
}

fn undecoded(why: Undecoded) -> Facts {
    Facts { undecoded: Some(why), ..Facts::default() }
}

#[test]
fn an_error_makes_a_fetch_not_empty() {
    let mut failed = Facts::default();
    assert_eq!(fetch(failed.clone()).is_empty_fetch(), Some(true));
    failed.errors.count(ErrorCode(3), None);
    assert_eq!(fetch(failed).is_empty_fetch(), Some(false));
    assert_eq!(fetch(undecoded(Undecoded::Gap)).is_empty_fetch(), None);
}

fn fetch(response: Facts) -> Exchange {
    exchange(ApiKey::FETCH, Facts::default(), response)
}

#[test]
fn topics_of_what_was_not_decoded_are_not_known() {
    for why in [Undecoded::UnknownApi, Undecoded::UnknownVersion, Undecoded::Cut] {
        for api_key in [ApiKey::PRODUCE, ApiKey::FETCH, ApiKey::METADATA, ApiKey(999)] {
            let exchange = exchange(api_key, undecoded(why), undecoded(why));
            assert_eq!(exchange.topics(), None, "{api_key}");
        }
    }
    let heard = exchange(ApiKey::HEARTBEAT, Facts::default(), undecoded(Undecoded::Gap));
    assert_eq!(heard.topics(), Some(vec![]), "none were asked about");
    let topics = vec![Topic { name: Some("t".into()), ..Topic::default() }];
    let some = Facts { topics, ..undecoded(Undecoded::Gap) };
    assert_eq!(exchange(ApiKey::METADATA, some, Facts::default()).topics().unwrap().len(), 1);
}

#[test]
fn nothing_was_fetched_of_a_silent_topic_if_all_was_heard() {
    let held = Held { name: Some("t".into()), ..Held::default() };
    let session = BTreeMap::from_iter([(SessionTopic::Name("t".into()), held)]);
    for (response, bytes) in [(Facts::default(), Some(0)), (undecoded(Undecoded::Gap), None)] {
        let mut fetch = fetch(response);
        fetch.session = Some(Arc::new(session.clone()));
        assert_eq!(fetch.topics().unwrap()[0].bytes, bytes);
    }
}

#[test]
fn find_coordinator_names_another_group() {
    let fetch = fetch(Facts::default());
    let fetch = Exchange { client_group: Some("mine".into()), ..fetch };
    assert_eq!(fetch.group().map(|group| &**group), Some("mine"));
    let cases = [
        (0, None, Some("g")),
        (3, Some(0), Some("g")),
        (4, Some(0), Some("g")),
        (1, None, None),
        (4, Some(1), None),
        (6, Some(2), None),
    ];
    for (api_version, key_type, group) in cases {
        let rare = Rare { coordinator_keys: vec!["g".into()], key_type, ..Rare::default() };
        let asked = Facts { rare: Some(Box::new(rare)), ..Facts::default() };
        let mut find = exchange(ApiKey::FIND_COORDINATOR, asked, Facts::default());
        find.header.api_version = api_version;
        find.client_group = Some("mine".into());
        assert_eq!(find.group().map(|group| &**group), group, "v{api_version} {key_type:?}");
    }
}

#[test]
fn a_request_that_names_several_groups_is_no_ones() {
    for (names, group) in
        [(vec!["g"], Some("g")), (vec!["g", "g"], Some("g")), (vec!["g", "h"], None)]
    {
        let coordinator_keys: Vec<Arc<str>> = names.iter().map(|name| Arc::from(*name)).collect();
        let groups = coordinator_keys.clone();
        let describe = Facts { groups, ..Facts::default() };
        let rare = Rare { coordinator_keys, key_type: Some(0), ..Rare::default() };
        let find = Facts { rare: Some(Box::new(rare)), ..Facts::default() };
        for (key, asked) in [(ApiKey::DESCRIBE_GROUPS, describe), (ApiKey::FIND_COORDINATOR, find)]
        {
            let mut asks = exchange(key, asked, Facts::default());
            asks.client_group = Some("mine".into());
            assert_eq!(asks.group().map(|group| &**group), group, "{key} {names:?}");
        }
    }
}

#[test]
fn what_was_refused_is_rejected_and_the_rest_is_not() {
    let produced = samples::exchange("c").topics().unwrap();
    let [topic] = &produced[..] else { panic!("{produced:?}") };
    assert_eq!((topic.bytes, topic.records), (Some(1100), Some(10)));
    assert_eq!((topic.rejected_bytes, topic.rejected_records), (550, 5));
}

#[test]
fn a_produce_whose_answer_was_not_decoded_is_not_settled() {
    let answered = |response| exchange(ApiKey::PRODUCE, Facts::default(), response);
    assert!(answered(Facts::default()).is_produce_settled());
    assert!(!answered(undecoded(Undecoded::Gap)).is_produce_settled());
    let failed = Partition { error: ErrorCode(3), ..Partition::of(u32::MAX) };
    let untold = Facts { partitions: vec![failed], ..Facts::default() };
    assert!(!answered(untold).is_produce_settled(), "which of them failed is not told");
    let unseen = |outcome| Exchange { outcome, response: None, ..answered(Facts::default()) };
    assert!(!unseen(Outcome::Lost).is_produce_settled());
    assert!(unseen(Outcome::Unacknowledged).is_produce_settled());
}

#[test]
fn partitions_of_no_topic_count_in_one_without_a_name() {
    let bytes = |topic, bytes| Partition { bytes: Some(bytes), ..Partition::of(topic) };
    let topics = vec![Topic { name: Some("t".into()), ..Topic::default() }];
    let partitions = vec![bytes(0, 1), bytes(1, 2), bytes(u32::MAX, 4)];
    let fetched = fetch(Facts { topics, partitions, ..Facts::default() }).topics().unwrap();
    let sums = fetched.iter().map(|topic| (topic.name.as_deref(), topic.bytes));
    assert_eq!(sums.collect::<Vec<_>>(), [(Some("t"), Some(1)), (None, Some(6))]);
}

#[test]
fn of_a_topic_that_was_seen_in_part_no_sum_is_told() {
    let topic = |name: &str, is_partial| Topic {
        name: Some(name.into()),
        partitions: 1,
        is_partial,
        ..Topic::default()
    };
    let set = |topic, records| Partition { bytes: Some(71), records, ..Partition::of(topic) };
    let seen = Facts {
        topics: vec![topic("a", false), topic("b", true)],
        partitions: vec![set(0, Some(3)), set(1, Some(3))],
        ..undecoded(Undecoded::Elided)
    };
    let produce = exchange(ApiKey::PRODUCE, seen.clone(), Facts::default());
    for (exchange, records) in [(produce, Some(3)), (fetch(seen), None)] {
        let topics = exchange.topics().unwrap();
        let [a, b] = &topics[..] else { panic!("{topics:?}") };
        assert_eq!((a.partitions, a.bytes, a.records), (Some(1), Some(71), records));
        assert_eq!((b.partitions, b.bytes, b.records), (None, None, None));
        assert_eq!(b.known_bytes, 71, "what was seen counts");
    }
}

/// A message that names topics, each in a group or none.
fn naming(groups: &[&str], topics: &[(&str, Option<u16>)]) -> Facts {
    let topic = |(name, group): &(&str, _)| Topic {
        name: Some((*name).into()),
        group: *group,
        ..Topic::default()
    };
    Facts {
        groups: groups.iter().map(|group| (*group).into()).collect(),
        topics: topics.iter().map(topic).collect(),
        ..Facts::default()
    }
}

/// How many errors are said of each topic of a request.
fn errors_by_entry(request: &Facts, response: &Facts) -> Vec<Option<u32>> {
    let errors = TopicErrors::new(Some(request), response).unwrap();
    let entries = 0..request.topics.len() as u32;
    entries.map(|entry| Some(errors.of(Some(entry))?.into_values().sum())).collect()
}

#[test]
fn an_error_is_said_of_one_entry_of_a_topic_and_not_of_all_of_its_name() {
    let asked = naming(&["g", "h"], &[("t", Some(0)), ("t", Some(1)), ("u", Some(1))]);
    // In an order of its own.
    let mut answer = naming(&["h", "g"], &[("u", Some(0)), ("t", Some(0)), ("t", Some(1))]);
    answer.errors.count(ErrorCode(29), Some(1));
    assert_eq!(errors_by_entry(&asked, &answer), [Some(0), Some(1), Some(0)], "h's t");
    // The response says nothing of the group.
    let asked = naming(&["g"], &[("t", Some(0)), ("t", Some(0))]);
    let mut answer = naming(&[], &[("t", None), ("t", None)]);
    answer.errors.count(ErrorCode(3), Some(0));
    assert_eq!(errors_by_entry(&asked, &answer), [Some(1), Some(0)]);
}

#[test]
fn an_error_that_may_be_another_entrys_is_said_of_none() {
    let asked = naming(&[], &[("t", None), ("u", None), ("t", None)]);
    let mut answer = naming(&[], &[("u", None), ("t", None)]);
    assert_eq!(errors_by_entry(&asked, &answer), [Some(0); 3]);
    answer.errors.count(ErrorCode(42), Some(1));
    assert_eq!(errors_by_entry(&asked, &answer), [None, Some(0), None]);
    let mut unseen = naming(&["g"], &[("t", Some(0)), ("t", None)]);
    unseen.topics.push(Topic::default());
    let mut answer = naming(&["g", "h"], &[("t", Some(0)), ("t", Some(1))]);
    answer.errors.count(ErrorCode(29), Some(1));
    assert_eq!(errors_by_entry(&unseen, &answer), [Some(0), None, None]);
}

#[test]
fn a_fetched_topic_has_the_errors_of_its_own_entry() {
    let mut answer = naming(&[], &[("t", None), ("t", None)]);
    answer.errors.count(ErrorCode(6), Some(1));
    assert_eq!(errors_by_entry(&answer, &answer), [Some(0), Some(1)]);
}

#[test]
fn topics_of_a_session_that_is_not_known_are_not_known() {
    let fetch = |epoch, session| {
        let asked = Facts { session_epoch: epoch, ..Facts::default() };
        exchange(ApiKey::FETCH, asked, Facts { session, ..Facts::default() })
    };
    for (epoch, session) in [(Some(5), Some(7)), (Some(5), Some(0)), (None, Some(7))] {
        assert_eq!(fetch(epoch, session).topics(), None, "{epoch:?} of {session:?}");
    }
    for (epoch, session) in [(Some(0), Some(7)), (Some(-1), Some(0)), (None, Some(0)), (None, None)]
    {
        assert_eq!(fetch(epoch, session).topics(), Some(vec![]), "{epoch:?} of {session:?}");
    }
    let known = Exchange { session: Some(Arc::default()), ..fetch(Some(5), Some(7)) };
    assert_eq!(known.topics(), Some(vec![]), "it holds none");
    let shared = exchange(ApiKey::SHARE_FETCH, Facts::default(), Facts::default());
    assert_eq!(shared.topics(), None);
}

#[test]
fn of_all_topics_those_are_told_that_failed() {
    let mut answer = naming(&[], &[("a", None), ("b", None), ("c", None)]);
    let asked = |answer: &Facts| {
        let exchange = exchange(ApiKey::METADATA, Facts::default(), answer.clone());
        let names = exchange.topics().unwrap().into_iter().map(|topic| topic.name.unwrap());
        names.collect::<Vec<_>>()
    };
    assert_eq!(asked(&answer), [], "none was asked about, and none failed");
    answer.errors.count(ErrorCode(29), Some(1));
    assert_eq!(asked(&answer), ["b".into()]);
    let exchange = exchange(ApiKey::METADATA, Facts::default(), answer);
    let errors = exchange.topic_errors();
    let index = exchange.topics().unwrap()[0].index;
    assert_eq!(errors.unwrap().of(index).unwrap().len(), 1);
}

#[test]
fn a_batch_that_may_be_at_odds_with_itself_has_no_count() {
    for (code, records) in [(87, None), (2, None), (6, Some(10))] {
        let mut produce = samples::exchange("c");
        for partition in &mut produce.response.as_mut().unwrap().partitions {
            if partition.error != ErrorCode::NONE {
                partition.error = ErrorCode(code);
            }
        }
        let topics = produce.topics().unwrap();
        let topic = &topics[0];
        assert_eq!((topic.bytes, topic.rejected_bytes), (Some(1100), 550), "{code}");
        assert_eq!(topic.records, records, "{code}");
        assert_eq!(topic.known_records - topic.rejected_records, 5, "those taken: {code}");
    }
}
