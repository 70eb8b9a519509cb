//! The files of an emulated machine: programs and modules in, an archive with all that they take,
//! and the recorded captures, out.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::console::{CAPTURES, MODULES};
use super::cpio::Archive;
use super::program;
use crate::paths;

/// Where file systems are mounted.
const MOUNT_POINTS: [&str; 4] = ["dev", "proc", "sys", "tmp"];
/// Recorded captures of Kafka.
const RECORDED: [&str; 4] = ["producer", "consumer", "group", "admin"];

/// Writes the archive.
pub(super) fn write(
    to: &Path,
    programs: &[(&'static str, PathBuf)],
    modules: &[PathBuf],
) -> Result<()> {
    let out = File::create(to).with_context(|| format!("cannot write {}", to.display()))?;
    let mut archive = Archive::new(BufWriter::new(out));
    for folder in MOUNT_POINTS {
        archive.folder(folder)?;
    }
    for (path, program) in programs {
        add(&mut archive, path, program)?;
    }
    for library in libraries(programs)? {
        add(&mut archive, library.trim_start_matches('/'), Path::new(&library))?;
    }
    for (order, module) in modules.iter().enumerate() {
        let name = module.file_name().unwrap_or_default().display();
        add(&mut archive, &format!("{MODULES}/{order}-{name}"), module)?;
    }
    for (order, name) in RECORDED.iter().enumerate() {
        let capture = paths::root().join("tests/tests/captures").join(format!("{name}.pcap"));
        add(&mut archive, &format!("{CAPTURES}/{order}-{name}.pcap"), &capture)?;
    }
    archive.finish()?;
    Ok(())
}

fn add(archive: &mut Archive<impl Write>, path: &str, file: &Path) -> Result<()> {
    let bytes = fs::read(file).with_context(|| format!("no {}", file.display()))?;
    Ok(archive.file(path, &bytes)?)
}

/// What the programs load when they start, each once.
fn libraries(programs: &[(&'static str, PathBuf)]) -> Result<Vec<String>> {
    let mut libraries = Vec::new();
    for (_, program) in programs {
        libraries.extend(loaded(&program::output(Command::new("ldd").arg(program))?));
    }
    libraries.sort_unstable();
    libraries.dedup();
    Ok(libraries)
}

/// The files that ldd names: `NAME => PATH (ADDRESS)`, or `PATH (ADDRESS)`.
fn loaded(told: &str) -> Vec<String> {
    let paths = told.lines().filter_map(|line| {
        let path = line.split_once(" => ").map_or(line, |(_, path)| path);
        let (path, _address) = path.trim().split_once(" (")?;
        path.starts_with('/').then(|| path.to_owned())
    });
    paths.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn libraries_are_what_has_a_path() {
        let told = "\tlinux-vdso.so.1 (0x00007fff)\n\
                    \tlibgcc_s.so.1 => /lib/x86_64-linux-gnu/libgcc_s.so.1 (0x00007f1)\n\
                    \tlibodd.so => not found\n\
                    \t/lib64/ld-linux-x86-64.so.2 (0x00007f2)\n";
        let expected = ["/lib/x86_64-linux-gnu/libgcc_s.so.1", "/lib64/ld-linux-x86-64.so.2"];
        assert_eq!(loaded(told), expected);
        assert_eq!(loaded("\tstatically linked\n"), Vec::<String>::new());
    }
}
