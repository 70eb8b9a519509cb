//! Offsets, high watermarks and lag.

use std::sync::Arc;

use super::{GROUP, Script, t};
use crate::decode::{Facts, Rare, TopicId, Undecoded};
use crate::event::{Exchange, Outcome};
use crate::groups::samples::{answered, at, member, of};
use crate::protocol::api::ApiKey;

#[test]
fn lag_is_there_when_both_samples_are_and_is_never_negative() {
    let mut script = Script::new();
    script.commit(GROUP, "t", &[(0, 5), (1, 7)]);
    assert_eq!(script.progress(GROUP), [t(0, 5, None), t(1, 7, None)]);
    script.fetch("t", &[(0, 12)]);
    assert_eq!(script.progress(GROUP), [t(0, 5, Some(7)), t(1, 7, None)]);
    script.commit(GROUP, "t", &[(0, 20)]);
    assert_eq!(script.lags(GROUP), [Some(0), None], "ahead of what was seen");
    let reading = script.groups.read(at(10));
    let partition = reading.groups[0].partitions.iter().find(|p| p.index == 0).unwrap();
    assert_eq!((partition.sampled, partition.last_commit), (at(3), Some(at(3))));
    assert_eq!(partition.lag, Some((0, at(2))), "each sample has its own age");
}

#[test]
fn only_what_was_granted_counts() {
    let mut script = Script::new();
    let request = || member(GROUP, "m", 1).with("t", &[(0, 5), (1, 7)]);
    let response = Facts::default().with("t", &[]).with_refused(1, 3);
    script.then(ApiKey::OFFSET_COMMIT, request(), response);
    assert_eq!((script.progress(GROUP), script.counted().len()), (vec![t(0, 5, None)], 1));
    let none = Facts::default().with("t", &[]).with_refused(0, 22).with_refused(1, 22);
    script.then(ApiKey::OFFSET_COMMIT, request(), none);
    let unseen = Facts { undecoded: Some(Undecoded::Gap), ..Facts::default() };
    script.then(ApiKey::OFFSET_COMMIT, request(), unseen);
    assert_eq!((script.progress(GROUP), script.counted().len()), (vec![t(0, 5, None)], 0));
}

#[test]
fn a_high_watermark_is_what_fetches_and_readers_of_everything_are_told() {
    let mut script = Script::new();
    script.commit(GROUP, "t", &[(0, 5)]);
    let mut list = |time, isolation, replica, offset| {
        let asked = Facts {
            isolation: Some(isolation),
            replica: Some(replica),
            ..Facts::default().with("t", &[(0, time)])
        };
        script.then(ApiKey::LIST_OFFSETS, asked, Facts::default().with("t", &[(0, offset)]));
        script.lags(GROUP)[0]
    };
    assert_eq!(list(-2, 0, -1, 6), None, "the earliest");
    assert_eq!(list(-1, 1, -1, 6), None, "the last stable one");
    assert_eq!(list(-1, 0, 2, 6), None, "a follower's");
    assert_eq!(list(-1, 0, -2, 6), None, "the log's end");
    assert_eq!(list(-1, 0, -1, 6), Some(1));
    assert_eq!(list(-1, 0, -1, -1), Some(1), "none is no offset");
    let refused = Facts::default().with("t", &[]).with_refused(0, 6);
    script.then(ApiKey::FETCH, Facts::default(), refused);
    assert_eq!(script.lags(GROUP), [Some(1)]);
    script.fetch("t", &[(0, 4)]);
    assert_eq!(script.lags(GROUP), [Some(0)], "truncated");
}

#[test]
fn an_answer_that_was_overtaken_is_not_believed() {
    let mut script = Script::new();
    script.commit(GROUP, "t", &[(0, 5)]).fetch("t", &[(0, 9)]);
    let mut late = |key, request, response| {
        let exchange = Exchange { time: Some(at(1)), ..answered(key, request, response) };
        script.groups.exchange(&exchange, at(3));
    };
    late(ApiKey::FETCH, Facts::default(), Facts::default().with("t", &[(0, 8)]));
    for offset in [3, -1] {
        late(ApiKey::OFFSET_FETCH, of(GROUP), Facts::default().with("t", &[(0, offset)]));
    }
    assert_eq!(script.progress(GROUP), [t(0, 5, Some(4))]);
}

