//! The two facts that the pipeline needs from a request's body: whether a Produce wants an answer,
//! and which library a client says it is.

use nom::number::complete::be_i16;

use super::api::ApiKey;
use super::wire;

/// Produce's `acks` (0: no response will come); `None` where the bytes end before it.
///
/// Version 3 put the transactional id before it (KIP-98), version 9 made that compact (KIP-482).
pub fn produce_acks(api_version: i16, body: &[u8]) -> Option<i16> {
    let rest = match api_version {
        ..3 => body,
        _ if ApiKey::PRODUCE.request_header_version(api_version) < 2 => {
            wire::nullable_string(body).ok()?.0
        }
        _ => wire::compact_nullable_string(body).ok()?.0,
    };
    be_i16::<_, nom::error::Error<&[u8]>>(rest).ok().map(|(_, acks)| acks)
}

/// Library name and version of an ApiVersions request (v3 and later, KIP-511).
pub fn client_software(body: &[u8]) -> Option<(&str, &str)> {
    let (rest, name) = wire::compact_nullable_string(body).ok()?;
    let (_, version) = wire::compact_nullable_string(rest).ok()?;
    Some((std::str::from_utf8(name?).ok()?, std::str::from_utf8(version?).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn acks_stand_behind_the_transactional_id_from_version_3_on() {
        assert_eq!(produce_acks(2, &[0xff, 0xff]), Some(-1));
        assert_eq!(produce_acks(7, &[0, 1, b't', 0, 1]), Some(1));
        assert_eq!(produce_acks(8, &[0xff, 0xff, 0, 0]), Some(0));
        assert_eq!(produce_acks(9, &[0, 0, 1]), Some(1));
        assert_eq!(produce_acks(13, &[2, b't', 0xff, 0xff]), Some(-1));
        assert_eq!(produce_acks(13, &[2, b't', 0xff]), None);
    }

    #[test]
    fn software_is_two_compact_strings() {
        assert_eq!(client_software(b"\x03ab\x021\x00"), Some(("ab", "1")));
        assert_eq!(client_software(b"\x03a"), None);
    }
}
