//! What is refused, or gone: scripts.

use super::*;
use crate::decode::TopicId;
use crate::groups::samples::of;
use crate::protocol::error_code::ErrorCode;

#[test]
fn a_commit_of_which_many_topics_are_refused_is_not_refused_whole() {
    let mut script = Script::new();
    let (mut request, mut response) = (member(GROUP, "m", 1), Facts::default());
    for n in 0..1100 {
        let name = format!("t{n}");
        request = request.with(&name, &[(0, 5)]);
        response = response.with(&name, &[(0, 0)]);
        response.errors.count(ErrorCode(3), Some(n));
        response.partitions.last_mut().unwrap().error = ErrorCode(3);
    }
    script.then(ApiKey::OFFSET_COMMIT, request.with("t", &[(0, 7)]), response.with("t", &[]));
    assert_eq!(script.progress(GROUP), [t(0, 7, None)]);
}

/// The offsets of topics `t` and `u` that wait for the end of a transaction.
fn promised() -> Script {
    let mut script = Script::new();
    script.groups.named(TopicId([1; 16]), &"t".into());
    let told = |id| Facts::default().with_id(id, &[]);
    let mut first = told(1);
    first.topics[0].name = Some("t".into());
    script.then(ApiKey::METADATA, Facts::default(), first);
    let request = of(GROUP).with("t", &[(0, 15)]).with("u", &[(0, 3)]).by_producer(7);
    script.then(ApiKey::TXN_OFFSET_COMMIT, request, Facts::default());
    script
}

fn commit(script: &mut Script) {
    let mut end = Facts::default().by_producer(7);
    end.producers[0].is_committed = Some(true);
    script.then(ApiKey::END_TXN, end, Facts::default());
}

#[test]
fn a_transaction_does_not_bring_back_the_offset_of_a_topic_that_is_gone() {
    let left = [("u".to_owned(), 0, 3, None)];
    let mut script = promised();
    let deleted = || Facts::default().with("t", &[]);
    script.then(ApiKey::DELETE_TOPICS, deleted(), deleted());
    commit(&mut script);
    assert_eq!(script.progress(GROUP), left);
    // Deleted and created where nobody saw it: its name has another id.
    let mut script = promised();
    let mut another = Facts::default().with_id(2, &[]);
    another.topics[0].name = Some("t".into());
    script.then(ApiKey::METADATA, Facts::default(), another);
    commit(&mut script);
    assert_eq!(script.progress(GROUP), left);
}
