//! Request headers (protocol guide, "Request Header v0, v1, v2"): bytes in, header out.

use nom::number::complete::{be_i16, be_i32};

use super::api::ApiKey;
use super::wire::{self, is_cut};

/// Bytes of a request header up to and with the client id's length.
pub const FIXED_LEN: usize = 10;
/// Bytes of the smallest request header (v0: key, version, correlation id).
pub const MIN_LEN: usize = 8;

/// A request's header, and the bytes behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestHead<'a> {
    /// API key, known or not.
    pub api_key: ApiKey,
    /// API version, known or not.
    pub api_version: i16,
    /// Correlation id.
    pub correlation_id: i32,
    /// Client id as far as present; `None` where null, absent (v0), or not present at all.
    pub client_id: Option<&'a [u8]>,
    /// Not all of the client id is present.
    pub is_client_id_cut: bool,
    /// The body's bytes that are present; `None` where the header itself is cut.
    pub body: Option<&'a [u8]>,
}

/// Why there is no header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HeadError {
    /// Fewer than the eight bytes that every header has.
    #[error("the header is cut before its correlation id")]
    Cut,
    /// The client id's length is below -1, or beyond its frame.
    #[error("the client id's length is below -1 or beyond its frame")]
    ClientId,
    /// The tagged fields do not add up.
    #[error("the header's tagged fields are malformed")]
    TaggedFields,
}

/// Reads a request's header from what is present of its frame of `len` bytes.
pub fn request_head(frame: &[u8], len: u32) -> Result<RequestHead<'_>, HeadError> {
    let fixed = |input| -> wire::Parsed<'_, (i16, i16, i32)> {
        let (rest, api_key) = be_i16(input)?;
        let (rest, api_version) = be_i16(rest)?;
        let (rest, correlation_id) = be_i32(rest)?;
        Ok((rest, (api_key, api_version, correlation_id)))
    };
    let (rest, (api_key, api_version, correlation_id)) =
        fixed(frame).map_err(|_| HeadError::Cut)?;
    let api_key = ApiKey(api_key);
    let header_version = api_key.request_header_version(api_version);
    let head = RequestHead {
        api_key,
        api_version,
        correlation_id,
        client_id: None,
        is_client_id_cut: false,
        body: None,
    };
    if header_version == 0 {
        return Ok(RequestHead { body: Some(rest), ..head });
    }
    let (rest, client_id) = match wire::nullable_string(rest) {
        Ok(parsed) => parsed,
        Err(error) if is_cut(&error) && client_id_fits(rest, len) => {
            return Ok(RequestHead { client_id: rest.get(2..), is_client_id_cut: true, ..head });
        }
        Err(_) => return Err(HeadError::ClientId),
    };
    let head = RequestHead { client_id, ..head };
    if header_version == 1 {
        return Ok(RequestHead { body: Some(rest), ..head });
    }
    if let [0, body @ ..] = rest {
        // As most have none.
        return Ok(RequestHead { body: Some(body), ..head });
    }
    match wire::skip_tagged_fields(rest) {
        Ok((body, ())) => Ok(RequestHead { body: Some(body), ..head }),
        Err(error) if is_cut(&error) => Ok(head),
        Err(_) => Err(HeadError::TaggedFields),
    }
}

fn client_id_fits(rest: &[u8], frame_len: u32) -> bool {
    let claimed = rest.first_chunk().map_or(0, |len| u16::from_be_bytes(*len));
    FIXED_LEN.saturating_add(claimed.into()) <= frame_len as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    /// ApiVersions v3, correlation id 7, client id "app", no tagged fields, then two bytes.
    const FRAME: &[u8] = &[0, 18, 0, 3, 0, 0, 0, 7, 0, 3, b'a', b'p', b'p', 0, 1, 1];

    #[test]
    fn a_whole_header_is_read() {
        let head = request_head(FRAME, 16).unwrap();
        assert_eq!((head.api_key, head.api_version, head.correlation_id), (ApiKey(18), 3, 7));
        assert_eq!(head.client_id, Some(&b"app"[..]));
        assert_eq!(head.body, Some(&[1, 1][..]));
    }

    #[test]
    fn a_cut_header_gives_what_is_there() {
        assert_eq!(request_head(&FRAME[..7], 16), Err(HeadError::Cut));
        let head = request_head(&FRAME[..12], 16).unwrap();
        assert_eq!((head.correlation_id, head.client_id, head.body), (7, Some(&b"ap"[..]), None));
        assert!(head.is_client_id_cut && !request_head(&FRAME[..13], 16).unwrap().is_client_id_cut);
    }

    #[test]
    fn a_client_id_beyond_its_frame_is_no_header() {
        assert_eq!(request_head(&FRAME[..12], 12), Err(HeadError::ClientId));
        let mut negative = FRAME.to_vec();
        negative[8..10].copy_from_slice(&[0xff, 0xfe]);
        assert_eq!(request_head(&negative, 16), Err(HeadError::ClientId));
    }

    #[test]
    fn controlled_shutdown_v0_has_no_client_id() {
        let head = request_head(&[0, 7, 0, 0, 0, 0, 0, 1, 0, 0, 0, 9], 12).unwrap();
        assert_eq!((head.client_id, head.body), (None, Some(&[0, 0, 0, 9][..])));
    }
}
