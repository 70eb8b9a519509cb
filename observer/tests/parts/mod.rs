//! A message's bytes, some of them missing, in; what it says out.

#![allow(dead_code, unreachable_pub, reason = "each test binary uses its own part of this module")]

use observer::decode::{Decoder, Facts, Message, Names};
use observer::event::Side;
use observer::protocol::api::ApiKey;
use observer::protocol::machine::Wrapped;
use observer::protocol::pieces::Pieces;
use observer::stream::Hole;
use observer::tables::Evictions;

/// Parts of a message: bytes, or a number of bytes that are not there.
pub enum Part<'a> {
    Bytes(&'a [u8]),
    Gap(usize),
    Elided(usize),
}

pub use Part::{Bytes, Elided, Gap};

pub fn decoded(message: (ApiKey, Side, i16), parts: &[Part<'_>]) -> Facts {
    decoded_by(&mut decoder(), message, parts)
}

pub fn decoder() -> Decoder {
    Decoder::new(Names::new(100, 100))
}

pub fn decoded_by(
    decoder: &mut Decoder,
    message: (ApiKey, Side, i16),
    parts: &[Part<'_>],
) -> Facts {
    run(decoder, message, None, parts).0
}

/// A response, and the request inside its request.
pub fn answer_to(wrapped: Wrapped, message: (ApiKey, Side, i16), parts: &[Part<'_>]) -> Facts {
    run(&mut decoder(), message, Some(wrapped), parts).0
}

/// And what found no room.
pub fn run(
    decoder: &mut Decoder,
    (api_key, side, version): (ApiKey, Side, i16),
    wrapped: Option<Wrapped>,
    parts: &[Part<'_>],
) -> (Facts, Evictions) {
    let mut evictions = Evictions::default();
    let len = parts.iter().map(|part| match part {
        Bytes(bytes) => bytes.len(),
        Gap(len) | Elided(len) => *len,
    });
    let len = len.sum::<usize>() as u32;
    let mut body = decoder.begin(Message { api_key, side, version, len, wrapped });
    for part in parts {
        match part {
            Bytes(bytes) => decoder.feed(&mut body, Pieces::of(bytes), &mut evictions),
            Gap(len) => decoder.miss(&mut body, Hole::Gap, *len as u64, &mut evictions),
            Elided(len) => decoder.miss(&mut body, Hole::Elided, *len as u64, &mut evictions),
        }
    }
    (*decoder.end(body, &mut evictions), evictions)
}