#[test]
fn what_is_asked_about_a_group_is_known_of_it() {
    let mut script = Script::new();
    let answer = |offset| Facts::default().with("t", &[(0, offset), (1, -1)]);
    script.then(ApiKey::OFFSET_FETCH, of(GROUP), answer(5));
    assert_eq!(script.progress(GROUP), [t(0, 5, None)]);
    let several = Facts { groups: vec!["h".into(), GROUP.into()], ..Facts::default() };
    script.then(ApiKey::OFFSET_FETCH, several, of("h").with("t", &[(0, 3)]));
    assert_eq!(script.progress("h"), [t(0, 3, None)]);
    script.then(ApiKey::OFFSET_FETCH, of(GROUP), answer(-1));
    assert_eq!(script.progress(GROUP), []);
    assert_eq!(script.counted(), [], "asking is no commit");
    assert_eq!(script.groups.read(at(9)).groups[0].members, None);
}

#[test]
fn a_share_groups_progress_is_in_its_state() {
    let mut script = Script::new();
    let mut state = of(GROUP).with("t", &[(0, 5), (1, -1)]);
    state.partitions[0].records = Some(2);
    script.then(ApiKey::WRITE_SHARE_GROUP_STATE, state, Facts::default());
    script.fetch("t", &[(0, 12)]);
    assert_eq!(script.progress(GROUP), [t(0, 5, Some(5))], "two behind its start are done");
    let described = |offset| of(GROUP).with("t", &[(0, offset)]);
    script.then(ApiKey::DESCRIBE_SHARE_GROUP_OFFSETS, of(GROUP), described(5));
    assert_eq!(script.lags(GROUP), [Some(5)], "of those it says nothing");
    script.then(ApiKey::WRITE_SHARE_GROUP_STATE, described(-1), Facts::default());
    assert_eq!(script.lags(GROUP), [Some(5)], "the start stays");
    script.then(ApiKey::DESCRIBE_SHARE_GROUP_OFFSETS, of(GROUP), described(9));
    assert_eq!(script.progress(GROUP), [t(0, 9, Some(3))]);
    assert_eq!(script.counted(), [], "it commits nothing");
    script.then(ApiKey::DELETE_SHARE_GROUP_OFFSETS, of(GROUP), Facts::default().with("t", &[]));
    assert_eq!(script.progress(GROUP), []);
}

#[test]
fn a_transactions_offsets_count_when_it_ends_well() {
    let mut script = Script::new();
    let promise = |script: &mut Script, offset| {
        let request = of(GROUP).with("t", &[(0, offset)]).by_producer(7);
        script.then(ApiKey::TXN_OFFSET_COMMIT, request, Facts::default());
    };
    let end = |script: &mut Script, is_committed| {
        script.then(ApiKey::END_TXN, ended(7, is_committed), Facts::default());
    };
    promise(&mut script, 5);
    assert_eq!(script.progress(GROUP), []);
    end(&mut script, true);
    assert_eq!((script.progress(GROUP), script.counted().len()), (vec![t(0, 5, None)], 1));
    promise(&mut script, 6);
    end(&mut script, false);
    let begin = |script: &mut Script, keeps_transaction| {
        let rare = Rare { keeps_transaction, ..Rare::default() };
        let request = Facts { rare: Some(Box::new(rare)), ..Facts::default() };
        script.then(ApiKey::INIT_PRODUCER_ID, request, Facts::default().by_producer(7));
    };
    for keeps in [None, Some(false)] {
        promise(&mut script, 7);
        begin(&mut script, keeps);
        end(&mut script, true);
        assert_eq!((script.progress(GROUP), script.counted().len()), (vec![t(0, 5, None)], 0));
    }
    promise(&mut script, 8);
    begin(&mut script, Some(true));
    end(&mut script, true);
    assert_eq!((script.progress(GROUP), script.counted().len()), (vec![t(0, 8, None)], 1));
}

#[test]
fn what_shall_be_aborted_is_not_committed_though_no_answer_was_seen() {
    let mut script = Script::new();
    let request = of(GROUP).with("t", &[(0, 5)]).by_producer(7);
    script.then(ApiKey::TXN_OFFSET_COMMIT, request, Facts::default());
    let mut abort = answered(ApiKey::END_TXN, ended(7, false), Facts::default());
    (abort.outcome, abort.response) = (Outcome::Lost, None);
    script.groups.exchange(&abort, at(2));
    script.then(ApiKey::END_TXN, ended(7, true), Facts::default());
    assert_eq!(script.progress(GROUP), []);
}

