//! The kernel programs and maps: from the embedded object to file descriptors.

use aya::maps::{Array, HashMap, MapData, PerCpuArray, RingBuf};
use aya::programs::{ProgramError, SchedClassifier, SockOps};
use aya::{Ebpf, EbpfError, EbpfLoader};
use observer_common::counters::{COUNTERS, Counters};
use observer_common::flow_state::{FLOW_STATE_LEN, Mode, set_mode};
use observer_common::owner::Hook;
use observer_common::{Flow, record};

use super::config::Config;
use super::diagnostics::{self, Diagnostics};
use super::error::Error;
use crate::ports::Ports;

static OBJECT: &[u8] = aya::include_bytes_aligned!(concat!(env!("OUT_DIR"), "/observer-ebpf"));

/// The classifiers; their names are also those of our filters on a clsact qdisc.
pub(super) const CLASSIFIERS: [&str; 4] =
    ["kobs_ingress", "kobs_egress", "kobs_ingress_ip", "kobs_egress_ip"];
const SOCKETS: &str = "kobs_sockets";

type FlowKey = [u8; size_of::<Flow>()];

/// What is in the kernel.
pub(super) struct Object {
    ebpf: Ebpf,
    ports: Array<MapData, u64>,
    flows: HashMap<MapData, FlowKey, [u8; FLOW_STATE_LEN]>,
    hooks: HashMap<MapData, u64, u8>,
    counters: PerCpuArray<MapData, [u64; COUNTERS]>,
    /// What the programs say for diagnosis.
    pub diagnostics: Diagnostics,
}

impl Object {
    /// Loads everything; attaches nothing. The ring comes apart, as another thread drains it.
    pub fn load(config: &Config) -> Result<(Self, RingBuf<MapData>), Error> {
        let snap_len = config.snap_len.unwrap_or(u32::MAX);
        let chunk_len = record::chunk_len(config.ring_bytes);
        let measure_ns = u64::try_from(config.measure_every.as_nanos()).unwrap_or(u64::MAX);
        let mut ebpf = EbpfLoader::new()
            .override_global("SNAP_LEN", &snap_len, true)
            .override_global("CHUNK_LEN", &chunk_len, true)
            .override_global("MEASURE_NS", &measure_ns, true)
            .override_global(aya_log::LEVEL, &diagnostics::level(), true)
            .map_max_entries("RING", config.ring_bytes)
            .map_max_entries("FLOWS", config.flows)
            .load(OBJECT)
            .map_err(|error| Error::refused("the maps", &error))?;
        let diagnostics = Diagnostics::of(&mut ebpf);
        for name in CLASSIFIERS {
            load_classifier(classifier(&mut ebpf, name)?, name)?;
        }
        let ring = take(&mut ebpf, "RING")?;
        let mut object = Self {
            ports: take(&mut ebpf, "PORTS")?,
            flows: take(&mut ebpf, "FLOWS")?,
            hooks: take(&mut ebpf, "HOOKS")?,
            counters: take(&mut ebpf, "COUNTERS")?,
            diagnostics,
            ebpf,
        };
        object.watch(&config.ports)?;
        Ok((object, ring))
    }

    /// One of the [`CLASSIFIERS`].
    pub fn classifier(&mut self, name: &str) -> Result<&mut SchedClassifier, Error> {
        classifier(&mut self.ebpf, name)
    }

    /// The sockops program, loaded.
    pub fn sockets(&mut self) -> Result<&mut SockOps, Error> {
        let program = self.ebpf.program_mut(SOCKETS).ok_or_else(|| incomplete(SOCKETS))?;
        let program: &mut SockOps =
            program.try_into().map_err(|error: ProgramError| Error::refused(SOCKETS, &error))?;
        program.load().map_err(|error| Error::refused("the socket program", &error))?;
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

    /// Counts both directions of a connection from now on, and copies no more of them.
    pub fn count_only(&mut self, flow: Flow) {
        for key in [flow.key(), flow.reversed().key()] {
            let Ok(mut state) = self.flows.get(&key, 0) else { continue };
            set_mode(&mut state, Mode::CountOnly);
            // A direction that was just forgotten is not worth remembering.
            let _ = self.flows.insert(key, state, BPF_EXIST);
        }
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

/// Update an entry only where there is one.
const BPF_EXIST: u64 = 2;

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
