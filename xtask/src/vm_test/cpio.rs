//! Archives of the form "newc", which Linux takes as its first files: files in, an archive out
//! (Documentation/driver-api/early-userspace/buffer-format.rst of Linux).

use std::collections::BTreeSet;
use std::io::{self, Write};

const MAGIC: &str = "070701";
/// Types of a file, as inode(7) has them.
const FOLDER: u32 = 0o040_000;
const REGULAR: u32 = 0o100_000;
/// The name that ends an archive.
const END: &str = "TRAILER!!!";
/// Names and contents are filled up to this.
const UNIT: usize = 4;

/// An archive that is being written.
pub(super) struct Archive<W> {
    out: W,
    folders: BTreeSet<String>,
    entries: u32,
}

impl<W: Write> Archive<W> {
    pub(super) fn new(out: W) -> Self {
        Self { out, folders: BTreeSet::new(), entries: 0 }
    }

    /// Adds a folder, behind those that it is in.
    pub(super) fn folder(&mut self, path: &str) -> io::Result<()> {
        if self.folders.contains(path) {
            return Ok(());
        }
        self.parent(path)?;
        self.folders.insert(path.to_owned());
        self.entry(path, FOLDER | 0o755, &[])
    }

    /// Adds a file that may be run, behind the folders that it is in. Its path begins with a name.
    pub(super) fn file(&mut self, path: &str, bytes: &[u8]) -> io::Result<()> {
        self.parent(path)?;
        self.entry(path, REGULAR | 0o755, bytes)
    }

    /// Ends the archive.
    pub(super) fn finish(mut self) -> io::Result<W> {
        self.entry(END, 0, &[])?;
        self.out.flush()?;
        Ok(self.out)
    }

    fn parent(&mut self, path: &str) -> io::Result<()> {
        path.rsplit_once('/').map_or(Ok(()), |(parent, _)| self.folder(parent))
    }

    fn entry(&mut self, path: &str, mode: u32, bytes: &[u8]) -> io::Result<()> {
        self.entries += 1;
        let too_long = |_| io::Error::from(io::ErrorKind::FileTooLarge);
        let (name, size) = (path.len() + 1, u32::try_from(bytes.len()).map_err(too_long)?);
        // Owner, group, time and devices are 0; so is the sum, which this form does without.
        let (links, time) = (1, 0);
        let fields =
            [self.entries, mode, 0, 0, links, time, size, 0, 0, 0, 0, name as u32, 0].map(hex);
        let header = format!("{MAGIC}{}{path}\0", fields.concat());
        self.padded(header.as_bytes())?;
        self.padded(bytes)
    }

    fn padded(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.out.write_all(bytes)?;
        let rest = bytes.len().next_multiple_of(UNIT) - bytes.len();
        self.out.write_all(&[0; UNIT][..rest])
    }
}

fn hex(field: u32) -> String {
    format!("{field:08x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Names, modes and contents, read as the kernel does.
    fn read(archive: &[u8]) -> Vec<(String, u32, Vec<u8>)> {
        let (mut entries, mut at) = (Vec::new(), 0);
        loop {
            let text = |range| std::str::from_utf8(&archive[range]).expect("text");
            assert_eq!(text(at..at + 6), "070701");
            let field = |n: usize| {
                let begin = at + 6 + 8 * n;
                u32::from_str_radix(text(begin..begin + 8), 16).expect("hexadecimal")
            };
            let (mode, size, name_len) = (field(1), field(6) as usize, field(11) as usize);
            let name = text(at + 110..at + 110 + name_len);
            let name = name.strip_suffix('\0').expect("a zero byte ends it").to_owned();
            let content = (at + 110 + name_len).next_multiple_of(4);
            at = (content + size).next_multiple_of(4);
            if name == "TRAILER!!!" {
                assert_eq!(at, archive.len());
                return entries;
            }
            entries.push((name, mode, archive[content..content + size].to_vec()));
        }
    }

    #[test]
    fn files_come_behind_their_folders_each_of_which_comes_once() {
        let mut archive = Archive::new(Vec::new());
        archive.file("init", b"12345").expect("written");
        archive.file("lib/x86/libc.so", b"").expect("written");
        archive.file("lib/x86/libm.so", &[7; 4]).expect("written");
        archive.folder("proc").expect("written");
        let entries = read(&archive.finish().expect("written"));
        let names: Vec<_> = entries.iter().map(|(name, mode, _)| (&**name, *mode)).collect();
        let (folder, file) = (0o040_755, 0o100_755);
        let expected = [
            ("init", file),
            ("lib", folder),
            ("lib/x86", folder),
            ("lib/x86/libc.so", file),
            ("lib/x86/libm.so", file),
            ("proc", folder),
        ];
        assert_eq!(names, expected);
        assert_eq!(entries[0].2, b"12345");
        assert_eq!(entries[4].2, [7; 4]);
    }
}
