//! FindCoordinator requests of every kind: the keys that they name, and of which type those are.

mod parts;

use observer::event::Side;
use observer::protocol::api::ApiKey;
use parts::Part::Bytes;
use parts::decoded;

/// The keys, and their type.
fn keys(version: i16, bytes: &[u8]) -> (Vec<String>, Option<i8>) {
    let facts = decoded((ApiKey::FIND_COORDINATOR, Side::Request, version), &[Bytes(bytes)]);
    assert_eq!((facts.undecoded, facts.groups.len()), (None, 0));
    let rare = facts.rare.expect("the keys");
    (rare.coordinator_keys.iter().map(ToString::to_string).collect(), rare.key_type)
}

#[test]
fn keys_are_told_with_their_type() {
    // Client id null, key `g`.
    let old = [0xff, 0xff, 0, 1, b'g'];
    assert_eq!(keys(0, &old), (vec!["g".to_owned()], None));
    for key_type in [0, 1] {
        let bytes = [&old[..], &[key_type]].concat();
        assert_eq!(keys(1, &bytes), (vec!["g".to_owned()], Some(key_type as i8)));
        let bytes = [0xff, 0xff, 0, key_type, 3, 2, b'g', 2, b'h', 0];
        assert_eq!(keys(4, &bytes), (vec!["g".to_owned(), "h".to_owned()], Some(key_type as i8)));
    }
}

#[test]
fn keys_of_what_a_message_lists_are_no_coordinators() {
    // AlterClientQuotas v0: user `u`, key `k`, 1.0, not removed; not only tried.
    let mut bytes = vec![0xff, 0xff, 0, 0, 0, 1, 0, 0, 0, 1, 0, 1, b't', 0, 1, b'u', 0, 0, 0, 1];
    bytes.extend([0, 1, b'k', 0x3f, 0xf0, 0, 0, 0, 0, 0, 0, 0, 0]);
    let facts = decoded((ApiKey(49), Side::Request, 0), &[Bytes(&bytes)]);
    assert_eq!(facts.undecoded, None);
    assert!(facts.rare.expect("whether it is only tried").coordinator_keys.is_empty());
}
