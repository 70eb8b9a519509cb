//! The file of ports to watch, which is read when the daemon starts and again when it is told to: on
//! each line a list as `--ports` takes it, and behind a `#` what is for people.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use observer::ports::Ports;

use super::failure::Failure;

/// A file that is larger is no list of ports.
const LARGEST: u64 = 1 << 20;

/// A file of ports.
#[derive(Clone, Debug)]
pub struct PortsFile(PathBuf);

impl PortsFile {
    /// The one of this name.
    pub const fn new(path: PathBuf) -> Self {
        Self(path)
    }

    /// What is in it.
    pub fn read(&self) -> Result<Ports, Failure> {
        let name = self.0.display();
        let text = text(&self.0)?;
        ports(&text).map_err(|wrong| Failure::usage(format!("{name}: {wrong}")))
    }
}

fn text(path: &Path) -> Result<String, Failure> {
    let name = path.display();
    let failed = |error: std::io::Error| match error.kind() {
        ErrorKind::NotFound => {
            Failure::usage(format!("there is no file {name}: write the ports to watch into it"))
        }
        ErrorKind::PermissionDenied => {
            Failure::not_possible(format!("{name} may not be read: change its permissions"))
        }
        _ => Failure::usage(format!("{name} cannot be read: {error}")),
    };
    // Opening a pipe would wait for its writer.
    if !std::fs::metadata(path).map_err(failed)?.is_file() {
        return Err(Failure::usage(format!("{name} is no file: name a file of ports")));
    }
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(LARGEST + 1).read_to_end(&mut bytes));
    if read.map_err(failed)? as u64 > LARGEST {
        return Err(Failure::usage(format!("{name} is too large for a list of ports")));
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn ports(text: &str) -> Result<Ports, String> {
    let mut all = Ports::none();
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.split('#').next().unwrap_or_default().trim();
        if line.is_empty() {
            continue;
        }
        let ports: Ports = line.parse().map_err(|wrong| format!("line {number}: {wrong}"))?;
        all.insert_all(&ports);
    }
    if all == Ports::none() {
        return Err("no port is in it: write ports and ranges like 9092,9094-9099".to_owned());
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_lists_and_comments_are_for_people() {
        let text = "# brokers\n9092, 9094-9096 # three\n\n  9093\r\n#9097";
        assert_eq!(ports(text).unwrap().to_string(), "9092-9096");
    }

    #[test]
    fn what_is_no_list_is_named_with_its_line() {
        let said = ports("9092\n\n9093;9094\n").unwrap_err();
        assert!(said.starts_with("line 3: \"9093;9094\" is neither a port"), "{said}");
        for empty in ["", "\n", "# 9092"] {
            assert!(ports(empty).unwrap_err().starts_with("no port is in it"), "{empty:?}");
        }
    }
}
