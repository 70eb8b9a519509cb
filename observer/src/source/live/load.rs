//! From the embedded object to file descriptors: maps of the sizes that are asked for, and the programs that
//! the kernel takes.

use std::hash::{BuildHasher, RandomState};

use aya::maps::{Array, Map, MapError};
use aya::programs::{ProgramError, SchedClassifier};
use aya::{Ebpf, EbpfError, EbpfLoader};
use observer_common::{own_ring, record, slots};

use super::config::{Config, Copy};
use super::diagnostics;
use super::error::Error;
use super::handle::CaptureMode;
use super::own_ring::{Layout, OwnRing};
use super::ring::Ring;
use crate::protocol::sieve::Words;

static OBJECT: &[u8] = aya::include_bytes_aligned!(concat!(env!("OUT_DIR"), "/observer-ebpf"));

/// Programs that go together.
pub(super) struct Programs {
    /// The classifiers: of packets that come in or leave, on devices with an Ethernet header and without a
    /// link header. Their names are also those of our filters on a clsact qdisc.
    pub classifiers: [&'static str; 4],
    /// The sockops program.
    pub sockets: &'static str,
}

/// Those that copy metadata, and write the ring themselves.
pub(super) static SIEVE: Programs = Programs {
    classifiers: ["kobs_ingress", "kobs_egress", "kobs_ingress_ip", "kobs_egress_ip"],
    sockets: "kobs_sockets",
};
/// Those that copy everything, into the kernel's ring.
pub(super) static PLAIN: Programs = Programs {
    classifiers: [
        "kobs_ingress_whole",
        "kobs_egress_whole",
        "kobs_ingress_ip_whole",
        "kobs_egress_ip_whole",
    ],
    sockets: "kobs_sockets_whole",
};

/// What the kernel has taken.
pub(super) struct Loaded {
    pub ebpf: Ebpf,
    /// The programs in use; the classifiers are loaded.
    pub programs: &'static Programs,
    /// What they copy, and why.
    pub mode: CaptureMode,
    pub ring: Ring,
}

/// Loads the programs that the configuration asks for, and that the kernel takes.
pub(super) fn load(config: &Config) -> Result<Loaded, Error> {
    let plain = |reason| load_plain(config, CaptureMode { is_sieve: false, reason });
    match config.copy {
        Copy::Sieve if config.snap_len.is_some() => return Err(Error::SnapWithSieve),
        Copy::Plain => return plain("configured"),
        Copy::Auto if config.snap_len.is_some() => return plain("snap_length"),
        Copy::Auto | Copy::Sieve => {}
    }
    match load_sieve(config) {
        Err(Error::Refused { reason, .. }) if config.copy == Copy::Sieve => {
            Err(Error::NoSieve { reason })
        }
        Err(Error::Refused { reason, .. }) => {
            tracing::warn!("whole payloads are copied, as this kernel takes no sieve: {reason}");
            plain("kernel")
        }
        loaded => loaded,
    }
}

fn load_plain(config: &Config, mode: CaptureMode) -> Result<Loaded, Error> {
    let (mut ebpf, _) = load_maps(config, config.ring_bytes, 1)?;
    load_classifiers(&mut ebpf, &PLAIN)?;
    let ring = Ring::Kernels(take(&mut ebpf, "RING")?, config.ring_bytes);
    Ok(Loaded { ebpf, programs: &PLAIN, mode, ring })
}

fn load_sieve(config: &Config) -> Result<Loaded, Error> {
    // The kernel's ring is only to ring.
    let page = u32::try_from(rustix::param::page_size()).unwrap_or(u32::MAX);
    let (mut ebpf, layout) = load_maps(config, page, own_ring::parts(config.ring_bytes))?;
    let words = Words::of_table();
    fill(&mut ebpf, "WORDS", words.words().iter().map(|word| word.0))?;
    fill(&mut ebpf, "ENTRIES_OF_APIS", words.entries().iter().map(|entry| entry.0))?;
    load_classifiers(&mut ebpf, &SIEVE)?;
    let own = map_own_ring(&ebpf, layout)?;
    let ring = Ring::Own(own, take(&mut ebpf, "RING")?);
    let mode = CaptureMode { is_sieve: true, reason: "default" };
    Ok(Loaded { ebpf, programs: &SIEVE, mode, ring })
}

/// Makes the maps: with a ring of the kernel's of so many bytes, and one of so many parts that the programs
/// write themselves.
fn load_maps(config: &Config, kernels: u32, parts: u32) -> Result<(Ebpf, Layout), Error> {
    let snap_len = config.snap_len.unwrap_or(u32::MAX);
    let chunk_len = record::chunk_len(config.ring_bytes);
    let cpus = aya::util::nr_cpus().map_or(1, |cpus| u32::try_from(cpus).unwrap_or(u32::MAX));
    let wake_shift = record::wake_shift(config.ring_bytes, cpus);
    let flow_sets = slots::sets(config.flows);
    let random = RandomState::new();
    let flow_secrets = slots::secrets(random.hash_one("flows"));
    let layout = Layout { bytes: config.ring_bytes, secret: random.hash_one("ring") };
    let ebpf = EbpfLoader::new()
        .override_global("SNAP_LEN", &snap_len, true)
        .override_global("CHUNK_LEN", &chunk_len, true)
        .override_global("WAKE_SHIFT", &wake_shift, true)
        .override_global("RING_BYTES", &layout.bytes, true)
        .override_global("RING_SECRET", &layout.secret, true)
        .override_global("FLOW_SETS", &flow_sets, true)
        .override_global("FLOW_SECRETS", &flow_secrets, true)
        .override_global(aya_log::LEVEL, &diagnostics::level(), true)
        .map_max_entries("RING", kernels)
        .map_max_entries("OWN_RING", parts)
        .map_max_entries("FLOWS", slots::slots(flow_sets))
        // A socket has two directions.
        .map_max_entries("SOCKETS", config.flows.div_ceil(2))
        .load(OBJECT)
        .map_err(|error| Error::refused("the maps", &error))?;
    Ok((ebpf, layout))
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

fn load_classifiers(ebpf: &mut Ebpf, programs: &Programs) -> Result<(), Error> {
    programs.classifiers.iter().try_for_each(|name| load_classifier(classifier(ebpf, name)?, name))
}

fn load_classifier(program: &mut SchedClassifier, name: &str) -> Result<(), Error> {
    program.load().map_err(|error| Error::refused("the classifiers", &error))?;
    // How far from the verifier's limit of a million it is.
    let verified = program.info().ok().and_then(|info| info.verified_instruction_count());
    tracing::debug!("{name}: {} instructions verified", verified.unwrap_or_default());
    Ok(())
}

/// Maps the ring. Its maps stay with the object, as programs that are loaded later refer to them.
fn map_own_ring(ebpf: &Ebpf, layout: Layout) -> Result<OwnRing, Error> {
    let map = |name| match ebpf.map(name) {
        Some(Map::Array(map)) => Ok(map.fd()),
        _ => Err(incomplete(name)),
    };
    OwnRing::map(map("OWN_RING")?, map("OWN_RING_ENDS")?, layout)
        .map_err(Error::system("mapping the ring"))
}

/// The classifier of this name.
pub(super) fn classifier<'a>(
    ebpf: &'a mut Ebpf,
    name: &str,
) -> Result<&'a mut SchedClassifier, Error> {
    let program = ebpf.program_mut(name).ok_or_else(|| incomplete(name))?;
    program.try_into().map_err(|error: ProgramError| Error::refused(name, &error))
}

/// Takes the map of this name.
pub(super) fn take<T>(ebpf: &mut Ebpf, name: &str) -> Result<T, Error>
where
    T: TryFrom<Map, Error = MapError>,
{
    let map = ebpf.take_map(name).ok_or_else(|| incomplete(name))?;
    T::try_from(map).map_err(|error| Error::refused(name, &EbpfError::from(error)))
}

/// The embedded object lacks something; a defect of the build.
pub(super) fn incomplete(name: &str) -> Error {
    Error::Refused { what: name.to_owned(), reason: "not in the embedded object".to_owned() }
}
