//! Does this look like a frame? Pure guesses, for connections that are not believed yet and for
//! directions that lost their frame boundaries.

use super::api::ApiKey;
use super::header::{FIXED_LEN, MIN_LEN};

/// What bytes look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guess {
    /// Not a frame.
    No,
    /// Too few bytes to tell.
    More,
    /// A frame whose header is of a known API and version, or known by other marks.
    Known {
        /// Frame size, without the length prefix.
        len: u32,
    },
    /// A frame that could be Kafka's; its API or version is not known.
    Unknown {
        /// Frame size, without the length prefix.
        len: u32,
    },
}

/// Client ids longer than this are odd in the middle of a stream.
const MAX_CLIENT_ID: usize = 255;

/// Judges bytes somewhere in a stream that may begin with a request's length prefix.
pub fn request(bytes: &[u8], max_len: u32) -> Guess {
    match judge(bytes, max_len, refuse_client_id_in_stream) {
        // Eight bytes without a client id are no more than small numbers.
        Guess::Known { .. } if has_no_client_id(bytes) => Guess::No,
        guess => guess,
    }
}

/// Whether its header has no place for a client id.
fn has_no_client_id(request: &[u8]) -> bool {
    let version = api_version(request).unwrap_or_default();
    api_key(request).is_some_and(|key| key.request_header_version(version) == 0)
}

/// Whether a request that begins with these bytes is of a version that the table knows.
pub fn is_of_known_version(request: &[u8]) -> bool {
    let key = api_key(request).zip(api_version(request));
    key.is_some_and(|(key, version)| key.is_known(version))
}

/// Whether a request that begins with these bytes is of an API and a version that Kafka may have one day.
pub fn may_come(request: &[u8]) -> bool {
    let key = api_key(request).zip(api_version(request));
    key.is_some_and(|(key, version)| key.0 <= MAX_API_KEY && version <= MAX_API_VERSION)
}

const MAX_API_KEY: i16 = 255;
const MAX_API_VERSION: i16 = 127;

fn api_version(request: &[u8]) -> Option<i16> {
    Some(i16::from_be_bytes(*request.get(6..)?.first_chunk()?))
}

/// The client id, if it is not empty, of a request that begins with these bytes.
pub fn client_id(request: &[u8]) -> Option<&[u8]> {
    let (_, frame) = request.split_first_chunk::<4>()?;
    let (claimed, text) = frame.get(MIN_LEN..)?.split_first_chunk()?;
    let len = usize::try_from(i16::from_be_bytes(*claimed)).ok()?;
    text.get(..len).filter(|id| !id.is_empty())
}

/// The API key of a request that begins with these bytes.
pub fn api_key(request: &[u8]) -> Option<ApiKey> {
    Some(ApiKey(i16::from_be_bytes(*request.get(4..)?.first_chunk()?)))
}

/// Whether a request that begins with these bytes has a client id that is not empty.
pub fn is_named(request: &[u8]) -> bool {
    let (claimed, _) = claimed_id(request);
    claimed.is_some_and(|len| len > 0)
}

/// Whether a request may be the next, or nearly, behind one that begins with the bytes `first`: by the
/// same client, with an id that is a little larger. Of `first` the client id may be cut.
pub fn is_series(first: &[u8], next: &[u8]) -> bool {
    let ((claimed, text), (next_claimed, next_text)) = (claimed_id(first), claimed_id(next));
    let kept = text.len().min(next_text.len());
    if claimed != next_claimed || text.get(..kept) != next_text.get(..kept) {
        return false;
    }
    let id = |request: &[u8]| Some(u32::from_be_bytes(*request.get(8..)?.first_chunk()?));
    let (Some(first), Some(next)) = (id(first), id(next)) else { return false };
    let ahead = next.wrapping_sub(first);
    match claimed {
        // Some clients count for all their connections together, some do not count at all.
        Some(1..) => ahead <= MAX_AHEAD,
        _ => (1..=MAX_AHEAD_NAMELESS).contains(&ahead),
    }
}

/// How far the ids of requests lie apart that follow one another.
const MAX_AHEAD: u32 = 4096;
const MAX_AHEAD_NAMELESS: u32 = 64;

