//! A sink that writes down what it gets, byte by byte, so that outputs compare equal however the
//! bytes were grouped.

use observer::ledger::GapReason;
use observer::stream::{Edges, Sink};
use observer::time::Timestamp;

/// Longer elided runs are written down as one.
pub const LONG: u64 = 4096;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Out {
    /// One byte, elided where it has no value.
    Byte {
        value: Option<u8>,
        time: Timestamp,
        edges: Edges,
    },
    /// A long elided run.
    Elided {
        len: u64,
        time: Timestamp,
        edges: Edges,
    },
    Gap {
        len: u64,
        reason: GapReason,
        time: Timestamp,
    },
    Restart {
        time: Timestamp,
    },
}

#[derive(Debug, Default)]
pub struct Recorder {
    pub outs: Vec<Out>,
    /// Bytes delivered, present or elided.
    pub delivered: u64,
}

impl Recorder {
    fn run(
        &mut self,
        time: Timestamp,
        values: impl ExactSizeIterator<Item = Option<u8>>,
        edges: Edges,
    ) {
        let last = values.len() - 1;
        for (at, value) in values.enumerate() {
            let edges = Edges {
                segment_start: edges.segment_start && at == 0,
                segment_end: edges.segment_end && at == last,
                frame_end: edges.frame_end && at == last,
            };
            self.outs.push(Out::Byte { value, time, edges });
        }
    }
}

impl Sink for Recorder {
    fn data(&mut self, time: Timestamp, bytes: &[u8], edges: Edges) {
        assert!(!bytes.is_empty(), "data is never empty");
        self.delivered += bytes.len() as u64;
        self.run(time, bytes.iter().copied().map(Some), edges);
    }

    fn elided(&mut self, time: Timestamp, len: u64, edges: Edges) {
        assert!(len > 0, "an elided run is never empty");
        self.delivered += len;
        if len > LONG {
            self.outs.push(Out::Elided { len, time, edges });
        } else {
            self.run(time, vec![None; len as usize].into_iter(), edges);
        }
    }

    fn gap(&mut self, time: Timestamp, len: u64, reason: GapReason) {
        assert!(len > 0, "a gap is never empty");
        self.outs.push(Out::Gap { len, reason, time });
    }

    fn restart(&mut self, time: Timestamp) {
        self.outs.push(Out::Restart { time });
    }
}
