//! A segment's bytes as a walk sees them.

use observer::input::Seq;
use observer_common::record::{CHUNK_HEADER_LEN, FAR_CHUNK_HEADER_LEN, SEGMENT_HEADER_ROOM};
use observer_common::sieve::{News, Position, Tape, Walked, Why, Window};

use super::bench::Table;

/// Bytes of a record, with its headers, after which the next begins in the kernel.
pub const ROOM: usize = 8192;

/// Where a walk is.
#[derive(Debug, Default)]
pub struct Cursor {
    at: u32,
    shown: u32,
    /// Records have covered the bytes before it.
    told: Seq,
    has_kept: bool,
    /// Whether bytes were shown since some were left out.
    is_open: bool,
    /// Whether a frame begins with the first of them, which is not kept yet.
    is_start: bool,
    /// Bytes that were kept since the last record, with their headers.
    size: usize,
}

impl Cursor {
    pub fn new(from: u32, told: Seq) -> Self {
        Self { at: from, told, ..Self::default() }
    }

    /// Whether a record of so many bytes at most has room for what a step or a leap may keep.
    pub const fn has_room(&self, room: usize) -> bool {
        SEGMENT_HEADER_ROOM + self.size <= room
    }

    pub const fn walked(&self, out: Option<Why>) -> Walked {
        Walked { to: self.at, told: self.told, kept: self.has_kept, out }
    }
}

/// The bytes from a place on.
pub struct Reel<'t, 'a, 's> {
    table: &'t mut Table<'a, 's>,
    /// Whether records are made.
    makes_records: bool,
}

impl<'t, 'a, 's> Reel<'t, 'a, 's> {
    pub const fn new(table: &'t mut Table<'a, 's>, makes_records: bool) -> Self {
        Self { table, makes_records }
    }

    pub const fn count_step(&mut self) {
        self.table.sieve.steps += 1;
    }

    /// Makes a record of what was kept so far, if there would be no room for what a turn may keep.
    pub fn make_room(&mut self) {
        if self.table.cursor.has_room(self.table.sieve.room) {
            return;
        }
        if self.makes_records {
            let (told, place) = (self.table.cursor.told, self.place());
            self.table.record(Position { from: told, len: place.since(told) as u32 }, false);
            self.table.cursor.told = place;
        }
        self.table.kept.clear();
        let cursor = &mut self.table.cursor;
        (cursor.shown, cursor.size, cursor.has_kept) = (0, 0, false);
        cursor.is_open = false;
    }

    fn place(&self) -> Seq {
        self.table.segment.seq.plus(self.table.cursor.at)
    }
}

impl Tape for Reel<'_, '_, '_> {
    fn left(&self) -> u32 {
        self.table.segment.wire_len - self.table.cursor.at
    }

    fn shown(&self) -> u32 {
        self.table.cursor.shown
    }

    fn show(&mut self, wanted: u32, window: Window) -> bool {
        assert!(self.left() > 0, "the kernel can load no bytes where none are left");
        // What a chunk begins with is known when it is opened.
        if !self.table.cursor.is_open {
            (self.table.cursor.is_open, self.table.cursor.is_start) = (true, window.is_start());
        }
        let window = window.scaled(self.left(), self.table.sieve.window);
        let most = window.max(16).max(wanted.min(4096));
        self.table.cursor.shown = self.left().min(most);
        true
    }

    fn number(&self, ahead: u32) -> u64 {
        // What lies behind what is shown is anything.
        let mut number = [0x5a; 8];
        let shown = &self.table.bytes[self.table.cursor.at as usize
            ..(self.table.cursor.at + self.table.cursor.shown) as usize];
        let bytes = shown.get(ahead as usize..).unwrap_or_default();
        for (slot, byte) in number.iter_mut().zip(bytes) {
            *slot = *byte;
        }
        u64::from_be_bytes(number)
    }

    fn ending(&self, ahead: u32) -> u64 {
        let bytes = &self.table.bytes
            [self.table.cursor.at as usize..(self.table.cursor.at + ahead) as usize];
        u64::from_be_bytes(*bytes.last_chunk().expect("eight bytes or more"))
    }

    fn keep(&mut self, n: u32) {
        assert!(n <= self.table.cursor.shown, "only what is shown can be kept");
        if n == 0 {
            return;
        }
        let offset = self.place().since(self.table.cursor.told) as u32;
        let bytes =
            &self.table.bytes[self.table.cursor.at as usize..(self.table.cursor.at + n) as usize];
        match self.table.kept.last_mut() {
            Some((start, kept, _)) if *start + kept.len() as u32 == offset => {
                kept.extend_from_slice(bytes);
            }
            _ => {
                self.table.cursor.size +=
                    if offset == 0 { CHUNK_HEADER_LEN } else { FAR_CHUNK_HEADER_LEN };
                self.table.kept.push((offset, bytes.to_vec(), self.table.cursor.is_start));
            }
        }
        self.table.cursor.is_start = false;
        self.table.cursor.at += n;
        self.table.cursor.shown -= n;
        self.table.cursor.size += n as usize;
        self.table.cursor.has_kept = true;
    }

    fn keep_zeros(&mut self, n: u32) {
        if n == 0 {
            return;
        }
        let bytes =
            &self.table.bytes[self.table.cursor.at as usize..(self.table.cursor.at + n) as usize];
        assert!(n <= 8 && bytes.iter().all(|byte| *byte == 0));
        (self.table.cursor.shown, self.table.cursor.is_start) = (n, false);
        self.table.cursor.is_open = true;
        self.keep(n);
    }

    fn leave_out(&mut self, n: u32) {
        assert!(n <= self.left());
        self.table.cursor.at += n;
        self.table.cursor.shown = 0;
        self.table.cursor.is_open = false;
    }

    fn tell(&mut self, news: News) {
        let flow = self.table.segment.flow;
        self.table.sieve.tell_other(flow, news);
    }
}
