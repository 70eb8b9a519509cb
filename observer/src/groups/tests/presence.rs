//! Members come, fall out and are replaced.

use super::{GROUP, Script};
use crate::decode::{Facts, Rare};
use crate::groups::samples::{member, members, of};
use crate::protocol::api::ApiKey;
use crate::protocol::error_code::ErrorCode;

/// The APIs whose members have epochs.
const BEATS: [ApiKey; 3] = [
    ApiKey::CONSUMER_GROUP_HEARTBEAT,
    ApiKey::SHARE_GROUP_HEARTBEAT,
    ApiKey::STREAMS_GROUP_HEARTBEAT,
];

/// What a static member says.
fn own(facts: Facts, instance: &str) -> Facts {
    let rare = Rare { instances: vec![instance.into()], ..Rare::default() };
    Facts { rare: Some(Box::new(rare)), ..facts }
}

#[test]
fn a_static_member_that_starts_again_is_one() {
    let mut script = Script::new();
    let leads = Facts { generation: Some(1), ..members("", &["a", "a", "b"]) };
    script.then(ApiKey::JOIN_GROUP, own(of(GROUP), "1"), leads);
    for id in ["b", "again"] {
        script.then(ApiKey::JOIN_GROUP, own(of(GROUP), "2"), member("", id, 1));
        assert_eq!(script.standing(), (Some(2), Some(1)), "{id}");
    }
}

#[test]
fn a_static_member_with_an_epoch_that_starts_again_is_one() {
    let mut script = Script::new();
    let key = ApiKey::CONSUMER_GROUP_HEARTBEAT;
    for (id, before, now_on) in [("a", 0, 1), ("a", -2, -2), ("again", 0, 1)] {
        script.then(key, own(member(GROUP, id, before), "1"), member("", id, now_on));
        assert_eq!(script.standing(), (Some(1), Some(1)), "{id}");
    }
}

#[test]
fn who_is_not_known_to_the_group_is_no_member() {
    let unknown = || Facts::default().with_error(25);
    for key in BEATS {
        for epoch in [1, -1] {
            let mut script = Script::new();
            script.then(key, member(GROUP, "a", 0), member("", "a", 1));
            script.then(key, member(GROUP, "b", 1), unknown());
            assert_eq!(script.standing(), (Some(1), Some(1)), "{key}: another");
            script.then(key, member(GROUP, "a", epoch), unknown());
            assert_eq!(script.standing(), (Some(0), Some(1)), "{key}");
        }
    }
    for key in [ApiKey::HEARTBEAT, ApiKey::SYNC_GROUP, ApiKey::JOIN_GROUP] {
        let mut script = Script::new();
        script.then(key, member(GROUP, "a", 1), unknown());
        assert_eq!(script.groups.names().count(), 0, "{key}: nothing is known of the group");
        script.then(ApiKey::JOIN_GROUP, of(GROUP), member("", "a", 1));
        script.then(key, member(GROUP, "a", 1), unknown());
        assert_eq!(script.standing(), (Some(0), Some(1)), "{key}");
    }
}

#[test]
fn an_epoch_that_only_says_that_a_member_leaves_is_none() {
    for key in BEATS {
        let mut script = Script::new();
        // What it had before was not seen.
        script.then(key, members(GROUP, &["a"]), member("", "a", -1));
        assert_eq!(script.standing(), (Some(0), None), "{key}");
        script.then(key, members(GROUP, &["a"]), member("", "a", 3));
        assert_eq!((script.standing(), script.counted()), ((Some(1), Some(3)), vec![]), "{key}");
    }
}

#[test]
fn a_group_that_was_deleted_where_nobody_saw_it_begins_anew() {
    for key in BEATS {
        let mut script = Script::new();
        script.then(key, member(GROUP, "a", 0), member("", "a", 50));
        script.then(key, member(GROUP, "b", 0), member("", "b", 49));
        assert_eq!(script.standing(), (Some(2), Some(50)), "{key}: overtaken");
        for id in ["a", "b"] {
            script.then(key, member(GROUP, id, -1), member("", id, -1));
        }
        script.then(key, member(GROUP, "c", 0), member("", "c", 1));
        assert_eq!(script.standing(), (Some(1), Some(1)), "{key}");
    }
}

#[test]
fn of_several_that_would_leave_each_has_its_own_answer() {
    let answer = |failed_members: Vec<(u32, ErrorCode)>| {
        let errors = failed_members.iter().map(|(_, code)| code.0);
        let answer = errors.fold(members("", &["a", "b", "c"]), Facts::with_error);
        let rare = Rare { failed_members, ..Rare::default() };
        Facts { rare: Some(Box::new(rare)), ..answer }
    };
    let mut script = Script::new();
    let leads = Facts { generation: Some(1), ..members("", &["a", "a", "b", "c"]) };
    script.then(ApiKey::JOIN_GROUP, of(GROUP), leads);
    let leave = || members(GROUP, &["a", "b", "c"]);
    script.then(ApiKey::LEAVE_GROUP, leave(), Facts::default().with_error(16));
    assert_eq!(script.standing(), (Some(3), Some(1)));
    let refused = vec![(1, ErrorCode(82)), (2, ErrorCode(25))];
    script.then(ApiKey::LEAVE_GROUP, leave(), answer(refused));
    assert_eq!(script.standing(), (Some(1), Some(1)), "b stays");
}
