//! The ring that the kernel programs write themselves, in our memory; see `observer_common::own_ring`.

use std::io;
use std::mem::offset_of;
use std::os::fd::AsFd;
use std::ptr::null_mut;
use std::slice;
use std::sync::atomic::{AtomicU64, Ordering};

use observer_common::own_ring::{
    Ends, HEADER, LONGEST, PART, Part, SLACK, behind, len, offset, part, parts,
};
use rustix::mm::{MapFlags, ProtFlags, mmap, munmap};

use super::ring::Nothing;

/// What the loader has chosen.
#[derive(Clone, Copy, Debug)]
pub(super) struct Layout {
    /// Its size; a power of two.
    pub bytes: u32,
    /// What is secret of its headers.
    pub secret: u64,
}

/// The ring.
pub(super) struct OwnRing {
    layout: Layout,
    records: Mapping,
    ends: Mapping,
    /// How far it was read, was said to be, and was found to be taken.
    at: u64,
    said: u64,
    taken: u64,
}

impl OwnRing {
    /// Maps it.
    pub fn map(records: impl AsFd, ends: impl AsFd, layout: Layout) -> io::Result<Self> {
        let len = parts(layout.bytes) as usize * size_of::<Part>();
        let records = Mapping::new(records, len, ProtFlags::READ)?;
        let ends = Mapping::new(ends, size_of::<Ends>(), ProtFlags::READ | ProtFlags::WRITE)?;
        Ok(Self { layout, records, ends, at: 0, said: 0, taken: 0 })
    }

    /// Its size.
    pub const fn bytes(&self) -> u32 {
        self.layout.bytes
    }

    /// Takes the next record, if it is there; its length.
    pub fn take(&mut self, read: impl FnOnce(&[u8])) -> Result<usize, Nothing> {
        let len = self.next_len().inspect_err(|_| self.say())?;
        debug_assert!(self.is_filled_up(len), "what was left out is no filling");
        read(self.record(len));
        self.at = behind(self.at, len);
        // The programs read it for each record; where it was written since, they have to wait for it.
        if self.at.wrapping_sub(self.said) > u64::from(self.layout.bytes) / 8 {
            self.say();
        }
        Ok(len as usize)
    }

    fn next_len(&mut self) -> Result<u32, Nothing> {
        if self.at == self.taken {
            self.taken = self.end(offset_of!(Ends, written)).load(Ordering::Acquire);
            if self.at == self.taken {
                return Err(Nothing::Left);
            }
        }
        let header = self.records.number(self.place()).load(Ordering::Acquire);
        len(header, self.at, self.layout.secret).ok_or(Nothing::Yet)
    }

    /// The record behind the header at hand.
    fn record(&self, len: u32) -> &[u8] {
        const { assert!(HEADER + LONGEST <= SLACK) };
        // SAFETY: it ends in its part, or in the slack behind it. The programs write there when they were told
        // that it was read, which takes `&mut self`.
        unsafe {
            let start = self.records.start.add(self.place() + HEADER as usize);
            slice::from_raw_parts(start, len as usize)
        }
    }

    /// Whether nothing but zeros fills the record up.
    fn is_filled_up(&self, len: u32) -> bool {
        let filled = self.record(len.next_multiple_of(HEADER));
        filled.iter().skip(len as usize).all(|&byte| byte == 0)
    }

    /// Where the next record's header is.
    fn place(&self) -> usize {
        const { assert!(size_of::<Part>() == (PART + SLACK) as usize) };
        let part = part(self.at, self.layout.bytes) as usize;
        part * size_of::<Part>() + offset(self.at) as usize
    }

    /// Says how far it was read.
    fn say(&mut self) {
        if self.said != self.at {
            self.said = self.at;
            self.end(offset_of!(Ends, read)).store(self.at, Ordering::Release);
        }
    }

    fn end(&self, at: usize) -> &AtomicU64 {
        self.ends.number(at)
    }
}

/// A map of the kernel's in our memory.
struct Mapping {
    start: *mut u8,
    len: usize,
}

// SAFETY: memory is mapped for all threads of a process.
unsafe impl Send for Mapping {}

impl Mapping {
    fn new(map: impl AsFd, len: usize, access: ProtFlags) -> io::Result<Self> {
        // SAFETY: where it is mapped to, nothing was before.
        let start = unsafe { mmap(null_mut(), len, access, MapFlags::SHARED, map, 0) }?;
        Ok(Self { start: start.cast(), len })
    }

