//! Groups come, change and go.

use std::sync::Arc;
use std::time::Duration;

use super::{GROUP, Script, t};
use crate::decode::{Facts, TopicId};
use crate::event::Vantage;
use crate::groups::samples::{at, by, member, members, of};
use crate::groups::{Change, Limits};
use crate::protocol::api::ApiKey;
use crate::protocol::error_code::ErrorCode;
use crate::tables::Table;

#[test]
fn a_classic_group_from_its_first_member_to_its_end() {
    let mut script = Script::new();
    let first = Facts::default().with_error(79);
    script.then(ApiKey::JOIN_GROUP, member(GROUP, "", -1), first);
    assert_eq!(script.groups.names().count(), 0, "nobody is a member yet");
    let leads = Facts { generation: Some(1), ..members("", &["a", "a", "b"]) };
    script.then(ApiKey::JOIN_GROUP, member(GROUP, "a", -1), leads);
    script.then(ApiKey::JOIN_GROUP, member(GROUP, "b", -1), member("", "b", 1));
    script.then(ApiKey::SYNC_GROUP, member(GROUP, "a", 1), Facts::default());
    script.then(ApiKey::HEARTBEAT, member(GROUP, "b", 1), Facts::default().with_error(27));
    script.commit(GROUP, "t", &[(0, 1)]);
    let counted = script.counted();
    assert!(matches!(&counted[..], [Change::Rebalanced(..), Change::Committed(..)]), "{counted:?}");
    assert_eq!(script.standing(), (Some(3), Some(1)));
    script.then(ApiKey::LEAVE_GROUP, members(GROUP, &["b", "m"]), Facts::default());
    assert_eq!(script.standing(), (Some(1), Some(1)));
    script.then(ApiKey::HEARTBEAT, member(GROUP, "c", 1), Facts::default().with_error(25));
    assert_eq!(script.standing(), (Some(1), Some(1)));
    let failed = Facts { failed_groups: vec![(0, ErrorCode(68))], ..of(GROUP).with_error(68) };
    script.then(ApiKey::DELETE_GROUPS, of(GROUP), failed);
    assert_eq!(script.groups.names().count(), 1, "it is not empty");
    script.then(ApiKey::DELETE_GROUPS, of(GROUP), of(GROUP));
    assert_eq!((script.groups.names().count(), script.groups.partitions), (0, 0));
}

#[test]
fn a_group_that_is_not_found_when_it_shall_be_deleted_is_gone() {
    let mut script = Script::new();
    script.commit("a", "t", &[(0, 5)]).commit("b", "t", &[(0, 5)]);
    let groups = vec![Arc::from("a"), Arc::from("b")];
    let failed_groups = vec![(0, ErrorCode(69)), (1, ErrorCode(68))];
    let answer = Facts { groups, failed_groups, ..Facts::default() };
    let answer = answer.with_error(69).with_error(68);
    script.then(ApiKey::DELETE_GROUPS, Facts::default(), answer);
    assert_eq!(script.groups.names().map(|name| &**name).collect::<Vec<_>>(), ["b"]);
    assert_eq!(script.groups.partitions, 1);
}

#[test]
fn groups_whose_members_have_epochs() {
    for key in [
        ApiKey::CONSUMER_GROUP_HEARTBEAT,
        ApiKey::SHARE_GROUP_HEARTBEAT,
        ApiKey::STREAMS_GROUP_HEARTBEAT,
    ] {
        let mut script = Script::new();
        script.then(key, member(GROUP, "a", 0), member("", "a", 1));
        script.then(key, member(GROUP, "b", 0), member("", "b", 2));
        script.then(key, member(GROUP, "c", 0), Facts::default().with_error(81));
        assert_eq!((script.standing(), script.counted().len()), ((Some(2), Some(2)), 2), "{key}");
        script.then(key, member(GROUP, "a", -1), member("", "a", -1));
        assert_eq!(script.standing(), (Some(1), Some(2)), "{key}");
    }
}

#[test]
fn what_is_deleted_is_not_known() {
    let mut script = Script::new();
    for topic in ["t", "u", "v"] {
        script.commit(GROUP, topic, &[(0, 5)]);
    }
    script.fetch("t", &[(0, 9)]).fetch("u", &[(0, 9)]);
    let answer = Facts::default().with("t", &[]).with("u", &[]).with_failed(29);
    script.then(ApiKey::DELETE_TOPICS, Facts::default(), answer);
    script.then(ApiKey::OFFSET_DELETE, of(GROUP), Facts::default().with("v", &[]));
    assert_eq!(script.progress(GROUP), [("u".to_owned(), 0, 5, Some(4))]);
    assert_eq!(script.groups.read(at(9)).watermarks.len(), 1);
    assert_eq!(script.groups.partitions, 1);
}

