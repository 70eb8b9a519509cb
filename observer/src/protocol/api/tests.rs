//! The table against the rules of the protocol, and the rules for what is not in it.

use super::*;

/// Every (API, version) of the table.
fn known() -> impl Iterator<Item = (&'static Api, i16)> {
    APIS.iter().flat_map(|api| (0..NEVER).map(move |v| (api, v)).filter(|(a, v)| a.is_known(*v)))
}

#[test]
fn the_table_is_whole() {
    assert_eq!(APIS.len(), 95);
    assert_eq!(2 * known().count(), 736, "layouts: (API, version, direction)");
    assert_eq!((APIS[0].name, ApiKey::PRODUCE), ("Produce", ApiKey(0)));
    assert_eq!(APIS.last().unwrap().name, "UnregisterController");
}

#[test]
fn a_row_lies_at_its_key() {
    for (index, api) in APIS.iter().enumerate() {
        assert_eq!(usize::try_from(api.key.0), Ok(index));
        assert_eq!(api.key.lookup(), Some(api));
    }
}

#[test]
fn versions_that_were_removed_are_those_that_clients_could_use() {
    let is_removed = |key: i16, version| ApiKey(key).lookup().unwrap().is_removed(version);
    assert!(is_removed(0, 2) && !is_removed(0, 3), "Produce");
    assert!(!is_removed(0, 13) && !is_removed(0, 99), "newer is not removed");
    assert!(!is_removed(4, 7) && !is_removed(56, 0), "brokers among themselves");
    assert!(!is_removed(78, 0), "an early version of ShareFetch");
}

#[test]
fn what_was_removed_was_stable_or_early() {
    let removal = |key: ApiKey, version| key.lookup().unwrap().removal(version);
    assert_eq!(removal(ApiKey::FETCH, 3), Some(Removal::Stable));
    assert_eq!(removal(ApiKey::WRITE_TXN_MARKERS, 0), Some(Removal::Stable));
    assert_eq!(removal(ApiKey::CONTROLLED_SHUTDOWN, 3), Some(Removal::Stable));
    assert_eq!(removal(ApiKey::SHARE_FETCH, 0), Some(Removal::Early));
    assert_eq!((removal(ApiKey::FETCH, 4), removal(ApiKey::FETCH, 99)), (None, None));
    assert!(!ApiKey::DESCRIBE_QUORUM.lookup().unwrap().is_between_brokers(), "admins ask it");
    assert!(ApiKey::VOTE.lookup().unwrap().is_between_brokers());
    let lowest = |key: ApiKey| key.lookup().unwrap().lowest();
    assert_eq!((lowest(ApiKey::FETCH), lowest(ApiKey::STOP_REPLICA)), (Some(4), None));
}

#[test]
fn names_are_distinct() {
    let names: std::collections::BTreeSet<_> = APIS.iter().map(|api| api.name).collect();
    assert_eq!(names.len(), APIS.len());
}

#[test]
fn no_api_has_a_hole_in_its_versions() {
    for api in &APIS {
        let last = api.valid.iter().map(|valid| valid.last).max().unwrap();
        assert!((0..=last).all(|version| api.is_known(version)), "{}", api.name);
        assert!(!api.is_known(-1) && !api.is_known(last + 1), "{}", api.name);
    }
}

/// KIP-482 and KIP-511; header version 0 is older than both.
#[test]
fn headers_follow_the_flexible_versions() {
    for (api, version) in known() {
        let flexible = i16::from(api.flexible.contains(version));
        let request = match (api.key, version) {
            (ApiKey::CONTROLLED_SHUTDOWN, 0) => 0,
            _ => 1 + flexible,
        };
        let response = if api.key == ApiKey::API_VERSIONS { 0 } else { flexible };
        assert_eq!(api.key.request_header_version(version), request, "{} v{version}", api.name);
        assert_eq!(api.key.response_header_version(version), response, "{} v{version}", api.name);
    }
}

#[test]
fn later_versions_have_the_headers_of_the_newest() {
    for api in &APIS {
        let last = api.valid.iter().map(|valid| valid.last).max().unwrap();
        for side in [Side::Request, Side::Response] {
            let newest = api.key.header_version(side, last);
            for later in [last + 1, 100, NEVER - 1] {
                assert_eq!(api.key.header_version(side, later), newest, "{} v{later}", api.name);
            }
        }
    }
}

#[test]
fn unknown_keys_are_named_and_have_the_newest_headers() {
    for key in [-1, 95, 123, i16::MIN, i16::MAX].map(ApiKey) {
        assert_eq!((key.lookup(), key.name()), (None, None));
        assert!(!key.is_known(0));
        assert_eq!((key.request_header_version(0), key.response_header_version(0)), (2, 1));
        assert_eq!(key.to_string(), format!("Unknown({})", key.0));
    }
}

#[test]
fn no_version_is_a_panic() {
    for version in [i16::MIN, -1, NEVER] {
        assert_eq!(ApiKey::PRODUCE.request_header_version(version), 1 + i16::from(version > 0));
    }
    assert_eq!(ApiKey::SASL_HANDSHAKE.request_header_version(NEVER), 1);
    assert_eq!(ApiKey::API_VERSIONS.response_header_version(NEVER), 0);
}

#[test]
fn display_is_the_brokers_name_and_pads() {
    assert_eq!(ApiKey(2).to_string(), "ListOffsets");
    assert_eq!(ApiKey(74).to_string(), "ListConfigResources");
    assert_eq!(format!("{:>8}|{:<12}|", ApiKey(1), ApiKey(-7)), "   Fetch|Unknown(-7) |");
}

#[test]
fn kafka_4_dropped_what_only_brokers_with_zookeeper_used() {
    let dropped = |key: ApiKey| key.lookup().is_some_and(|api| api.valid[0].is_empty());
    assert!(dropped(ApiKey::LEADER_AND_ISR) && dropped(ApiKey::CONTROLLED_SHUTDOWN));
    assert!(!dropped(ApiKey::PRODUCE));
}
