//! A whole message in; out comes whether it is one by its layout, with no byte left over.

use super::api::ApiKey;
use super::machine::{Machine, Visitor};
use super::program;
use crate::event::Side;

/// Whether a message, from behind its correlation id, is all that its layout says and nothing more;
/// `None` where that is not known.
pub fn is_whole(api_key: ApiKey, side: Side, version: i16, message: &[u8]) -> Option<bool> {
    let program = program::find(api_key, side, version)?;
    let mut machine = Machine::new(program, u32::try_from(message.len()).ok()?);
    machine.feed(message, &mut Blind);
    Some(machine.end(&mut Blind).is_ok())
}

/// Wants to know nothing.
struct Blind;

impl Visitor for Blind {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_too_many_or_too_few_is_told() {
        let heartbeat = b"\0\x03app\0\x01g\0\0\0\x01\0\x01m";
        let whole = |version, bytes: &[u8]| is_whole(ApiKey(12), Side::Request, version, bytes);
        assert_eq!(whole(0, heartbeat), Some(true));
        assert_eq!(whole(0, &heartbeat[..heartbeat.len() - 1]), Some(false));
        assert_eq!(whole(0, &[&heartbeat[..], &[0]].concat()), Some(false));
        assert_eq!(whole(99, heartbeat), None);
        assert_eq!(is_whole(ApiKey(12), Side::Response, 0, &[0; 2]), Some(true));
        assert_eq!(is_whole(ApiKey(12), Side::Response, 0, &[0; 4]), Some(false));
    }
}
