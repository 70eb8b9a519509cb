//! Ports that change while capture runs: SIGHUP in, ports out.

use std::sync::mpsc::{Receiver, Sender};

use observer::event::Handler;
use observer::pipeline::Pipeline;
use observer::ports::Ports;
use observer::source::live::Handle;

use crate::cli::failure::Failure;
use crate::cli::ports_file::PortsFile;

/// Reads the file of ports again.
pub struct Reload {
    file: PortsFile,
    told: Sender<Read>,
}

/// What is in the file, or why that cannot be said.
type Read = Result<Ports, Failure>;

/// The ports that are watched.
pub struct Watched {
    capture: Handle,
    read: Receiver<Read>,
    ports: Ports,
    /// Times that others were read.
    applied: u64,
    /// Times that what was read was none.
    refused: u64,
    /// Times that the kernel did not take others.
    failed: u64,
}

impl Reload {
    /// Reads `file`, and tells.
    pub const fn new(file: PortsFile, told: Sender<Read>) -> Self {
        Self { file, told }
    }

    /// Reads it now.
    pub fn read(&self) {
        // Where the capture has ended nobody needs to know.
        let _ = self.told.send(self.file.read());
    }
}

impl Watched {
    /// These ports, until others are read.
    pub const fn new(ports: Ports, capture: Handle, read: Receiver<Read>) -> Self {
        Self { capture, read, ports, applied: 0, refused: 0, failed: 0 }
    }

    /// Watches what was read in the meantime. The kernel is told first: what it handed on before is
    /// for the pipeline to discard, and what it hands on from then on is known to the pipeline.
    pub fn update(&mut self, pipeline: &mut Pipeline, handler: &mut impl Handler) {
        while let Ok(read) = self.read.try_recv() {
            let before = &self.ports;
            match read {
                Ok(ports) => {
                    if let Err(error) = self.capture.set_ports(ports.clone()) {
                        tracing::error!("{error}; {before} are watched as before");
                        self.failed += 1;
                        continue;
                    }
                    let ended = pipeline.set_ports(ports.clone(), handler);
                    tracing::info!("watching {ports} instead of {before}: {ended} connections end");
                    self.ports = ports;
                    self.applied += 1;
                }
                Err(failure) => {
                    tracing::error!("{failure}; {before} are watched as before");
                    self.refused += 1;
                }
            }
        }
    }

    /// Number of ports.
    pub fn count(&self) -> usize {
        self.ports.count()
    }

    /// How often they were read again, by what came of it.
    pub fn reloads(&self) -> Vec<(&'static str, u64)> {
        vec![("applied", self.applied), ("refused", self.refused), ("failed", self.failed)]
    }
}
