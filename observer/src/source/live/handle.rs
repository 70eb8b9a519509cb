//! What other threads see of a running capture, and may ask of it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use observer_common::counters::{Counter, Counters};
use observer_common::order::Order;

use super::clock::monotonic_ns;
use super::error::Error;
use super::keeper::Request;
use super::selection::Missing;
use super::waker::Waker;
use crate::event::{Command, Side};
use crate::ports::Ports;
use crate::tables::{Evictions, Table};

/// Sees a running capture, and asks of it. Once the capture has ended, what it last showed stays.
#[derive(Clone)]
pub struct Handle {
    // Dropped before the waker, which wakes the keeper: so it finds that nobody can ask any more.
    requests: Sender<Request>,
    waker: Waker,
    /// Wakes the draining thread.
    bell: Waker,
    shared: Arc<Shared>,
}

/// What the kernel copies of the payload.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CaptureMode {
    /// Whether metadata only, where directions are in step; else everything.
    pub is_sieve: bool,
    /// Why so.
    pub reason: &'static str,
}

/// A place where packets are seen, or should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HookStatus {
    /// Name of the interface.
    pub interface: String,
    /// Its index.
    pub ifindex: u32,
    /// Whether for packets that leave the host, or come in.
    pub egress: bool,
    /// Whether it is attached.
    pub attached: bool,
}

/// The hook on the cgroup root, which tells of sockets' lives.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum SocketHook {
    /// It is not wanted.
    #[default]
    Unwanted,
    /// It is attached.
    Attached,
    /// It could not be attached from the start, for this reason: capture does without.
    Lacking(String),
    /// It was attached, and cannot be again, for this reason.
    Lost(String),
}

impl Handle {
    /// What the kernel programs have counted.
    pub fn counters(&self) -> Counters {
        self.ask(Request::Counters)
    }

    /// The hooks of the selected interfaces.
    pub fn hooks(&self) -> Vec<HookStatus> {
        self.shared.hooks.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The hook that tells of sockets' lives.
    pub fn sockets(&self) -> SocketHook {
        self.shared.sockets.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What the kernel copies.
    pub fn mode(&self) -> CaptureMode {
        *self.shared.mode.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How often somebody else was found to have detached hooks of an interface, or that of sockets.
    pub fn detached(&self) -> u64 {
        self.shared.detached.load(Ordering::Relaxed)
    }

    /// What the kernel's tables have forgotten, given what its programs counted: of sockets those whose end
    /// was seen.
    pub fn evictions(&self, counters: &Counters) -> Evictions {
        let mut evictions = Evictions::default();
        for (table, n) in [
            (Table::FlowOwners, counters.get(Counter::FlowsForgotten)),
            (Table::Orders, self.shared.evicted_orders.load(Ordering::Relaxed)),
            (Table::Sockets, counters.get(Counter::SocketsForgotten)),
        ] {
            evictions.add(table, n as usize);
        }
        evictions
    }

    /// What was selected and is not there, now.
    pub fn missing(&self) -> Vec<Missing> {
        self.shared.missing.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Obeys the pipeline.
    pub fn command(&self, command: Command) {
        match command {
            Command::CountOnly(flow) => {
                for flow in [flow, flow.reversed()] {
                    self.tell(Request::Order(flow, Order::CountOnly));
                }
            }
            Command::Resume { flow, side, at } => {
                let is_request = side == Side::Request;
                self.tell(Request::Order(flow, Order::Resume { at, is_request }));
            }
        }
    }

    /// Has the ring looked at now, and with it whatever waits for that.
    pub fn ring(&self) {
        self.bell.wake();
    }

    /// Watches these ports, and no others, from now on.
    pub fn set_ports(&self, ports: Ports) -> Result<(), Error> {
        let (reply, answer) = mpsc::channel();
        self.tell(Request::Watch(ports, reply));
        // Where the capture has ended, nothing is watched.
        answer.recv().unwrap_or(Ok(()))
    }

    /// Whether the ring has been looked at within the last while.
    pub fn drained_within(&self, while_: Duration) -> bool {
        let at = self.shared.drained_ns.load(Ordering::Relaxed);
        at != 0 && u128::from(monotonic_ns().saturating_sub(at)) <= while_.as_nanos()
    }

    /// Detaches everything, for good.
    pub(super) fn detach(&self) -> Counters {
        self.ask(Request::Detach)
    }

    pub(super) fn shared(&self) -> &Shared {
        &self.shared
    }

    pub(super) fn new(
        requests: Sender<Request>,
        waker: Waker,
        bell: Waker,
        shared: Arc<Shared>,
    ) -> Self {
        Self { requests, waker, bell, shared }
    }

    fn ask(&self, request: impl FnOnce(Sender<Counters>) -> Request) -> Counters {
        let (reply, answer) = mpsc::channel();
        self.tell(request(reply));
        answer.recv().unwrap_or_else(|_| self.shared.counters())
    }

    /// To a keeper that is gone there is nothing to tell.
    fn tell(&self, request: Request) {
        if self.requests.send(request).is_ok() {
            self.waker.wake();
        }
    }
}

/// What the capture's threads show.
#[derive(Default)]
pub(super) struct Shared {
    counters: Mutex<Counters>,
    hooks: Mutex<Vec<HookStatus>>,
    sockets: Mutex<SocketHook>,
    missing: Mutex<Vec<Missing>>,
    mode: Mutex<CaptureMode>,
    drained_ns: AtomicU64,
    detached: AtomicU64,
    evicted_orders: AtomicU64,
}

impl Shared {
    pub fn counters(&self) -> Counters {
        *self.counters.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn note_counters(&self, counters: Counters) {
        *self.counters.lock().unwrap_or_else(PoisonError::into_inner) = counters;
    }

    pub fn note_hooks(&self, hooks: Vec<HookStatus>) {
        *self.hooks.lock().unwrap_or_else(PoisonError::into_inner) = hooks;
    }

    pub fn note_sockets(&self, sockets: SocketHook) {
        *self.sockets.lock().unwrap_or_else(PoisonError::into_inner) = sockets;
    }

    pub fn note_missing(&self, missing: Vec<Missing>) {
        *self.missing.lock().unwrap_or_else(PoisonError::into_inner) = missing;
    }

    pub fn note_evicted_orders(&self, orders: u64) {
        self.evicted_orders.store(orders, Ordering::Relaxed);
    }

    pub fn note_detached(&self, times: u64) {
        self.detached.fetch_add(times, Ordering::Relaxed);
    }

    pub fn note_mode(&self, mode: CaptureMode) {
        *self.mode.lock().unwrap_or_else(PoisonError::into_inner) = mode;
    }

    pub fn note_drained(&self, monotonic_ns: u64) {
        self.drained_ns.store(monotonic_ns, Ordering::Relaxed);
    }
}
