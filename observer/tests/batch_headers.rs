//! Batches' headers that are seen in part: what was left out behind the last offset delta is not missed.

mod parts;

use observer::event::Side;
use observer::protocol::api::ApiKey;
use parts::Part::{Bytes, Elided};
use parts::decoded;

/// A request header's client id: null.
const NOBODY: [u8; 2] = [0xff, 0xff];

/// Produce v3 of one partition, whose set is one batch of 70 bytes; and where in it the batch begins.
fn produce_batch(delta: i32, count: i32) -> (Vec<u8>, usize) {
    let number = |n: i32| n.to_be_bytes();
    let before = [&number(1)[..], &[0, 1, b't'], &number(1), &number(0), &number(70)].concat();
    let before = [&NOBODY[..], &NOBODY, &[0, 1], &number(1_000), &before].concat();
    let mut batch = [0; 70];
    batch[8..12].copy_from_slice(&number(58));
    batch[16] = 2;
    batch[23..27].copy_from_slice(&number(delta));
    batch[57..61].copy_from_slice(&number(count));
    ([&before[..], &batch].concat(), before.len())
}

#[test]
fn a_header_that_ends_with_its_delta_tells_the_count() {
    let message = (ApiKey::PRODUCE, Side::Request, 3);
    let (bytes, start) = produce_batch(6, 7);
    let whole = decoded(message, &[Bytes(&bytes)]);
    assert_eq!(whole.partitions[0].records, Some(7), "{whole:?}");
    for kept in 0..=61 {
        let missing = bytes.len() - start - kept;
        let facts = decoded(message, &[Bytes(&bytes[..start + kept]), Elided(missing)]);
        assert_eq!(facts.partitions[0].records, (kept >= 27).then_some(7), "{kept}: {facts:?}");
    }
    let (bytes, start) = produce_batch(i32::MAX, 7);
    let facts = decoded(message, &[Bytes(&bytes[..start + 30]), Elided(40)]);
    assert_eq!(facts.partitions[0].records, None, "{facts:?}");
}
