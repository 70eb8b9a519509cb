//! What the observer's own decoder finds in a message, in the words of the oracle's trace.

use std::ops::Range;

use observer::event::Side;
use observer::protocol::api::ApiKey;
use observer::protocol::machine::{self, Machine, Text, Visitor, WrappedEnd};
use observer::protocol::pieces::Pieces;
use observer::protocol::program::{Meaning, Place, Program, compile};
use observer::protocol::schema::{self, Kind};

use super::{Batch, Line, Message, Value};

/// A layout's program that reports every value, made once for a run of messages.
#[derive(Debug, Default)]
pub struct Programs {
    last: Option<(Layout, &'static Program, &'static Program)>,
}

/// API key, version, direction.
pub type Layout = (i16, i16, Side);

/// What came of decoding.
#[derive(Debug, Default)]
pub struct Decoded {
    /// Values in the order of the wire.
    pub trace: Vec<Line>,
    /// Whether the layout was followed to the message's last byte.
    pub is_whole: bool,
    /// What the message inside it said (Envelope).
    pub wrapped: Option<(Vec<Line>, bool)>,
}

/// What is wanted of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// Every value.
    Everything,
    /// What an observer reports.
    Facts,
}

impl Programs {
    /// The program of a message's layout. Programs are never freed: a test has few layouts.
    ///
    /// # Panics
    ///
    /// If the table does not have the layout.
    pub fn find(&mut self, message: &Message, wanted: Wanted) -> &'static Program {
        let layout = (message.api_key, message.version, message.side);
        let (_, everything, facts) = match self.last {
            Some(last) if last.0 == layout => last,
            _ => {
                let (key, version, side) = layout;
                let facts = observer::protocol::program::find(ApiKey(key), side, version)
                    .expect("the table has the layout");
                let made = (layout, compiled(layout, Meaning::EVERYTHING), facts);
                self.last = Some(made);
                made
            }
        };
        match wanted {
            Wanted::Everything => everything,
            Wanted::Facts => facts,
        }
    }
}

/// A layout's program, none of which is written out as code.
///
/// # Panics
///
/// If the table does not have the layout.
pub fn compiled((key, version, side): Layout, meaning: Meaning) -> &'static Program {
    let layout = schema::layout(ApiKey(key), side, version).expect("the table has the layout");
    Box::leak(Box::new(compile(layout, version, meaning).expect("a layout that compiles")))
}

/// The message's bytes behind its correlation id: the header's rest, empty, and the body.
pub fn bytes(message: &Message) -> Vec<u8> {
    let header = ApiKey(message.api_key).header_version(message.side, message.version);
    let rest: &[u8] = match (message.side, header) {
        (Side::Request, 2) => &[0xff, 0xff, 0],
        (Side::Request, 1) => &[0xff, 0xff],
        (Side::Response, 1) => &[0],
        _ => &[],
    };
    [rest, &message.body].concat()
}

/// Decodes bytes that come in the given parts.
///
/// # Panics
///
/// If the length is none of a frame's.
pub fn decode<'b>(
    message: &Message,
    program: &'static Program,
    len: usize,
    parts: impl IntoIterator<Item = &'b [u8]>,
) -> Decoded {
    let mut machine = Machine::new(program, u32::try_from(len).expect("a message of this size"));
    let mut tracer =
        Tracer { program, message, decoded: Decoded::default(), inside: None, left: 0 };
    for part in parts {
        machine.feed(Pieces::of(part), &mut tracer);
    }
    let end = machine.end(&mut tracer);
    tracer.decoded.is_whole = end.is_ok();
    tracer.decoded
}

/// Decodes bytes of which a run is missing.
///
/// # Panics
///
/// If the length is none of a frame's.
pub fn decode_around(
    message: &Message,
    program: &'static Program,
    bytes: &[u8],
    missing: Range<usize>,
) -> Decoded {
    let len = u32::try_from(bytes.len()).expect("a message of this size");
    let mut machine = Machine::new(program, len);
    let mut tracer =
        Tracer { program, message, decoded: Decoded::default(), inside: None, left: 0 };
    machine.feed(Pieces::of(&bytes[..missing.start]), &mut tracer);
    machine.hole(missing.len() as u64, &mut tracer);
    machine.feed(Pieces::of(&bytes[missing.end..]), &mut tracer);
    let end = machine.end(&mut tracer);
    tracer.decoded.is_whole = end.is_ok();
    tracer.decoded
}

