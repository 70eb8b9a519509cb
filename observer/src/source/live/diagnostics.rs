//! What the kernel programs say for diagnosis, told at the level `debug` and off below it.

use std::os::fd::{AsRawFd, RawFd};

use aya::Ebpf;
use aya_log::{EbpfLogger, Level};

/// The level at which the programs speak; at 0 they do not.
pub(super) fn level() -> u8 {
    if tracing::enabled!(tracing::Level::DEBUG) { Level::Debug as u8 } else { 0 }
}

/// What the programs say.
pub(super) struct Diagnostics(Option<EbpfLogger<Told>>);

impl Diagnostics {
    /// Of programs that are not loaded yet.
    pub fn of(ebpf: &mut Ebpf) -> Self {
        if level() == 0 {
            return Self(None);
        }
        let logger = EbpfLogger::init_with_logger(ebpf, Told);
        let silent = |error| tracing::warn!("the kernel programs stay silent: {error}");
        Self(logger.map_err(silent).ok())
    }

    /// Tells what has been said since.
    pub fn tell(&mut self) {
        if let Some(logger) = &mut self.0 {
            logger.flush();
        }
    }
}

impl AsRawFd for Diagnostics {
    /// A negative number where the programs are silent; poll(2) skips it.
    fn as_raw_fd(&self) -> RawFd {
        self.0.as_ref().map_or(-1, AsRawFd::as_raw_fd)
    }
}

/// Tells by the means that the rest of the program uses.
struct Told;

impl log::Log for Told {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        tracing::debug!("kernel: {}", record.args());
    }

    fn flush(&self) {}
}