/// The length of a client id, and as much of it as is there.
fn claimed_id(request: &[u8]) -> (Option<i16>, &[u8]) {
    let behind = request.get(4_usize.saturating_add(MIN_LEN)..).unwrap_or_default();
    let Some((claimed, text)) = behind.split_first_chunk() else { return (None, &[]) };
    let claimed = i16::from_be_bytes(*claimed);
    let len = usize::try_from(claimed).unwrap_or_default().min(text.len());
    (Some(claimed), text.get(..len).unwrap_or_default())
}

/// Judges bytes in the middle of a stream that may begin with a request whose client id is longer than
/// others, or no text; Kafka allows it.
pub fn oddly_named_request(bytes: &[u8], max_len: u32) -> Guess {
    match first_request(bytes, max_len) {
        Guess::Known { len } if is_named(bytes) && !has_no_client_id(bytes) => Guess::Known { len },
        _ => Guess::No,
    }
}

/// Whether the client id of a request that begins with these bytes is short text, as far as it is there.
pub fn is_plainly_named(request: &[u8]) -> bool {
    let (claimed, text) = claimed_id(request);
    let is_short = claimed.is_none_or(|len| usize::try_from(len).is_ok_and(|n| n <= MAX_CLIENT_ID));
    is_short && is_text(text)
}

/// Whether bytes, which may be cut, read as text.
fn is_text(bytes: &[u8]) -> bool {
    let valid = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) if error.error_len().is_none() => bytes
            .get(..error.valid_up_to())
            .and_then(|b| str::from_utf8(b).ok())
            .unwrap_or_default(),
        Err(_) => return false,
    };
    !valid.chars().any(char::is_control)
}

/// Judges a connection's first bytes: where a request begins is known, so its client id may be
/// whatever Kafka allows.
pub fn first_request(bytes: &[u8], max_len: u32) -> Guess {
    judge(bytes, max_len, refuse_client_id)
}

/// Judges a length prefix and a header; `refuse` says what speaks against the bytes from the client
/// id's length on, in a frame of this size.
fn judge(bytes: &[u8], max_len: u32, refuse: fn(&[u8], usize) -> Option<Guess>) -> Guess {
    let Some((prefix, frame)) = bytes.split_first_chunk() else {
        return Guess::More;
    };
    let len = match u32::try_from(i32::from_be_bytes(*prefix)) {
        Ok(len) if len <= max_len && len as usize >= MIN_LEN => len,
        _ => return Guess::No,
    };
    let Some((fixed, rest)) = frame.split_first_chunk::<MIN_LEN>() else {
        return Guess::More;
    };
    let [key_high, key_low, version_high, version_low, ..] = *fixed;
    let api_key = ApiKey(i16::from_be_bytes([key_high, key_low]));
    let api_version = i16::from_be_bytes([version_high, version_low]);
    if api_key.0 < 0 || api_version < 0 {
        return Guess::No;
    }
    // Produce v0 of a client without a name says nothing: so begins ZooKeeper's handshake, with the
    // last transaction that was seen where the id would be, and much else.
    if fixed.first_chunk() == Some(&[0; 4]) && rest.first_chunk() == Some(&[0; 2]) {
        return Guess::No;
    }
    let found =
        if api_key.is_known(api_version) { Guess::Known { len } } else { Guess::Unknown { len } };
    if api_key.request_header_version(api_version) == 0 {
        return found;
    }
    refuse(rest, len as usize).unwrap_or(found)
}

/// `None` when the client id fits its frame.
fn refuse_client_id(bytes: &[u8], frame_len: usize) -> Option<Guess> {
    let Some(claimed) = bytes.first_chunk() else {
        return Some(Guess::More);
    };
    let claimed = i16::from_be_bytes(*claimed);
    let fits = usize::try_from(claimed).is_ok_and(|n| n <= frame_len.saturating_sub(FIXED_LEN));
    (claimed != -1 && !fits).then_some(Guess::No)
}

/// `None` when the client id fits its frame, and is short and reads as text.
fn refuse_client_id_in_stream(bytes: &[u8], frame_len: usize) -> Option<Guess> {
    if let Some(refused) = refuse_client_id(bytes, frame_len) {
        return Some(refused);
    }
    if frame_len < FIXED_LEN {
        return Some(Guess::No);
    }
    let (claimed, text) = bytes.split_first_chunk()?;
    // Null is fine.
    let len = usize::try_from(i16::from_be_bytes(*claimed)).ok()?;
    if len > MAX_CLIENT_ID {
        return Some(Guess::No);
    }
    let Some(text) = text.get(..len) else {
        return Some(Guess::More);
    };
    let is_text = std::str::from_utf8(text).is_ok_and(|id| !id.chars().any(char::is_control));
    (!is_text).then_some(Guess::No)
}