#[test]
fn topics_that_could_not_be_deleted_stay_however_many_there_are() {
    let mut script = Script::new();
    script.commit(GROUP, "t1099", &[(0, 5)]).fetch("t1099", &[(0, 9)]);
    let answer = (0..1100).fold(Facts::default(), |answer, number| {
        answer.with(&format!("t{number}"), &[]).with_failed(29)
    });
    script.then(ApiKey::DELETE_TOPICS, Facts::default(), answer);
    assert_eq!(script.lags(GROUP), [Some(4)]);
}

#[test]
fn a_topic_that_was_deleted_where_nobody_saw_it_is_another_with_its_new_id() {
    let metadata = |script: &mut Script, id| {
        let mut told = Facts::default().with("t", &[]);
        told.topics[0].id = Some(TopicId([id; 16]));
        script.then(ApiKey::METADATA, Facts::default(), told);
    };
    let mut script = Script::new();
    metadata(&mut script, 1);
    script.commit(GROUP, "t", &[(0, 1000)]).commit(GROUP, "u", &[(0, 5)]).fetch("t", &[(0, 1000)]);
    metadata(&mut script, 1);
    assert_eq!(script.lags(GROUP), [Some(0), None]);
    // What is known by the new one's id alone is its own.
    let fetched = Facts::default().with_id(2, &[(0, 9)]);
    script.then(ApiKey::FETCH, Facts::default(), fetched);
    script.groups.named(TopicId([2; 16]), &Arc::from("t"));
    metadata(&mut script, 2);
    assert_eq!((script.progress(GROUP).len(), script.groups.partitions), (1, 1));
    script.commit(GROUP, "t", &[(0, 5)]);
    assert_eq!(script.lags(GROUP), [Some(4), None]);
    metadata(&mut script, 1);
    assert_eq!(script.lags(GROUP), [Some(4), None], "a broker that has not heard of it");
    metadata(&mut script, 3);
    assert_eq!(script.progress(GROUP).len(), 1);
    assert_eq!(script.groups.read(at(9)).watermarks.len(), 0);
    // One that was seen to be deleted takes nothing of the next with it.
    let deleted = || Facts::default().with("t", &[]);
    script.then(ApiKey::DELETE_TOPICS, deleted(), deleted()).commit(GROUP, "t", &[(0, 2)]);
    metadata(&mut script, 4);
    assert_eq!(script.progress(GROUP).len(), 2);
}

#[test]
fn offsets_that_could_not_be_deleted_stay() {
    let mut script = Script::new();
    script.commit(GROUP, "t", &[(0, 5), (1, 6), (2, 7)]).commit(GROUP, "u", &[(0, 5)]);
    let answer = |topic, partitions, refused: &[i32]| {
        let answer = Facts::default().with(topic, &[]);
        let mut answer = refused.iter().fold(answer, |answer, &i| answer.with_refused(i, 86));
        answer.topics[0].partitions = partitions;
        answer
    };
    script.then(ApiKey::OFFSET_DELETE, of(GROUP), Facts::default().with_error(16));
    script.then(ApiKey::OFFSET_DELETE, of(GROUP), answer("t", 1, &[0]));
    assert_eq!(script.groups.partitions, 4);
    script.then(ApiKey::OFFSET_DELETE, of(GROUP), answer("t", 3, &[1]));
    let u = || ("u".to_owned(), 0, 5, None);
    assert_eq!(script.progress(GROUP), [t(1, 6, None), u()]);
    assert_eq!(script.groups.partitions, 2);
    // Of a share group only topics are told.
    let answer = Facts::default().with("t", &[]).with("u", &[]).with_failed(86);
    script.then(ApiKey::DELETE_SHARE_GROUP_OFFSETS, of(GROUP), answer);
    assert_eq!(script.progress(GROUP), [u()]);
}

