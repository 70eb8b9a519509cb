//! A direction's bytes in, what the sieve's records tell of them out.

use observer::input::Chunk;
use observer::protocol::sieve::Words;
use observer_common::sieve::{News, Step, Tape, Walk, Window, leap, step};

/// Payload bytes of a segment, as with GSO.
const SEGMENT: usize = 64 << 10;

/// A direction that is in step from its first byte on.
pub struct Direction {
    walk: Walk,
    /// Bytes that have passed, and those that records have covered.
    passed: u32,
    told: u32,
}

/// A record: where it begins in its direction, and what it covers.
pub struct Record {
    pub at: u32,
    pub wire_len: u32,
    pub chunks: Vec<Chunk<'static>>,
}

impl Direction {
    pub const fn new(is_request: bool) -> Self {
        Self { walk: Walk::new(is_request, true), passed: 0, told: 0 }
    }

    /// Bytes that have passed.
    pub const fn passed(&self) -> u32 {
        self.passed
    }

    /// What the direction with these requests says to the other.
    pub fn hear(&mut self, news: Vec<News>) {
        for news in news {
            self.walk.hear(news);
        }
    }

    /// Passes a frame, in segments.
    pub fn pass(&mut self, frame: &[u8], news: &mut Vec<News>) -> Vec<Record> {
        frame.chunks(SEGMENT).filter_map(|segment| self.segment(segment, news)).collect()
    }

    fn segment(&mut self, segment: &[u8], news: &mut Vec<News>) -> Option<Record> {
        let before = self.passed - self.told;
        let (kept, is_start) = (Vec::new(), false);
        let mut reel = Reel { bytes: segment, before, at: 0, shown: 0, kept, is_start, news };
        let (walk, words) = (&mut self.walk, Words::of_table());
        while leap(walk, &mut reel, words).unwrap_or_else(|| step(walk, &mut reel, words))
            == Step::More
        {}
        let kept = reel.kept;
        self.passed += segment.len() as u32;
        let ends = self.walk.ends_frame() && self.walk.unwanted() == 0;
        (!kept.is_empty() || ends).then(|| {
            let at = std::mem::replace(&mut self.told, self.passed);
            let chunk = |(offset, bytes, frame_start): (u32, Vec<u8>, bool)| Chunk {
                offset,
                bytes: bytes.leak(),
                frame_start,
            };
            let chunks = kept.into_iter().map(chunk).collect();
            Record { at, wire_len: self.passed - at, chunks }
        })
    }
}

/// A segment as a walk sees it, and what is kept of it.
struct Reel<'a> {
    bytes: &'a [u8],
    /// Bytes that no record has covered before the segment.
    before: u32,
    at: u32,
    shown: u32,
    kept: Vec<(u32, Vec<u8>, bool)>,
    /// A frame begins with the bytes that are shown.
    is_start: bool,
    news: &'a mut Vec<News>,
}

impl Tape for Reel<'_> {
    fn left(&self) -> u32 {
        self.bytes.len() as u32 - self.at
    }

    fn shown(&self) -> u32 {
        self.shown
    }

    fn show(&mut self, wanted: u32, window: Window) -> bool {
        self.is_start = window.is_start();
        self.shown = self.left().min(window.of(self.left()).max(wanted));
        true
    }

    fn number(&self, ahead: u32) -> u64 {
        let bytes = self.bytes.get((self.at + ahead) as usize..).unwrap_or_default();
        bytes.iter().chain(&[0; 8]).take(8).fold(0, |number, byte| number << 8 | u64::from(*byte))
    }

    fn ending(&self, ahead: u32) -> u64 {
        let bytes = self.bytes.get(..(self.at + ahead) as usize).unwrap_or_default();
        bytes.last_chunk().map_or(u64::MAX, |last| u64::from_be_bytes(*last))
    }

    fn keep(&mut self, n: u32) {
        if n == 0 {
            return;
        }
        let offset = self.before + self.at;
        let bytes = &self.bytes[self.at as usize..(self.at + n) as usize];
        match self.kept.last_mut() {
            Some((start, kept, _)) if *start + kept.len() as u32 == offset => {
                kept.extend_from_slice(bytes);
            }
            _ => self.kept.push((offset, bytes.to_vec(), self.is_start)),
        }
        self.is_start = false;
        self.at += n;
        self.shown -= n;
    }

    fn keep_zeros(&mut self, n: u32) {
        self.shown = n;
        self.keep(n);
    }

    fn leave_out(&mut self, n: u32) {
        self.at += n;
        self.shown = 0;
    }

    fn tell(&mut self, news: News) {
        self.news.push(news);
    }
}
