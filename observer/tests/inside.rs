//! Messages inside an Envelope that cannot be decoded: what their headers say stays, and the reason is
//! told.

mod parts;

use observer::decode::{Facts, Undecoded};
use observer::event::Side;
use observer::protocol::api::ApiKey;
use observer::protocol::machine::Wrapped;
use parts::Part::{Bytes, Gap};
use parts::{answer_to, decoded};

const ENVELOPE: ApiKey = ApiKey(58);
const REQUEST: (ApiKey, Side, i16) = (ENVELOPE, Side::Request, 0);
const RESPONSE: (ApiKey, Side, i16) = (ENVELOPE, Side::Response, 0);

/// A request of client `adm`, as far as all requests are alike, and a body of three bytes.
fn request(api_key: i16, version: i16) -> Vec<u8> {
    let mut bytes = [api_key.to_be_bytes(), version.to_be_bytes()].concat();
    bytes.extend([0, 0, 0, 7, 0, 3, b'a', b'd', b'm', 1, 2, 3]);
    bytes
}

/// An Envelope v0 request around a message: no client id, no principal, an address.
fn envelope(inside: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0xff, 0xff, 0, inside.len() as u8 + 1];
    bytes.extend(inside);
    bytes.extend([0, 5, 10, 0, 0, 1, 0]);
    bytes
}

fn inside(facts: &Facts) -> (i16, i16, Option<&str>, Option<Undecoded>) {
    let inside = facts.forwarded.as_ref().expect("what is inside");
    let client_id = inside.client_id.as_deref();
    (inside.api_key.0, inside.api_version, client_id, inside.facts.undecoded())
}

#[test]
fn the_header_of_a_request_whose_body_is_not_known_is_told() {
    for (api_key, version, why) in
        [(19, 99, Undecoded::UnknownVersion), (999, 1, Undecoded::UnknownApi)]
    {
        let bytes = envelope(&request(api_key, version));
        let told = (api_key, version, Some("adm"), Some(why));
        let facts = decoded(REQUEST, &[Bytes(&bytes)]);
        assert_eq!((inside(&facts), facts.undecoded), (told, None));
        assert_eq!(facts.undecoded(), Some(why), "that of the whole");
        // In parts that end anywhere; and without a byte of the client id.
        let bytes: Vec<_> = bytes.chunks(1).map(Bytes).collect();
        assert_eq!(inside(&decoded(REQUEST, &bytes)), told);
        let lost = (0_usize..).zip(bytes).map(|(n, byte)| if n == 15 { Gap(1) } else { byte });
        let facts = decoded(REQUEST, &lost.collect::<Vec<_>>());
        assert_eq!(inside(&facts), (api_key, version, None, Some(why)));
        assert_eq!(facts.undecoded, Some(Undecoded::Gap));
    }
}

#[test]
fn what_is_no_request_is_not_taken_for_one() {
    let facts = decoded(REQUEST, &[Bytes(&envelope(&[0, 1]))]);
    assert_eq!((facts.undecoded, facts.forwarded), (Some(Undecoded::Malformed), None));
    // One that lies in a request that lies in the other: that one goes on behind it.
    let mut middle = vec![0, 58, 0, 0, 0, 0, 0, 7, 0, 3, b'a', b'd', b'm', 0, 3, 0, 1];
    middle.extend([0, 5, 10, 0, 0, 1, 0]);
    let facts = decoded(REQUEST, &[Bytes(&envelope(&middle))]);
    assert_eq!(inside(&facts), (58, 0, Some("adm"), Some(Undecoded::Malformed)));
    assert_eq!(facts.undecoded, None);
}

#[test]
fn a_response_to_what_is_not_known_is_not_clean() {
    // Correlation id 7, two bytes; no error of the Envelope's own.
    let bytes = [0, 7, 0, 0, 0, 7, b'z', b'z', 0, 0, 0];
    let facts = decoded(RESPONSE, &[Bytes(&bytes)]);
    assert_eq!((facts.undecoded, facts.forwarded), (Some(Undecoded::UnknownApi), None));
    let asked = Wrapped { api_key: ApiKey(19), api_version: 99 };
    let facts = answer_to(asked, RESPONSE, &[Bytes(&bytes)]);
    assert_eq!(inside(&facts), (19, 99, None, Some(Undecoded::UnknownVersion)));
    // Of a known version, but too short to be an answer.
    let asked = Wrapped { api_version: 5, ..asked };
    let facts = answer_to(asked, RESPONSE, &[Bytes(&[0, 3, b'z', b'z', 0, 0, 0])]);
    assert_eq!(inside(&facts), (19, 5, None, Some(Undecoded::Malformed)));
    // Null: it has not been answered.
    let facts = decoded(RESPONSE, &[Bytes(&[0, 0, 0, 31, 0])]);
    assert_eq!(facts.undecoded(), None);
}