#[test]
fn an_end_that_was_refused_settles_nothing() {
    for code in [47, 48, 49, 51, 90] {
        let mut script = Script::new();
        let request = of(GROUP).with("t", &[(0, 15)]).by_producer(7);
        script.then(ApiKey::TXN_OFFSET_COMMIT, request, Facts::default());
        for is_committed in [false, true] {
            let refused = Facts::default().with_error(code);
            script.then(ApiKey::END_TXN, ended(7, is_committed), refused);
        }
        assert_eq!(script.progress(GROUP), [], "{code}");
        script.then(ApiKey::END_TXN, ended(7, true), Facts::default());
        assert_eq!(script.progress(GROUP), [t(0, 15, None)], "{code}");
    }
}

/// What is said of a producer whose transaction has ended.
fn ended(id: i64, is_committed: bool) -> Facts {
    let mut facts = Facts::default().by_producer(id);
    facts.producers[0].is_committed = Some(is_committed);
    facts
}

#[test]
fn a_transactions_end_may_be_told_by_its_markers() {
    const OFFSETS: &str = "__consumer_offsets";
    let mut script = Script::new();
    let promise = |script: &mut Script, producer, offset| {
        let request = of(GROUP).with("t", &[(producer as i32, offset)]).by_producer(producer);
        script.then(ApiKey::TXN_OFFSET_COMMIT, request, Facts::default());
    };
    for (producer, offset) in [(0, 5), (1, 6), (2, 7), (3, 8)] {
        promise(&mut script, producer, offset);
    }
    // Of several at once each has its own end, and its own topics.
    let marker = |facts: Facts, id, is_committed, topic| {
        let mut facts = facts.by_producer(id);
        facts.producers.last_mut().unwrap().is_committed = is_committed;
        facts.with(topic, &[])
    };
    let asked = [(0, false, OFFSETS), (1, true, OFFSETS), (2, true, "t"), (3, true, OFFSETS)];
    let asked = || {
        asked.iter().fold(Facts::default(), |facts, &(id, is_committed, topic)| {
            marker(facts, id, Some(is_committed), topic)
        })
    };
    // In another order, and the last could not be written.
    let answered = [(3, OFFSETS), (2, "t"), (1, OFFSETS), (0, OFFSETS)];
    let answered = answered.iter().fold(Facts::default(), |facts, &(id, topic)| {
        let facts = marker(facts, id, None, topic);
        if id == 3 { facts.with_refused(7, 6) } else { facts }
    });
    let unseen = Facts { undecoded: Some(Undecoded::Gap), ..asked() };
    script.then(ApiKey::WRITE_TXN_MARKERS, unseen, answered.clone());
    assert_eq!(script.progress(GROUP), []);
    script.then(ApiKey::WRITE_TXN_MARKERS, asked(), answered);
    assert_eq!((script.progress(GROUP), script.counted().len()), (vec![t(1, 6, None)], 1));
    // What EndTxn has told already is not told again, and what is aborted is gone.
    script.then(ApiKey::END_TXN, ended(1, true), Facts::default());
    script.then(ApiKey::END_TXN, ended(0, true), Facts::default());
    assert_eq!((script.progress(GROUP), script.counted().len()), (vec![t(1, 6, None)], 0));
    // Written at the second attempt.
    let again = || marker(Facts::default(), 3, Some(true), OFFSETS);
    script.then(ApiKey::WRITE_TXN_MARKERS, again(), marker(Facts::default(), 3, None, OFFSETS));
    assert_eq!(script.progress(GROUP), [t(1, 6, None), t(3, 8, None)]);
}

#[test]
fn a_topic_is_the_same_by_its_id_and_by_its_name() {
    let mut script = Script::new();
    let fetched = Facts::default().with_id(1, &[(0, 9), (1, 9)]);
    script.then(ApiKey::FETCH, Facts::default(), fetched);
    script.commit(GROUP, "t", &[(0, 5)]);
    let request = of(GROUP).with_id(1, &[(1, 6)]);
    script.then(ApiKey::OFFSET_COMMIT, request, Facts::default());
    let id = TopicId([1; 16]);
    assert_eq!(script.progress(GROUP), [(id.to_string(), 1, 6, Some(3)), t(0, 5, None)]);
    script.groups.named(id, &Arc::from("t"));
    assert_eq!(script.progress(GROUP), [t(0, 5, Some(4)), t(1, 6, Some(3))]);
}