#[test]
fn a_group_that_is_silent_for_long_is_gone() {
    let limits = Limits { idle: Duration::from_secs(10), ..Limits::default() };
    let mut script = Script::within(limits);
    script.commit(GROUP, "t", &[(0, 5)]).fetch("t", &[(0, 9)]).fetch("u", &[(0, 9)]);
    script.groups.expire(at(11));
    assert_eq!((script.lags(GROUP), script.groups.topics().count()), (vec![Some(4)], 3));
    script.commit(GROUP, "t", &[(0, 6)]);
    script.groups.expire(at(14));
    assert_eq!(script.groups.read(at(14)).watermarks.len(), 1, "a group needs that one");
    script.groups.expire(at(15));
    assert_eq!((script.lags(GROUP), script.groups.topics().count()), (vec![], 0));
}

#[test]
fn everything_is_bounded_and_counted() {
    let limits = Limits {
        groups: 2,
        partitions_per_group: 2,
        partitions: 3,
        watermarks: 2,
        pending: 1,
        ..Limits::default()
    };
    let mut script = Script::within(limits);
    script.commit("a", "t", &[(0, 1), (1, 1), (2, 1)]);
    assert_eq!((script.progress("a").len(), script.evicted(Table::GroupPartitions)), (2, 1));
    script.commit("b", "t", &[(0, 1), (1, 1)]);
    assert_eq!((script.progress("a").len(), script.progress("b").len()), (0, 2), "too many in all");
    let evicted =
        |script: &Script| (script.evicted(Table::Groups), script.evicted(Table::GroupPartitions));
    assert_eq!(evicted(&script), (1, 3), "the group, too");
    script.commit("c", "t", &[(0, 1)]).commit("d", "t", &[(0, 1)]);
    assert_eq!((script.progress("b").len(), evicted(&script)), (0, (2, 5)));
    for topic in ["t", "u", "v"] {
        script.fetch(topic, &[(0, 1)]);
    }
    assert_eq!(script.groups.read(at(0)).watermarks.len(), 2);
    assert_eq!(script.evicted(Table::Watermarks), 1);
    for producer in [1, 2] {
        let request = of(GROUP).with("t", &[(0, 5)]).by_producer(producer);
        script.then(ApiKey::TXN_OFFSET_COMMIT, request, Facts::default());
    }
    assert_eq!(script.evicted(Table::PendingOffsets), 1);
}

#[test]
fn a_group_without_offsets_that_makes_room_is_counted() {
    let mut script = Script::within(Limits { partitions: 1, ..Limits::default() });
    script.then(ApiKey::HEARTBEAT, member("idle", "m", 1), Facts::default());
    script.commit("a", "t", &[(0, 1)]).commit("b", "t", &[(0, 1)]);
    assert_eq!(script.groups.names().map(|name| &**name).collect::<Vec<_>>(), ["b"]);
    assert_eq!((script.evicted(Table::Groups), script.evicted(Table::GroupPartitions)), (2, 1));
}

#[test]
fn who_holds_a_topic_without_a_name_is_known_and_bounded() {
    let limits =
        Limits { partitions_per_group: 2, partitions: 2, watermarks: 2, ..Limits::default() };
    let mut script = Script::within(limits);
    script.commit("a", "t", &[(0, 1)]);
    assert_eq!(script.groups.unnamed.len(), 0, "its name is known");
    for id in 0..20 {
        let commit = || member("a", "m", 1).with_id(id, &[(0, 1)]);
        script.then(ApiKey::OFFSET_COMMIT, commit(), Facts::default());
        script.then(ApiKey::FETCH, Facts::default(), Facts::default().with_id(id, &[(0, 1)]));
        assert!(script.groups.unnamed.len() <= 8, "twice what there may be");
    }
    script.groups.expire(at(script.now));
    assert!(script.groups.unnamed.len() <= 4, "{:?}", script.groups.unnamed);
    script.groups.named(TopicId([19; 16]), &Arc::from("named"));
    let named = ("named".to_owned(), 0, 1, Some(0));
    assert!(script.progress("a").contains(&named), "{:?}", script.progress("a"));
}

#[test]
fn a_group_is_seen_from_one_place() {
    let mut script = Script::new();
    let mut seen = Vec::new();
    for vantage in [Vantage::Both, Vantage::Broker, Vantage::Both] {
        let request = member(GROUP, "m", 1).with("t", &[(0, 5)]);
        let mut exchange = by("c", 1, ApiKey::OFFSET_COMMIT, request, Facts::default());
        exchange.peers.vantage = vantage;
        script.groups.exchange(&exchange, at(1));
        seen.push(script.groups.read(at(1)).groups[0].place.vantage);
    }
    assert_eq!(seen, [Vantage::Both, Vantage::Broker, Vantage::Broker]);
}
