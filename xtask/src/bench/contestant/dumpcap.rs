//! dumpcap on the loopback: a broker's ports and a file in; packets, and how many were dropped, out.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::Result;

use super::{Place, Running};

/// The kernel's buffer, in MiB: with dumpcap's own two, little would arrive.
const BUFFER: &str = "64";

pub(super) fn start(
    running: &mut Running,
    place: &Place,
    snap: Option<u32>,
    file: &Path,
) -> Result<()> {
    let ports: Vec<_> = place.ports.iter().map(|port| format!("tcp port {port}")).collect();
    let mut command = Command::new("dumpcap");
    command.args(["-q", "-i", "lo", "-B", BUFFER, "-f", &ports.join(" or "), "-w"]).arg(file);
    command.args(snap.map(|snap| format!("-s{snap}")));
    let log = running.log.clone();
    // It names its file when it has opened the interface.
    let has_named = || fs::read_to_string(&log).is_ok_and(|said| said.contains("File:"));
    running.spawn("dumpcap", command, has_named)
}

/// Dropped packets, by its last words: "Packets received/dropped on interface 'lo': 231/0 (...)".
pub(super) fn dropped(said: &str) -> Option<u64> {
    let line = said.lines().rfind(|line| line.starts_with("Packets received/dropped"))?;
    let (_, counts) = line.rsplit_once(": ")?;
    counts.split_once('/')?.1.split(' ').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_words_are_read() {
        let said = "Capturing on 'Loopback: lo'\nFile: /dev/null\n\
                    Packets received/dropped on interface 'Loopback: lo': 231/7 (pcap:7/...)\n";
        assert_eq!(dropped(said), Some(7));
        assert_eq!(dropped("File: /dev/null\n"), None);
    }
}
