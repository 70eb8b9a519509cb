//! Decoding a capture: a file in; the processor time that tshark and that kafka-observer take for
//! it out.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use anyhow::{Result, ensure};
use serde::{Deserialize, Serialize};

use super::contestant::Place;
use super::cpu;
use crate::process::{self, Guarded};

const POLL: Duration = Duration::from_millis(20);
const PATIENCE: Duration = Duration::from_secs(5);

/// Seconds of processor time for one capture.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Decoded {
    /// tshark's, printing a line for each message. It knows fewer versions than the broker speaks,
    /// and passes over what it does not know.
    pub tshark: f64,
    /// kafka-observer's, printing every exchange.
    pub replay: f64,
}

/// Decodes the recording with both, and removes it: it is as large as the traffic was.
pub fn decode(place: &Place) -> Result<Decoded> {
    let file = place.recording();
    let decoded = Decoded {
        tshark: cost("tshark", tshark(&file, place.broker.port()))?,
        replay: cost("kafka-observer", replay(&file, place))?,
    };
    fs::remove_file(file)?;
    Ok(decoded)
}

fn tshark(file: &Path, port: u16) -> Command {
    let mut command = Command::new("tshark");
    command.arg("-r").arg(file).args(["-n", "-d", &format!("tcp.port=={port},kafka")]);
    command.args(["-Y", "kafka", "-T", "fields", "-e", "kafka.api_key"]);
    command.args(["-e", "kafka.correlation_id"]);
    command
}

fn replay(file: &Path, place: &Place) -> Command {
    let ports: Vec<_> = place.ports.iter().map(ToString::to_string).collect();
    let mut command = Command::new(&place.observer);
    command.args(["replay", "-o", "json", "--ports", &ports.join(",")]).arg(file);
    command
}

/// Runs it to its end.
fn cost(name: &str, mut command: Command) -> Result<f64> {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut process = Guarded::spawn(name, command)?;
    // What a process has used is told until it is waited for.
    while process::started(process.id()).is_some() {
        thread::sleep(POLL);
    }
    let time = cpu::time(process.id())?;
    let status = process.wait(PATIENCE)?;
    ensure!(status.is_some_and(|status| status.success()), "{name} cannot decode: {status:?}");
    Ok(time.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_that_has_ended_is_measured() {
        let mut command = Command::new("sh");
        command.args(["-c", "i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done"]);
        assert!(cost("a loop", command).expect("it ends well") > 0.0);
        assert!(cost("false", Command::new("false")).is_err());
    }
}
