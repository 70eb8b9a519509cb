//! A sink that writes down what it gets, byte by byte, so that outputs compare equal however the
//! bytes were grouped.

use observer::input::Seq;
use observer::ledger::GapReason;
use observer::stream::{Carrier, Edges, Sink};
use observer::time::Timestamp;

/// Longer elided runs are written down as one.
pub const LONG: u64 = 4096;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Out {
    /// One byte, elided where it has no value.
    Byte {
        value: Option<u8>,
        time: Option<Timestamp>,
        edges: Edges,
    },
    /// A long elided run.
    Elided {
        len: u64,
        time: Option<Timestamp>,
        edges: Edges,
    },
    Gap {
        len: u64,
        reason: GapReason,
    },
    Restart,
}

#[derive(Debug, Default)]
pub struct Recorder {
    pub outs: Vec<Out>,
    /// Bytes delivered, present or elided.
    pub delivered: u64,
    /// The sequence number that what comes next must have.
    next: Option<Seq>,
}

impl Recorder {
    /// Bytes came, and begin where those before them ended.
    fn take(&mut self, carrier: Carrier, len: u64) {
        assert!(self.next.is_none_or(|next| next == carrier.seq), "{carrier:?} is out of place");
        self.next = Some(carrier.seq.plus(len as u32));
        self.delivered += len;
    }

    fn run(
        &mut self,
        carrier: Carrier,
        values: impl ExactSizeIterator<Item = Option<u8>>,
        edges: Edges,
    ) {
        let last = values.len() - 1;
        for (at, value) in values.enumerate() {
            let edges = Edges {
                segment_start: edges.segment_start && at == 0,
                segment_end: edges.segment_end && at == last,
                frame_start: edges.frame_start && at == 0,
            };
            self.outs.push(Out::Byte { value, time: carrier.time, edges });
        }
    }
}

impl Sink for Recorder {
    fn data(&mut self, carrier: &Carrier, bytes: &[u8], edges: Edges) {
        assert!(!bytes.is_empty(), "data is never empty");
        self.take(*carrier, bytes.len() as u64);
        self.run(*carrier, bytes.iter().copied().map(Some), edges);
    }

    fn elided(&mut self, carrier: &Carrier, len: u64, edges: Edges) {
        assert!(len > 0, "an elided run is never empty");
        self.take(*carrier, len);
        if len > LONG {
            self.outs.push(Out::Elided { len, time: carrier.time, edges });
        } else {
            self.run(*carrier, vec![None; len as usize].into_iter(), edges);
        }
    }

    fn gap(&mut self, len: u64, reason: GapReason) {
        assert!(len > 0, "a gap is never empty");
        self.next = self.next.map(|next| next.plus(len as u32));
        self.outs.push(Out::Gap { len, reason });
    }

    fn restart(&mut self) {
        self.next = None;
        self.outs.push(Out::Restart);
    }
}
