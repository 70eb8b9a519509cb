//! What a capture told of segments: skbs, runs of copied bytes and records of a direction out of it.

use std::collections::BTreeMap;

use observer::input::{Flow, Segment, Seq, TcpFlags, Wants};
use observer::time::Timestamp;

use super::{Kept, Sieve, with_chunks};

/// A segment as a capture told it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// When; see [`directions`].
    pub time: Option<Timestamp>,
    /// Sender and receiver.
    pub flow: Flow,
    /// Sequence number of the first byte that it covers.
    pub seq: Seq,
    /// The acknowledgment number.
    pub ack: Option<Seq>,
    /// TCP flags.
    pub flags: TcpFlags,
    /// Bytes that it covers.
    pub wire_len: u32,
    /// Those that were copied.
    pub kept: Kept,
    /// What the source would know.
    pub wants: Wants,
}

impl Told {
    /// Keeps a segment.
    pub fn of(segment: &Segment<'_>) -> Self {
        let Segment { time, flow, seq, ack, flags, wire_len, chunks, wants, .. } = *segment;
        let kept = chunks.iter().map(|it| (it.offset, it.bytes.to_vec(), it.frame_start)).collect();
        Self { time, flow, seq, ack, flags, wire_len, kept, wants }
    }

    /// How many were copied.
    pub fn kept_len(&self) -> usize {
        self.kept.iter().map(|(_, bytes, _)| bytes.len()).sum()
    }

    /// Its ends' ports.
    pub fn ports(&self) -> [u16; 2] {
        [self.flow.src.port, self.flow.dst.port]
    }

    /// Adds what follows, if that is of the same skb.
    fn join(&mut self, next: &Self) -> bool {
        let goes_on = self.time == next.time && self.seq.plus(self.wire_len) == next.seq;
        let is_joined = self.flow == next.flow && goes_on && self.wire_len > 0;
        if is_joined && let Some((_, bytes, _)) = self.kept.first_mut() {
            bytes.extend(next.kept.iter().flat_map(|(_, bytes, _)| bytes));
            self.wire_len += next.wire_len;
            self.flags.0 |= next.flags.0;
        }
        is_joined
    }

    fn show(&self, show: &mut dyn FnMut(Segment<'_>)) {
        let Self { time, flow, seq, ack, flags, wire_len, ref kept, wants } = *self;
        let (is_first, is_last, chunks) = (true, true, &[][..]);
        let segment =
            Segment { time, flow, seq, ack, flags, wire_len, is_first, is_last, chunks, wants };
        with_chunks(&segment, kept, show);
    }
}

/// The skbs of a capture that copies all: of a large one, it tells in several pieces.
pub fn skbs(told: &[Told]) -> Vec<Told> {
    let mut skbs: Vec<Told> = Vec::new();
    for next in told {
        if !skbs.last_mut().is_some_and(|last| last.join(next)) {
            skbs.push(next.clone());
        }
    }
    skbs
}

/// What the host's sieve makes of skbs.
pub fn sieved(skbs: &[Told], sieve: &mut Sieve) -> Vec<Told> {
    let mut all = Vec::new();
    for skb in skbs {
        skb.show(&mut |segment| sieve.segment(&segment, |sieved| all.push(Told::of(&sieved))));
    }
    all
}

/// The records of each direction, without their times: the kernel's sieve tells when TCP began to send a
/// segment, and the capture that copies all when its hook saw it.
pub fn directions(told: Vec<Told>) -> BTreeMap<Flow, Vec<Told>> {
    let mut directions: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for one in told {
        directions.entry(one.flow).or_default().push(Told { time: None, ..one });
    }
    directions
}

/// Bytes, and where they begin behind the first that was told of their direction.
type Run<'a> = (i32, &'a [u8]);

/// The bytes that were copied, each run of them behind a zero. What stands side by side on the wire is
/// one run, whatever records and chunks told it, and in whatever order.
pub fn copied<'a>(told: impl IntoIterator<Item = &'a Told>) -> Vec<u8> {
    let mut directions: BTreeMap<Flow, (Seq, Vec<Run<'_>>)> = BTreeMap::new();
    for one in told {
        let (first, chunks) = directions.entry(one.flow).or_insert((one.seq, Vec::new()));
        chunks
            .extend(one.kept.iter().map(|it| (one.seq.plus(it.0).since(*first), it.1.as_slice())));
    }
    let mut all = Vec::new();
    for (_, mut chunks) in directions.into_values() {
        chunks.sort_by_key(|(at, _)| *at);
        append_runs(&chunks, &mut all);
    }
    all
}

/// Appends chunks that are in order. One that says otherwise of bytes that came before begins a run, too.
fn append_runs(chunks: &[Run<'_>], all: &mut Vec<u8>) {
    let mut end = None;
    for &(at, bytes) in chunks {
        let at = i64::from(at);
        let before = end.map_or(-1, |end: i64| end - at);
        let known = usize::try_from(before).ok().map(|len| &all[all.len() - len..]);
        let new = known.and_then(|known| {
            let (again, new) = bytes.split_at(known.len().min(bytes.len()));
            known.starts_with(again).then_some(new)
        });
        if let Some(new) = new {
            all.extend(new);
            end = end.max(Some(at + bytes.len() as i64));
        } else {
            all.push(0);
            all.extend(bytes);
            end = Some(at + bytes.len() as i64);
        }
    }
}

#[cfg(test)]
mod tests {
    use observer::input::Endpoint;

    use super::*;

    fn told(seq: u32, kept: &[(u32, &[u8])]) -> Told {
        let end = |last| Endpoint::v4([10, 0, 0, last], 9092);
        Told {
            time: None,
            flow: Flow { src: end(1), dst: end(2) },
            seq: Seq(seq),
            ack: None,
            flags: TcpFlags::ACK,
            wire_len: 20,
            kept: kept.iter().map(|(offset, bytes)| (*offset, bytes.to_vec(), false)).collect(),
            wants: Wants::Nothing,
        }
    }

    fn runs(told: &[Told]) -> String {
        String::from_utf8(copied(told)).unwrap().replace('\0', "|")
    }

    #[test]
    fn a_secret_in_several_records_is_one_run() {
        let first = told(u32::MAX - 19, &[(0, b"user"), (17, b"pas")]);
        let second = told(0, &[(0, b"sw"), (2, b"ord"), (9, b"next")]);
        for order in [[&first, &second], [&second, &first]] {
            assert_eq!(runs(&order.map(Told::clone)), "|user|password|next");
        }
    }

    #[test]
    fn what_comes_again_is_one_run_and_nothing_is_dropped() {
        let first = told(100, &[(0, b"password")]);
        let again = |at, bytes| [first.clone(), told(at, &[(0, bytes)])];
        assert_eq!(runs(&again(100, b"password")), "|password");
        assert_eq!(runs(&again(102, b"ss")), "|password");
        assert_eq!(runs(&again(104, b"words")), "|passwords");
        assert_eq!(runs(&again(104, b"wards")), "|password|wards");
        assert_eq!(runs(&again(108, b"s")), "|passwords");
        assert_eq!(runs(&again(109, b"s")), "|password|s");
    }

    #[test]
    fn directions_are_not_mixed() {
        let there = told(0, &[(0, b"pass")]);
        let flow = there.flow.reversed();
        let back = Told { flow, ..told(4, &[(0, b"word")]) };
        assert_eq!(runs(&[there, back]), "|pass|word");
    }
}
