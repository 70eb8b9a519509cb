//! A message in, or its beginning; out comes whether it is one by its layout, with no byte left over.

use super::api::ApiKey;
use super::machine::{Machine, Visitor};
use super::pieces::Pieces;
use super::program;
use crate::event::Side;

/// Whether a message of `len` bytes behind its correlation id is all that its layout says and nothing
/// more, as far as it is held; `None` where that is not known. A layout that an older release has in
/// another way refutes nothing.
pub fn fits(api_key: ApiKey, side: Side, version: i16, len: u32, held: &[u8]) -> Option<bool> {
    let program = program::find(api_key, side, version)?;
    let mut machine = Machine::new(program, len);
    machine.feed(Pieces::of(held), &mut Blind);
    let fits = if held.len() < len as usize {
        machine.may_go_on()
    } else {
        machine.end(&mut Blind).is_ok()
    };
    (fits || !program.is_disputed).then_some(fits)
}

/// Wants to know nothing.
struct Blind;

impl Visitor for Blind {}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_whole(api_key: ApiKey, side: Side, version: i16, message: &[u8]) -> Option<bool> {
        fits(api_key, side, version, message.len() as u32, message)
    }

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

    #[test]
    fn a_beginning_is_refuted_by_what_is_held_of_it() {
        let heartbeat = b"\0\x03app\0\x01g\0\0\0\x01\0\x01m";
        let begins = |len, bytes: &[u8]| fits(ApiKey(12), Side::Request, 0, len, bytes);
        for cut in 0..heartbeat.len() {
            assert_eq!(begins(15, &heartbeat[..cut]), Some(true));
        }
        assert_eq!(begins(100, heartbeat), Some(false), "so long it is not");
        assert_eq!(begins(15, b"\0\x03app\0\x09g"), Some(false), "the group reaches beyond it");
    }

    #[test]
    fn a_disputed_layout_refutes_nothing() {
        // ReadShareGroupStateSummary v0 as 3.9 speaks it: no leader epoch.
        let partition = [&[0, 0, 0, 1, 0, 0][..], &[0; 4], &[0, 0, 0, 5], &[0; 3]].concat();
        let old = [&[0, 2][..], &[7; 16], &[2, 0, 0, 0, 3, 0, 0], &partition].concat();
        assert_eq!(is_whole(ApiKey(87), Side::Response, 0, &old), None);
        assert_eq!(is_whole(ApiKey(12), Side::Response, 0, &old), Some(false));
    }
}
