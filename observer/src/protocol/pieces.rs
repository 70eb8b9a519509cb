//! What a segment shows of a message: bytes that follow one another, and holes between and behind them, of
//! what was left out on purpose.

use crate::input::{Chunk, Segment};

/// A part of a segment, or all of it. `at` lies at least as far as there are bytes before it, and the end no
/// less far.
#[derive(Clone, Copy, Debug, Default)]
pub struct Pieces<'a> {
    /// The bytes that come next, up to a hole or the end.
    bytes: &'a [u8],
    /// Where in the segment these bytes end.
    at: usize,
    /// Where the part ends.
    end: usize,
    /// What is there behind `at`, and may be behind the end.
    chunks: &'a [Chunk<'a>],
}

impl<'a> Pieces<'a> {
    /// Bytes without a hole.
    pub const fn of(bytes: &'a [u8]) -> Self {
        Self { bytes, at: bytes.len(), end: bytes.len(), chunks: &[] }
    }

    /// All of a segment; `None` of one whose chunks are not in order, or reach beyond its end.
    #[inline]
    pub fn of_segment(segment: &Segment<'a>) -> Option<Self> {
        Self::shown_by(segment.wire_len, segment.chunks)
    }

    /// The same, by its length on the wire and its chunks.
    #[inline]
    pub fn shown_by(wire_len: u32, chunks: &'a [Chunk<'a>]) -> Option<Self> {
        let (mut shown, end) = (0, wire_len as usize);
        for chunk in chunks {
            let offset = chunk.offset as usize;
            if offset < shown {
                return None;
            }
            shown = offset.saturating_add(chunk.bytes.len());
        }
        let mut all = Self { bytes: &[], at: 0, end, chunks };
        all.show();
        (shown <= end).then_some(all)
    }

    /// The bytes that come next, up to a hole or the end.
    #[inline]
    pub const fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// Bytes on the wire.
    #[inline]
    pub const fn wire_len(&self) -> usize {
        self.end.wrapping_sub(self.start())
    }

    /// Whether some of them are not shown.
    #[inline]
    pub fn has_hole(mut self) -> bool {
        while self.goes_on() {
            self.take_bytes();
            if self.take_hole() > 0 {
                return true;
            }
        }
        false
    }

    /// Whether more comes behind the bytes that come next.
    #[inline]
    pub const fn goes_on(&self) -> bool {
        self.at < self.end
    }

    /// Whether what comes next is not shown.
    #[inline]
    pub fn begins_with_hole(&self) -> bool {
        self.bytes.is_empty() && self.hole() > 0
    }

    /// How long the hole is behind the bytes that come next.
    #[inline]
    pub fn hole(&self) -> usize {
        let next = self.chunks.first().map_or(self.end, |next| self.end.min(next.offset as usize));
        next.saturating_sub(self.at)
    }

    /// The first so many bytes.
    #[inline]
    #[must_use]
    pub fn first(self, n: usize) -> Self {
        let end = self.start().saturating_add(n).min(self.end);
        match self.bytes.get(..n) {
            Some(bytes) => Self { bytes, at: end, end, chunks: &[] },
            None => Self { end, ..self },
        }
    }

    /// What is behind the first so many bytes.
    #[inline]
    #[must_use]
    pub fn behind(mut self, n: usize) -> Self {
        self.pass(n);
        self
    }

    /// Passes over so many bytes, shown or not; returns how many of them are behind the end.
    #[inline]
    pub fn pass(&mut self, n: usize) -> usize {
        match self.bytes.split_at_checked(n) {
            Some((_, bytes @ [_, ..])) => {
                self.bytes = bytes;
                0
            }
            _ => self.pass_far(n),
        }
    }

    /// The same, of more than the bytes that come next.
    #[inline(never)]
    fn pass_far(&mut self, n: usize) -> usize {
        let mut left = n.saturating_sub(self.take_bytes().len());
        while self.goes_on() {
            let hole = self.hole();
            if left < hole {
                self.at = self.at.saturating_add(left);
                return 0;
            }
            left = left.saturating_sub(hole);
            self.pass_hole(hole);
            if let Some((_, bytes @ [_, ..])) = self.bytes.split_at_checked(left) {
                self.bytes = bytes;
                return 0;
            }
            left = left.saturating_sub(self.take_bytes().len());
        }
        left
    }

    /// Takes the bytes that come next.
    #[inline]
    pub fn take_bytes(&mut self) -> &'a [u8] {
        std::mem::take(&mut self.bytes)
    }

    /// Takes the hole behind them, of which none are left.
    #[inline]
    pub fn take_hole(&mut self) -> usize {
        let hole = self.hole();
        self.pass_hole(hole);
        hole
    }

    #[inline]
    fn pass_hole(&mut self, hole: usize) {
        self.at = self.at.saturating_add(hole);
        self.show();
    }

    /// Where the bytes begin that come next.
    #[inline]
    const fn start(&self) -> usize {
        self.at.wrapping_sub(self.bytes.len())
    }

    /// Shows the chunk that begins here, if one does that is not empty.
    #[inline]
    fn show(&mut self) {
        while let [next, behind @ ..] = self.chunks
            && next.offset as usize == self.at
            && self.bytes.is_empty()
        {
            let room = self.end.saturating_sub(self.at);
            self.bytes = next.bytes.get(..room).unwrap_or(next.bytes);
            self.at = self.at.saturating_add(self.bytes.len());
            self.chunks = behind;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunk(offset: u32, bytes: &[u8]) -> Chunk<'_> {
        Chunk { offset, bytes, frame_start: false }
    }

    /// What is there, with a dot for each byte that is not.
    fn shown(mut pieces: Pieces<'_>) -> String {
        let mut all = String::new();
        loop {
            all.push_str(std::str::from_utf8(pieces.take_bytes()).unwrap());
            if !pieces.goes_on() {
                return all;
            }
            all.push_str(&".".repeat(pieces.take_hole()));
        }
    }

    const TEXT: &str = "..ab.cdefg..";

    fn chunks() -> [Chunk<'static>; 4] {
        [chunk(2, b"ab"), chunk(5, b"cd"), chunk(7, b""), chunk(7, b"efg")]
    }

    #[test]
    fn any_part_shows_what_the_segment_does() {
        let chunks = chunks();
        let all = Pieces::shown_by(12, &chunks).unwrap();
        assert_eq!(shown(all), TEXT);
        for from in 0..=TEXT.len() {
            let behind = all.behind(from);
            assert_eq!((shown(behind), behind.wire_len()), (TEXT[from..].into(), 12 - from));
            for to in from..=TEXT.len() {
                let part = behind.first(to - from);
                assert_eq!(shown(part), TEXT[from..to], "{from} to {to}");
                assert_eq!(part.wire_len(), to - from);
                assert_eq!(part.has_hole(), TEXT[from..to].contains('.'), "{from} to {to}");
                assert_eq!(shown(all.first(to).behind(from)), TEXT[from..to]);
            }
        }
        assert_eq!(shown(Pieces::of(b"abc").behind(1)), "bc");
        assert_eq!({ all }.pass(15), 3);
    }

    #[test]
    fn chunks_that_no_source_yields_are_no_pieces() {
        let is_none = |chunks: &[Chunk<'_>]| Pieces::shown_by(4, chunks).is_none();
        assert!(is_none(&[chunk(0, b"abc"), chunk(2, b"d")]));
        assert!(is_none(&[chunk(3, b"ab")]));
        assert!(is_none(&[chunk(u32::MAX, b"ab")]));
        assert!(!is_none(&[chunk(0, b"ab"), chunk(3, b"d")]));
    }
}