/// Writes a trace.
struct Tracer<'m> {
    program: &'static Program,
    message: &'m Message,
    decoded: Decoded,
    /// The program of the message inside, and what that has said.
    inside: Option<(&'static Program, Vec<Line>)>,
    /// Bytes of the record set at hand that no batch has taken.
    left: u32,
}

impl Tracer<'_> {
    fn kind(&self, place: Place) -> Option<Kind> {
        let program = self.inside.as_ref().map_or(self.program, |(program, _)| program);
        program.fields.get(usize::from(place.field)).map(|(field, _)| field.kind)
    }

    fn line(&mut self, place: Place, value: Value) {
        let line = |program: &Program| Line {
            path: program.path(place).to_lowercase(),
            is_tagged: false,
            value,
        };
        match &mut self.inside {
            Some((program, trace)) => trace.push(line(program)),
            None => self.decoded.trace.push(line(self.program)),
        }
    }

    fn trace(&mut self) -> &mut Vec<Line> {
        self.inside.as_mut().map_or(&mut self.decoded.trace, |(_, trace)| trace)
    }

    fn enter(&mut self, wrapped: machine::Wrapped, side: Side) {
        let program = observer::protocol::program::find(wrapped.api_key, side, wrapped.api_version);
        self.inside = program.map(|program| (program, Vec::new()));
    }
}

impl Visitor for Tracer<'_> {
    fn number(&mut self, place: Place, value: i64) {
        let value = match self.kind(place) {
            Some(Kind::Uint16) => Value::Int(value & 0xffff),
            Some(Kind::Float64) => Value::Float(value.cast_unsigned()),
            _ => Value::Int(value),
        };
        self.line(place, value);
    }

    fn text(&mut self, place: Place, value: Option<Text<'_>>) {
        // The header's client id is no field of the body.
        let value = match self.kind(place) {
            None => return,
            Some(Kind::String) => Value::String(value.map(|text| text.bytes.to_vec())),
            Some(_) => Value::Bytes(value.map(|text| text.len)),
        };
        self.line(place, value);
    }

    fn uuid(&mut self, place: Place, value: &[u8; 16]) {
        self.line(place, Value::Uuid(*value));
    }

    fn array(&mut self, place: Place, count: Option<u32>) {
        self.line(place, Value::Array(count));
    }

    fn nullable(&mut self, place: Place, is_null: bool) {
        self.line(place, Value::Struct(!is_null));
    }

    fn records(&mut self, place: Place, len: Option<u32>, _is_walked: bool) {
        self.left = len.unwrap_or_default();
        self.line(place, Value::Records(len));
    }

    fn batch(&mut self, batch: &machine::Batch) {
        let machine::Batch { len, codec, records } = *batch;
        // Of an older set, or a batch that the set does not hold all of: Kafka reads neither.
        let (Some(records), Some(left)) = (records, u64::from(self.left).checked_sub(len)) else {
            return;
        };
        self.left = u32::try_from(left).unwrap_or(u32::MAX);
        let path = self.trace().last().map(|line| line.path.clone()).unwrap_or_default();
        let value = Value::Batch(Batch {
            length: u32::try_from(len).unwrap_or(u32::MAX),
            magic: 2,
            codec,
            records,
        });
        self.trace().push(Line { path, is_tagged: false, value });
    }

    fn wrapped_request(&mut self, request: machine::Wrapped) {
        self.enter(request, Side::Request);
    }

    fn wrapped_response(&mut self) -> Option<machine::Wrapped> {
        let inner = &self.message.wrapped.as_ref()?.message;
        let request =
            machine::Wrapped { api_key: ApiKey(inner.api_key), api_version: inner.version };
        self.enter(request, Side::Response);
        Some(request)
    }

    fn wrapped_end(&mut self, end: WrappedEnd) {
        let trace = self.inside.take().map(|(_, trace)| trace).unwrap_or_default();
        self.decoded.wrapped = Some((trace, end == WrappedEnd::Whole));
    }
}

/// The oracle's trace as the decoder can tell it: strings are cut, and of what is only passed on in
/// parts no batches are told.
pub fn expected(trace: &[Line]) -> Vec<Line> {
    let is_told = |line: &&Line| {
        !(matches!(line.value, Value::Batch(_)) && line.path.ends_with("unalignedrecords"))
    };
    let lines = trace.iter().filter(is_told).cloned().map(|mut line| {
        line.is_tagged = false;
        if let Value::String(Some(text)) = &mut line.value {
            text.truncate(machine::MAX_TEXT);
        }
        line
    });
    lines.collect()
}