/// Whether bytes begin like a TLS record (RFC 8446, 5.1): content type, then version 3.x.
pub fn is_tls(bytes: &[u8]) -> bool {
    matches!(bytes, [0x14..=0x17, 0x03, 0x00..=0x04, ..])
}

/// Whether a segment in the middle of a stream holds whole TLS records, or one with another behind it.
pub fn is_tls_records(segment: &[u8]) -> bool {
    let [_, _, _, high, low, ..] = segment else {
        return false;
    };
    let end = usize::from(u16::from_be_bytes([*high, *low])).saturating_add(TLS_HEADER_LEN);
    is_tls(segment)
        && end <= MAX_TLS_RECORD
        && segment.get(end..).is_some_and(|rest| rest.is_empty() || is_tls(rest))
}

const TLS_HEADER_LEN: usize = 5;
/// RFC 5246, 6.2.3: 2^14 bytes, and what encryption adds at most.
const MAX_TLS_RECORD: usize = TLS_HEADER_LEN + (1 << 14) + 2048;

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: u32 = 100 << 20;

    fn frame(api_key: i16, api_version: i16, client_id: &str) -> Vec<u8> {
        let mut frame = vec![0, 0, 0, 40];
        frame.extend(api_key.to_be_bytes());
        frame.extend(api_version.to_be_bytes());
        frame.extend(7_i32.to_be_bytes());
        frame.extend((client_id.len() as i16).to_be_bytes());
        frame.extend(client_id.as_bytes());
        frame.resize(44, 0);
        frame
    }

    #[test]
    fn known_unknown_and_impossible_headers_are_told_apart() {
        assert_eq!(request(&frame(18, 3, "app"), LIMIT), Guess::Known { len: 40 });
        assert_eq!(request(&frame(18, 300, "app"), LIMIT), Guess::Unknown { len: 40 });
        assert_eq!(request(&frame(-1, 0, "app"), LIMIT), Guess::No);
        assert_eq!(request(&frame(18, 3, "\u{1}"), LIMIT), Guess::No);
        assert_eq!(request(&frame(18, 3, &"x".repeat(31)), LIMIT), Guess::No);
        assert_eq!(request(&frame(18, 3, "app")[..12], LIMIT), Guess::More);
        assert_eq!(client_id(&frame(18, 300, "app")), Some(&b"app"[..]));
        assert_eq!(
            (client_id(&frame(18, 3, "")), client_id(&frame(18, 3, "app")[..16])),
            (None, None)
        );
    }

    #[test]
    fn a_connections_first_request_may_have_any_client_id() {
        let mut long = frame(18, 3, &"x".repeat(300));
        long[3] = 255;
        long[2] = 1;
        assert_eq!(first_request(&long, LIMIT), Guess::Known { len: 511 });
        assert_eq!(request(&long, LIMIT), Guess::No);
        assert_eq!(first_request(&frame(18, 3, "a\tb"), LIMIT), Guess::Known { len: 40 });
        assert_eq!(first_request(&frame(18, 3, &"x".repeat(31)), LIMIT), Guess::No);
    }

    #[test]
    fn other_protocols_are_not_frames() {
        let zookeeper = [&[0, 0, 0, 45][..], &[0; 14], &[0x46, 0x50], &[0; 29]].concat();
        let again = [&[0, 0, 0, 45][..], &[0; 4], &[0, 0, 0, 5], &[0; 37]].concat();
        for other in [
            &zookeeper[..],
            &again[..],
            b"GET / HTTP/1.1\r\n",
            b"*1\r\n$4\r\nPING\r\n",
            b"\x16\x03\x01\x02\x00\x01",
        ] {
            assert_eq!(request(other, LIMIT), Guess::No);
        }
        assert!(is_tls(b"\x16\x03\x01\x02\x00"));
    }

    #[test]
    fn tls_in_mid_stream_is_known_by_whole_records() {
        let record = b"\x17\x03\x03\x00\x02ab";
        assert!(is_tls_records(record));
        assert!(is_tls_records(&[&record[..], b"\x17\x03\x03\x00\x09a"].concat()));
        assert!(!is_tls_records(&record[..6]), "its end is not here");
        assert!(!is_tls_records(b"\x17\x03\x03\x00\x02abc"));
        assert!(!is_tls_records(b"\x17\x03\x03\x00"));
    }
}
