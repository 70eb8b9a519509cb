//! The kernel programs and maps that were loaded: what is attached, set and asked for.

use aya::Ebpf;
use aya::maps::{Array, HashMap, MapData, PerCpuArray};
use aya::programs::{ProgramError, SchedClassifier, SockOps};
use observer_common::counters::{COUNTERS, Counters};
use observer_common::owner::Hook;

use super::config::Config;
use super::diagnostics::Diagnostics;
use super::error::Error;
use super::handle::CaptureMode;
use super::load::{self, Loaded, Programs, classifier, incomplete, take};
use super::orders::Orders;
use super::ring::Ring;
use crate::ports::Ports;

/// What is in the kernel.
pub(super) struct Object {
    ebpf: Ebpf,
    ports: Array<MapData, u64>,
    /// What is asked of it.
    pub orders: Orders,
    hooks: HashMap<MapData, u64, u8>,
    counters: PerCpuArray<MapData, [u64; COUNTERS]>,
    /// What the programs say for diagnosis.
    pub diagnostics: Diagnostics,
    /// The programs in use.
    pub programs: &'static Programs,
    /// What they copy, and why.
    pub mode: CaptureMode,
}

impl Object {
    /// Loads everything; attaches nothing. The ring comes apart, as another thread drains it.
    pub fn load(config: &Config) -> Result<(Self, Ring), Error> {
        let Loaded { mut ebpf, programs, mode, ring } = load::load(config)?;
        let mut object = Self {
            ports: take(&mut ebpf, "PORTS")?,
            orders: Orders::new(take(&mut ebpf, "ORDERS")?),
            hooks: take(&mut ebpf, "HOOKS")?,
            counters: take(&mut ebpf, "COUNTERS")?,
            diagnostics: Diagnostics::of(&mut ebpf),
            programs,
            mode,
            ebpf,
        };
        object.watch(&config.ports)?;
        Ok((object, ring))
    }

    /// One of the classifiers in use.
    pub fn classifier(&mut self, name: &str) -> Result<&mut SchedClassifier, Error> {
        classifier(&mut self.ebpf, name)
    }

    /// The sockops program, loaded.
    pub fn sockets(&mut self) -> Result<&mut SockOps, Error> {
        let name = self.programs.sockets;
        let program = self.ebpf.program_mut(name).ok_or_else(|| incomplete(name))?;
        let program: &mut SockOps =
            program.try_into().map_err(|error: ProgramError| Error::refused(name, &error))?;
        if program.fd().is_err() {
            program.load().map_err(|error| Error::refused("the socket program", &error))?;
        }
        Ok(program)
    }

    /// Watches these ports, and no others.
    pub fn watch(&mut self, ports: &Ports) -> Result<(), Error> {
        for (index, word) in (0..).zip(ports.words()) {
            self.ports.set(index, word, 0).map_err(|error| Error::refused("the ports", &error))?;
        }
        Ok(())
    }

    /// Notes that a hook is attached.
    pub fn hook_attached(&mut self, hook: Hook) -> Result<(), Error> {
        self.hooks.insert(hook.0, 1, 0).map_err(|error| Error::refused("another hook", &error))
    }

    /// Notes that a hook is gone; what it owned falls to the next hook that sees it.
    pub fn hook_gone(&mut self, hook: Hook) {
        // It may never have been noted.
        let _ = self.hooks.remove(&hook.0);
    }

    /// What the kernel programs have counted, on all CPUs.
    pub fn counters(&self) -> Result<Counters, Error> {
        let cpus =
            self.counters.get(&0, 0).map_err(|error| Error::refused("the counters", &error))?;
        let mut sum = Counters::default();
        cpus.iter().for_each(|cpu| sum.merge(&Counters(*cpu)));
        Ok(sum)
    }
}
