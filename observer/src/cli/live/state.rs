//! What a running capture shows of itself.

use std::time::Duration;

use observer::pipeline::Pipeline;
use observer::sink::metrics::health::{CaptureStats, Health, Hook};
use observer::source::live::{
    Counter, Counters, Handle, HookStatus, Loss, Missing, SocketHook, Why,
};

use super::reload::Watched;

/// The drain loop has run within this time, or the observer is not ready.
const DRAINED_WITHIN: Duration = Duration::from_secs(1);

/// The pipeline's and the capture's state at one moment.
pub struct State<'a> {
    /// The pipeline.
    pub pipeline: &'a Pipeline,
    pub(super) handle: &'a Handle,
    pub(super) watched: &'a Watched,
}

impl State<'_> {
    /// As metrics need it.
    pub fn health(&self) -> Health {
        let ledger = *self.pipeline.ledger();
        // Read after the ledger, which cannot grow meanwhile: what it counts is in here.
        let counters = self.handle.counters();
        Health {
            ledger,
            topics: self.pipeline.topics(),
            evictions: self.pipeline.evictions().plus(&self.handle.evictions(&counters)),
            wall: self.pipeline.wall_clock(),
            capture: Some(self.capture(&counters)),
            replay: None,
        }
    }

    /// Payload bytes that were seen and not delivered.
    pub fn lost_bytes(&self) -> u64 {
        self.handle.counters().lost_bytes()
    }

    fn capture(&self, counters: &Counters) -> CaptureStats {
        let mode = self.handle.mode();
        let hooks = self.handle.hooks().into_iter().filter(|hook| hook.attached);
        let hooks = hooks.map(|hook| Hook {
            hook: direction(&hook),
            interface: hook.interface,
            is_attached: true,
        });
        CaptureStats {
            seen_bytes: counters.get(Counter::Seen),
            lost_bytes: Loss::ALL
                .iter()
                .map(|loss| (loss.as_str(), counters.get(loss.bytes())))
                .collect(),
            count_only_bytes: counters.get(Counter::CountOnlyBytes),
            duplicate_bytes: counters.get(Counter::DuplicateBytes),
            falls: Why::ALL
                .iter()
                .map(|why| (why.as_str(), counters.get(Counter::of_fall(*why))))
                .collect(),
            resumes: counters.get(Counter::Resumes),
            records: counters.get(Counter::SubmittedRecords),
            copied_bytes: counters.get(Counter::CopiedBytes),
            ring_bytes: counters.get(Counter::RingBytes),
            foreign_bytes: counters.get(Counter::ForeignBytes),
            socket_records: vec![
                ("delivered", counters.get(Counter::SocketRecords)),
                ("lost", counters.get(Counter::SocketRingFull)),
            ],
            skipped_packets: vec![
                ("fragment", counters.get(Counter::Fragments)),
                ("malformed", counters.get(Counter::Malformed)),
            ],
            watched_ports: self.watched.count(),
            port_reloads: self.watched.reloads(),
            detached: self.handle.detached(),
            hooks: hooks.chain(sockets(&self.handle.sockets())).collect(),
            mode: if mode.is_sieve { "sieve" } else { "plain" },
            mode_reason: mode.reason.to_owned(),
        }
    }
}

/// Whether every hook is attached and the ring is drained; else what is missing.
pub fn readiness(handle: &Handle) -> Result<(), String> {
    if !handle.drained_within(DRAINED_WITHIN) {
        return Err("the ring was not drained within the last second".to_owned());
    }
    let hooks = handle.hooks();
    if let Some(hook) = hooks.iter().find(|hook| !hook.attached) {
        return Err(format!("{} {} is not attached", hook.interface, direction(hook)));
    }
    if let SocketHook::Lost(reason) = handle.sockets() {
        return Err(format!("cgroup sockops is not attached: {reason}"));
    }
    let missing = handle.missing();
    let is_name = |missing: &&Missing| matches!(missing, Missing::Name(_));
    match missing.iter().find(is_name).or(missing.first()) {
        Some(missing) if hooks.is_empty() || is_name(&missing) => Err(absence(missing)),
        None if hooks.is_empty() => Err("nothing is attached".to_owned()),
        _ => Ok(()),
    }
}

/// A sentence for each pattern that nothing answers to when capture starts: no error, as it may
/// come later.
pub fn warnings(handle: &Handle) -> Vec<String> {
    let later = "one that comes later will be watched";
    handle.missing().iter().map(|missing| format!("{}; {later}", absence(missing))).collect()
}

fn absence(missing: &Missing) -> String {
    match missing {
        Missing::AnyUp => "no interface is up".to_owned(),
        Missing::Name(name) => format!("interface {name} is gone"),
        Missing::Glob(glob) => format!("no interface matches \"{glob}\""),
    }
}

/// The hook that tells of sockets' lives, where it is wanted.
fn sockets(hook: &SocketHook) -> Option<Hook> {
    let is_attached = *hook == SocketHook::Attached;
    let is_wanted = *hook != SocketHook::Unwanted;
    is_wanted.then(|| Hook { interface: "cgroup".to_owned(), hook: "sockops", is_attached })
}

fn direction(hook: &HookStatus) -> &'static str {
    if hook.egress { "egress" } else { "ingress" }
}
