//! What the pipeline needs from a request's body at once: which library a client says it is.

use super::wire;

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
    fn software_is_two_compact_strings() {
        assert_eq!(client_software(b"\x03ab\x021\x00"), Some(("ab", "1")));
        assert_eq!(client_software(b"\x03a"), None);
    }
}
