//! The kernel programs and maps: from the embedded object to file descriptors.

use std::hash::{BuildHasher, RandomState};

use aya::maps::{Array, HashMap, MapData, PerCpuArray, RingBuf};
use aya::programs::{ProgramError, SchedClassifier, SockOps};
use aya::{Ebpf, EbpfError, EbpfLoader};
use observer_common::counters::{COUNTERS, Counters};
use observer_common::owner::Hook;
use observer_common::{record, slots};

use super::config::{Config, Copy};
use super::diagnostics::{self, Diagnostics};
use super::error::Error;
use super::handle::CaptureMode;
use super::orders::Orders;
use crate::ports::Ports;
use crate::protocol::sieve::Words;

static OBJECT: &[u8] = aya::include_bytes_aligned!(concat!(env!("OUT_DIR"), "/observer-ebpf"));

/// The classifiers: of packets that come in or leave, on devices with an Ethernet header and without a
/// link header. Their names are also those of our filters on a clsact qdisc.
pub(super) type Classifiers = [&'static str; 4];
/// Those that copy metadata.
pub(super) const SIEVE: Classifiers =
    ["kobs_ingress", "kobs_egress", "kobs_ingress_ip", "kobs_egress_ip"];
/// Those that copy everything.
pub(super) const PLAIN: Classifiers =
    ["kobs_ingress_whole", "kobs_egress_whole", "kobs_ingress_ip_whole", "kobs_egress_ip_whole"];
const SOCKETS: &str = "kobs_sockets";

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
    /// The classifiers in use.
    pub classifiers: Classifiers,
    /// What they copy, and why.
    pub mode: CaptureMode,
}

impl Object {
    /// Loads everything; attaches nothing. The ring comes apart, as another thread drains it.
    pub fn load(config: &Config) -> Result<(Self, RingBuf<MapData>), Error> {
        let snap_len = config.snap_len.unwrap_or(u32::MAX);
        let chunk_len = record::chunk_len(config.ring_bytes);
        let cpus = aya::util::nr_cpus().map_or(1, |cpus| u32::try_from(cpus).unwrap_or(u32::MAX));
        let wake_shift = record::wake_shift(config.ring_bytes, cpus);
        let flow_sets = slots::sets(config.flows);
        let flow_secrets = slots::secrets(RandomState::new().hash_one(flow_sets));
        let mut ebpf = EbpfLoader::new()
            .override_global("SNAP_LEN", &snap_len, true)
            .override_global("CHUNK_LEN", &chunk_len, true)
            .override_global("WAKE_SHIFT", &wake_shift, true)
            .override_global("FLOW_SETS", &flow_sets, true)
            .override_global("FLOW_SECRETS", &flow_secrets, true)
            .override_global(aya_log::LEVEL, &diagnostics::level(), true)
            .map_max_entries("RING", config.ring_bytes)
            .map_max_entries("FLOWS", slots::slots(flow_sets))
            // A socket has two directions.
            .map_max_entries("SOCKETS", config.flows.div_ceil(2))
            .load(OBJECT)
            .map_err(|error| Error::refused("the maps", &error))?;
        let diagnostics = Diagnostics::of(&mut ebpf);
        let (classifiers, mode) = choose(&mut ebpf, config)?;
        let ring = take(&mut ebpf, "RING")?;
        let mut object = Self {
            ports: take(&mut ebpf, "PORTS")?,
            orders: Orders::new(take(&mut ebpf, "ORDERS")?),
            hooks: take(&mut ebpf, "HOOKS")?,
            counters: take(&mut ebpf, "COUNTERS")?,
            diagnostics,
            classifiers,
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
        let program = self.ebpf.program_mut(SOCKETS).ok_or_else(|| incomplete(SOCKETS))?;
        let program: &mut SockOps =
            program.try_into().map_err(|error: ProgramError| Error::refused(SOCKETS, &error))?;
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

/// Loads the classifiers that the configuration asks for, and that the kernel takes.
fn choose(ebpf: &mut Ebpf, config: &Config) -> Result<(Classifiers, CaptureMode), Error> {
    let wants_plain = match config.copy {
        Copy::Sieve if config.snap_len.is_some() => return Err(Error::SnapWithSieve),
        Copy::Plain => Some("configured"),
        Copy::Auto if config.snap_len.is_some() => Some("snap_length"),
        Copy::Auto | Copy::Sieve => None,
    };
    if let Some(reason) = wants_plain {
        load_classifiers(ebpf, PLAIN)?;
        return Ok((PLAIN, CaptureMode { is_sieve: false, reason }));
    }
    match load_sieve(ebpf) {
        Ok(()) => Ok((SIEVE, CaptureMode { is_sieve: true, reason: "default" })),
        Err(Error::Refused { reason, .. }) if config.copy == Copy::Sieve => {
            Err(Error::NoSieve { reason })
        }
        Err(Error::Refused { reason, .. }) => {
            tracing::warn!("whole payloads are copied, as this kernel takes no sieve: {reason}");
            load_classifiers(ebpf, PLAIN)?;
            Ok((PLAIN, CaptureMode { is_sieve: false, reason: "kernel" }))
        }
        Err(error) => Err(error),
    }
}

fn load_sieve(ebpf: &mut Ebpf) -> Result<(), Error> {
    let words = Words::of_table();
    fill(ebpf, "WORDS", words.words().iter().map(|word| word.0))?;
    fill(ebpf, "ENTRIES_OF_APIS", words.entries().iter().map(|entry| entry.0))?;
    load_classifiers(ebpf, SIEVE)
}

fn fill(ebpf: &mut Ebpf, name: &str, values: impl Iterator<Item = u64>) -> Result<(), Error> {
    let map = ebpf.map_mut(name).ok_or_else(|| incomplete(name))?;
    let mut map = Array::<_, u64>::try_from(map)
        .map_err(|error| Error::refused(name, &EbpfError::from(error)))?;
    for (index, value) in (0..).zip(values) {
        map.set(index, value, 0).map_err(|error| Error::refused(name, &error))?;
    }
    Ok(())
}

fn load_classifiers(ebpf: &mut Ebpf, names: Classifiers) -> Result<(), Error> {
    names.iter().try_for_each(|name| load_classifier(classifier(ebpf, name)?, name))
}

fn classifier<'a>(ebpf: &'a mut Ebpf, name: &str) -> Result<&'a mut SchedClassifier, Error> {
    let program = ebpf.program_mut(name).ok_or_else(|| incomplete(name))?;
    program.try_into().map_err(|error: ProgramError| Error::refused(name, &error))
}

fn load_classifier(program: &mut SchedClassifier, name: &str) -> Result<(), Error> {
    program.load().map_err(|error| Error::refused("the classifiers", &error))?;
    // How far from the verifier's limit of a million it is.
    let verified = program.info().ok().and_then(|info| info.verified_instruction_count());
    tracing::debug!("{name}: {} instructions verified", verified.unwrap_or_default());
    Ok(())
}

fn take<T>(ebpf: &mut Ebpf, name: &str) -> Result<T, Error>
where
    T: TryFrom<aya::maps::Map, Error = aya::maps::MapError>,
{
    let map = ebpf.take_map(name).ok_or_else(|| incomplete(name))?;
    T::try_from(map).map_err(|error| Error::refused(name, &EbpfError::from(error)))
}

/// The embedded object lacks something; a defect of the build.
fn incomplete(name: &str) -> Error {
    Error::Refused { what: name.to_owned(), reason: "not in the embedded object".to_owned() }
}