    /// The number at a place that is a multiple of eight.
    fn number(&self, at: usize) -> &AtomicU64 {
        assert!(at.is_multiple_of(8) && at + 8 <= self.len);
        // SAFETY: it is mapped, aligned as pages are, and whoever writes it does so at once.
        unsafe { &*self.start.add(at).cast() }
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: it was mapped, and no reference is left.
        let _ = unsafe { munmap(self.start.cast(), self.len) };
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::os::unix::fs::FileExt;
    use std::process;

    use observer_common::own_ring::header;

    use super::*;

    const LAYOUT: Layout = Layout { bytes: 2 * PART, secret: 7 };

    /// What stands for a map of the kernel's: a file that has no name any more.
    fn map(len: usize) -> File {
        static MADE: AtomicU64 = AtomicU64::new(0);
        let n = MADE.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("kafka-observer-{}-{n}", process::id()));
        let file = File::options().read(true).write(true).create_new(true).open(&path).unwrap();
        std::fs::remove_file(path).unwrap();
        file.set_len(len as u64).unwrap();
        file
    }

    /// What the programs write.
    struct Programs {
        records: File,
        ends: File,
        at: u64,
    }

    impl Programs {
        fn new() -> Self {
            let records = map(parts(LAYOUT.bytes) as usize * size_of::<Part>());
            Self { records, ends: map(size_of::<Ends>()), at: 0 }
        }

        fn ring(&self) -> OwnRing {
            OwnRing::map(&self.records, &self.ends, LAYOUT).unwrap()
        }

        /// Takes a place; what puts a record there.
        fn reserve(&mut self, record: &[u8]) -> impl FnOnce() + use<> {
            let at = self.at;
            self.at = behind(at, record.len() as u32);
            let written = offset_of!(Ends, written) as u64;
            self.ends.write_all_at(&self.at.to_ne_bytes(), written).unwrap();
            let (records, len) = (self.records.try_clone().unwrap(), record.len() as u32);
            let mut record = record.to_vec();
            record.resize(record.len().next_multiple_of(HEADER as usize), 0);
            move || {
                let part = u64::from(part(at, LAYOUT.bytes)) * size_of::<Part>() as u64;
                let place = part + u64::from(offset(at));
                records.write_all_at(&record, place + u64::from(HEADER)).unwrap();
                let header = header(at, len, LAYOUT.secret);
                records.write_all_at(&header.to_ne_bytes(), place).unwrap();
            }
        }

        fn read(&self) -> u64 {
            let mut read = [0; 8];
            self.ends.read_exact_at(&mut read, offset_of!(Ends, read) as u64).unwrap();
            u64::from_ne_bytes(read)
        }
    }

    fn take(ring: &mut OwnRing) -> Result<Vec<u8>, Nothing> {
        let mut taken = Vec::new();
        let len = ring.take(|record| taken = record.to_vec())?;
        assert_eq!(len, taken.len());
        Ok(taken)
    }

    #[test]
    fn records_are_taken_in_order_round_after_round() {
        let mut programs = Programs::new();
        let mut ring = programs.ring();
        for n in 0..1_000_u32 {
            assert_eq!(take(&mut ring), Err(Nothing::Left));
            let record = vec![n as u8; 1 + (n * 7_919 % LONGEST) as usize];
            programs.reserve(&record)();
            assert_eq!(take(&mut ring), Ok(record));
        }
        assert!(programs.at > 3 * u64::from(LAYOUT.bytes));
        assert_eq!(take(&mut ring), Err(Nothing::Left));
        assert_eq!(programs.read(), programs.at, "how far it was read is said");
    }

    #[test]
    fn a_record_waits_for_the_one_before_it() {
        let mut programs = Programs::new();
        let mut ring = programs.ring();
        let first = programs.reserve(b"first");
        programs.reserve(b"second")();
        assert_eq!(take(&mut ring), Err(Nothing::Yet));
        first();
        assert_eq!(take(&mut ring), Ok(b"first".to_vec()));
        assert_eq!(take(&mut ring), Ok(b"second".to_vec()));
        assert_eq!(take(&mut ring), Err(Nothing::Left));
    }

    #[test]
    fn a_header_where_no_place_was_taken_is_none() {
        let mut programs = Programs::new();
        let mut ring = programs.ring();
        let written = programs.at;
        programs.reserve(b"forged")();
        let place = offset_of!(Ends, written) as u64;
        programs.ends.write_all_at(&written.to_ne_bytes(), place).unwrap();
        assert_eq!(take(&mut ring), Err(Nothing::Left));
    }
}
