//! The stream of `tests/java/messages` in, its messages out.

use std::fmt;
use std::io::Read;
use std::str;

use anyhow::{Context, Result, bail};
use observer::event::Side;
use observer::protocol::api::ApiKey;

use super::Line;

/// The fixed part before a body.
const HEAD: usize = 6;

/// A message that Kafka's own classes wrote, and what is in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// API key.
    pub api_key: i16,
    /// Version of the API.
    pub version: i16,
    /// Request or response.
    pub side: Side,
    /// What it was filled with.
    pub mode: Mode,
    /// The bytes after the header.
    pub body: Vec<u8>,
    /// The values in the body, in the order of the wire. Tagged fields stand where the wire has
    /// them, if it has them; unknown ones do not.
    pub trace: Vec<Line>,
    /// What an Envelope carries, if that is a message.
    pub wrapped: Option<Box<Wrapped>>,
}

/// A message of an admin API in an Envelope, where its header goes before it (KIP-590).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrapped {
    /// UTF-8, from the header; `None` also for responses, whose headers have none.
    pub client_id: Option<Vec<u8>>,
    /// The message.
    pub message: Message,
}

/// What a message is filled with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mode {
    /// Whatever comes, tagged fields and unknown ones now and then.
    Random,
    /// Null wherever the layout allows it.
    Nulls,
    /// Lengths and numbers of 0.
    Empty,
    /// The ends of the numbers' ranges, long strings, large arrays, all tagged fields.
    Maximal,
    /// No tagged field.
    Untagged,
    /// Every tagged field; flexible versions only.
    Tagged,
    /// Unknown tagged fields in every struct, beside the known; flexible versions only.
    UnknownTags,
}

impl Mode {
    /// Those that every layout has.
    pub const INFLEXIBLE: [Self; 5] =
        [Self::Random, Self::Nulls, Self::Empty, Self::Maximal, Self::Untagged];
    /// Those of a flexible version.
    pub const ALL: [Self; 7] = [
        Self::Random,
        Self::Nulls,
        Self::Empty,
        Self::Maximal,
        Self::Untagged,
        Self::Tagged,
        Self::UnknownTags,
    ];
}

impl Message {
    /// The next one of a stream; `None` at its end.
    pub fn read<R: Read>(stream: &mut R) -> Result<Option<Self>> {
        let mut first = [0];
        if stream.read(&mut first)? == 0 {
            return Ok(None);
        }
        Self::read_after(first, stream).context("not a stream of messages").map(Some)
    }

    fn read_after<R: Read>(first: [u8; 1], stream: &mut R) -> Result<Self> {
        let mut head = [0; HEAD - 1];
        stream.read_exact(&mut head)?;
        let ([first], [second, version @ .., side, mode]) = (first, head);
        Ok(Self {
            api_key: i16::from_be_bytes([first, second]),
            version: i16::from_be_bytes(version),
            side: side_of(side)?,
            mode: *Mode::ALL.get(usize::from(mode)).context("unknown mode")?,
            body: sized(stream)?,
            trace: lines(&sized(stream)?)?,
            wrapped: optional(stream, Wrapped::read)?.map(Box::new),
        })
    }
}

impl Wrapped {
    fn read<R: Read>(stream: &mut R) -> Result<Self> {
        let client_id = optional(stream, sized)?;
        let message = Message::read(stream)?.context("nothing is wrapped")?;
        Ok(Self { client_id, message })
    }
}

/// Which message it is; not what is in it.
impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { api_key, version, side, mode, .. } = self;
        write!(f, "{} ({api_key}) v{version} {side:?} {mode:?}", ApiKey(*api_key))
    }
}

fn side_of(number: u8) -> Result<Side> {
    match number {
        0 => Ok(Side::Request),
        1 => Ok(Side::Response),
        _ => bail!("neither request nor response: {number}"),
    }
}

/// What follows a 1, and not a 0.
fn optional<R: Read, T>(stream: &mut R, read: fn(&mut R) -> Result<T>) -> Result<Option<T>> {
    let mut flag = [0];
    stream.read_exact(&mut flag)?;
    match flag {
        [0] => Ok(None),
        [1] => read(stream).map(Some),
        [other] => bail!("neither there nor not: {other}"),
    }
}

/// Bytes after their own number.
fn sized<R: Read>(stream: &mut R) -> Result<Vec<u8>> {
    let mut length = [0; 4];
    stream.read_exact(&mut length)?;
    let length = u32::from_be_bytes(length);
    let mut bytes = Vec::new();
    stream.take(u64::from(length)).read_to_end(&mut bytes)?;
    if bytes.len() != length as usize {
        bail!("the stream ends within {length} bytes");
    }
    Ok(bytes)
}

fn lines(trace: &[u8]) -> Result<Vec<Line>> {
    str::from_utf8(trace)?.lines().map(str::parse).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages::Value;

    const TRACE: &[u8] = b"a\tint\t5\nb\tarray\t0\n";

    /// A message, and after it what tells whether it wraps another.
    fn stream() -> Vec<u8> {
        [&bare()[..], &[0]].concat()
    }

    fn bare() -> Vec<u8> {
        let mut stream = vec![0, 3, 0, 9, 1, 2, 0, 0, 0, 2, 7, 8, 0, 0, 0, TRACE.len() as u8];
        stream.extend_from_slice(TRACE);
        stream
    }

    #[test]
    fn messages_come_one_after_the_other() {
        let twice = [stream(), stream()].concat();
        let mut stream = &twice[..];
        for _ in 0..2 {
            let message = Message::read(&mut stream).unwrap().expect("a message");
            assert_eq!((message.api_key, message.version), (3, 9));
            assert_eq!((message.side, message.mode), (Side::Response, Mode::Empty));
            assert_eq!(message.body, [7, 8]);
            assert_eq!(message.trace[0].value, Value::Int(5));
            assert_eq!(message.trace.len(), 2);
            assert_eq!(message.to_string(), "Metadata (3) v9 Response Empty");
        }
        assert!(Message::read(&mut stream).unwrap().is_none());
    }

    #[test]
    fn a_message_may_wrap_another() {
        let stream = [&bare()[..], &[1, 1, 0, 0, 0, 1, b'c'], &stream()].concat();
        let message = Message::read(&mut &stream[..]).unwrap().expect("a message");
        let wrapped = message.wrapped.expect("another");
        assert_eq!(wrapped.client_id.as_deref(), Some(&b"c"[..]));
        assert_eq!(wrapped.message.body, [7, 8]);
        for end in 1..stream.len() {
            assert!(Message::read(&mut &stream[..end]).is_err(), "{end}");
        }
    }

    #[test]
    fn a_stream_that_ends_too_soon_is_an_error() {
        let whole = stream();
        for end in 1..whole.len() {
            assert!(Message::read(&mut &whole[..end]).is_err(), "{end}");
        }
    }

    #[test]
    fn other_sides_and_modes_are_errors() {
        for (at, value) in [(4, 2), (5, 7)] {
            let mut stream = stream();
            stream[at] = value;
            assert!(Message::read(&mut &stream[..]).is_err());
        }
    }
}
