//! From a ring record to the pipeline's inputs.

use std::time::Duration;

use arrayvec::ArrayVec;
use observer_common::TcpFlags;
use observer_common::record::{Kind, SegmentHeader, chunks};
use observer_common::socket::{Change, SocketRecord};

use super::clock::Clock;
use crate::input::{Input, Segment, SocketChange, SocketEvent};

/// A record that is neither a segment's nor a socket's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unreadable;

/// Reads a record and hands on what it tells, in order.
pub(super) fn read(
    record: &[u8],
    clock: &Clock,
    sink: &mut impl FnMut(Input<'_>),
) -> Result<(), Unreadable> {
    match record.first().and_then(|&first| Kind::of(first)) {
        Some(Kind::SegmentV4 | Kind::SegmentV6) => read_segment(record, clock, sink),
        Some(Kind::Socket) => {
            read_socket(&SocketRecord::decode(record).ok_or(Unreadable)?, clock, sink);
            Ok(())
        }
        None => Err(Unreadable),
    }
}

/// Chunks that a record has at most, nearly always: as many batches of a request.
const FEW: usize = 32;

fn read_segment(
    record: &[u8],
    clock: &Clock,
    sink: &mut impl FnMut(Input<'_>),
) -> Result<(), Unreadable> {
    let (header, behind) = SegmentHeader::decode(record).ok_or(Unreadable)?;
    let chunks = chunks(behind, header.chunks);
    // Nearly every record has few chunks: no need to allocate for them.
    let (few, many): (ArrayVec<_, FEW>, Vec<_>);
    let chunks = if usize::from(header.chunks) <= FEW {
        few = chunks.collect();
        few.as_slice()
    } else {
        many = chunks.collect();
        many.as_slice()
    };
    if chunks.len() != usize::from(header.chunks) {
        return Err(Unreadable);
    }
    sink(Input::Segment(Segment {
        time: Some(clock.time(header.time_ns)),
        flow: header.flow,
        seq: header.seq,
        ack: header.flags.has(TcpFlags::ACK).then_some(header.ack),
        flags: header.flags,
        wire_len: header.wire_len,
        is_first: true,
        is_last: true,
        chunks,
        wants: header.wants,
    }));
    Ok(())
}

fn read_socket(record: &SocketRecord, clock: &Clock, sink: &mut impl FnMut(Input<'_>)) {
    let mut tell = |change| {
        let time = clock.time(record.time_ns);
        sink(Input::Socket(SocketEvent { time, flow: record.flow, change }));
    };
    let measured = SocketChange::Measured {
        rtt: Duration::from_micros(u64::from(record.srtt_us)),
        retransmits: record.retransmits,
    };
    match record.change {
        Change::Connected => tell(SocketChange::Connected),
        Change::Accepted => tell(SocketChange::Accepted),
        Change::Measured => tell(measured),
        Change::Closed => {
            if record.srtt_us != 0 {
                tell(measured);
            }
            tell(SocketChange::Closed);
        }
    }
}

#[cfg(test)]
mod tests {
    use observer_common::record::{
        HeaderRoom, SEGMENT_HEADER_ROOM, Wants, chunk_header, far_chunk_header,
    };
    use observer_common::socket::SOCKET_RECORD_LEN;
    use observer_common::{Endpoint, Flow, Seq};

    use super::*;

    const FLOW: Flow =
        Flow { src: Endpoint::v4([10, 0, 0, 1], 40_000), dst: Endpoint::v4([10, 0, 0, 2], 9092) };

    fn clock() -> Clock {
        Clock::with_offset(1_000_000)
    }

    fn segment(parts: &[(u32, &[u8])]) -> Vec<u8> {
        let header = SegmentHeader {
            time_ns: 5,
            seq: Seq(7),
            ack: Seq(8),
            wire_len: 100,
            chunks: parts.len() as u16,
            flags: TcpFlags::ACK,
            wants: Wants::Nothing,
            flow: FLOW,
        };
        let mut room = HeaderRoom([0; SEGMENT_HEADER_ROOM]);
        let start = header.encode(true, &mut room);
        let mut record = room.0[start..].to_vec();
        for &(offset, bytes) in parts {
            let len = bytes.len() as u32;
            match offset {
                0 => record.extend_from_slice(&chunk_header(len, 0)),
                _ => record.extend_from_slice(&far_chunk_header(offset, len, 0)),
            }
            record.extend_from_slice(bytes);
        }
        record
    }

    fn told(record: &[u8]) -> Result<Vec<String>, Unreadable> {
        let mut inputs = Vec::new();
        read(record, &clock(), &mut |input| {
            inputs.push(match input {
                Input::Segment(s) => {
                    let chunks: Vec<_> = s.chunks.iter().map(|c| (c.offset, c.bytes)).collect();
                    format!(
                        "{} {} {:?} {} {chunks:?}",
                        s.time.map_or(0, |time| time.0),
                        s.seq.0,
                        s.ack,
                        s.wire_len
                    )
                }
                Input::Socket(s) => format!("{} {:?}", s.time.0, s.change),
                Input::Tick(_) | Input::WallClock(_) => unreachable!("no record tells it"),
            });
        })?;
        Ok(inputs)
    }

    #[test]
    fn a_segment_is_told_with_its_chunks() {
        let none = told(&segment(&[])).unwrap();
        assert_eq!(none, ["1000005 7 Some(Seq(8)) 100 []"]);
        let one = told(&segment(&[(0, &[1, 2])])).unwrap();
        assert_eq!(one, ["1000005 7 Some(Seq(8)) 100 [(0, [1, 2])]"]);
        let two = told(&segment(&[(0, &[1, 2]), (50, &[3])])).unwrap();
        assert_eq!(two, ["1000005 7 Some(Seq(8)) 100 [(0, [1, 2]), (50, [3])]"]);
    }

    #[test]
    fn a_close_tells_the_last_measurement_first() {
        let record = SocketRecord {
            time_ns: 5,
            flow: FLOW,
            change: Change::Closed,
            srtt_us: 9,
            retransmits: 2,
        };
        let mut bytes = [0; SOCKET_RECORD_LEN];
        record.encode(&mut bytes);
        let expected = ["1000005 Measured { rtt: 9µs, retransmits: 2 }", "1000005 Closed"];
        assert_eq!(told(&bytes).unwrap(), expected);
    }

    #[test]
    fn a_record_cut_anywhere_is_unreadable() {
        for whole in [segment(&[(0, &[1, 2])]), segment(&[(0, &[1, 2]), (50, &[3])])] {
            for cut in 0..whole.len() {
                assert_eq!(told(&whole[..cut]), Err(Unreadable));
            }
        }
    }
}
