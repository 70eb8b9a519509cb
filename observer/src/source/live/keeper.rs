//! The thread that keeps the hooks: it loads, attaches, follows interfaces as they come and go, and
//! answers requests. It is the one thread that still holds capabilities once capture runs.

use std::collections::BTreeMap;
use std::os::fd::AsRawFd;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, TryRecvError};
use std::time::{Duration, Instant};

use observer_common::Flow;
use observer_common::counters::Counters;
use observer_common::order::Order;

use super::attach::{self, Attached};
use super::config::{Attach, Config};
use super::error::Error;
use super::handle::{HookStatus, Shared};
use super::links::{self, Link, Links};
use super::object::Object;
use super::ring::Ring;
use super::selection::Selection;
use super::sockets::Sockets;
use super::waker::Waker;
use super::{leftovers, privileges};
use crate::ports::Ports;

/// What is asked of the keeper.
pub(super) enum Request {
    /// What the kernel programs have counted.
    Counters(Sender<Counters>),
    /// Watch these ports instead.
    Watch(Ports, Sender<Result<(), Error>>),
    /// Do something with a direction.
    Order(Flow, Order),
    /// Detach everything, for good; the counters stay readable.
    Detach(Sender<Counters>),
}

/// Keeps the hooks.
pub(super) struct Keeper {
    object: Object,
    links: Links,
    selection: Selection,
    how: Attach,
    attached: BTreeMap<u32, Interface>,
    /// Whether what is attached may not be what should be, as interfaces could not be listed.
    is_behind: bool,
    /// When to look next whether all is still attached.
    next_look: Instant,
    /// `None` where sockets are not watched.
    sockets: Option<Sockets>,
    detached: bool,
    shared: Arc<Shared>,
    /// Held, so that nobody takes our filters for leftovers.
    _only: Option<leftovers::Only>,
}

/// An interface that was selected.
struct Interface {
    name: String,
    /// The hooks, or why there are none.
    hooks: Result<Vec<Attached>, Error>,
}

/// How long to wait before trying an interface again that could not be attached to.
const RETRY: Duration = Duration::from_secs(1);
/// Time between two looks whether all is still attached.
const LOOK_EVERY: Duration = Duration::from_secs(2);

impl Keeper {
    /// Loads and attaches.
    pub fn start(config: &Config, shared: Arc<Shared>) -> Result<(Self, Ring), Error> {
        privileges::check()?;
        let links = Links::follow().map_err(Error::system("following network interfaces"))?;
        let found = links::list().map_err(Error::system("listing network interfaces"))?;
        let selection = Selection::new(&config.interfaces, &found)?;
        let (object, ring) = Object::load(config)?;
        shared.note_mode(object.mode);
        let only = leftovers::Only::observer();
        if let Some(only) = &only {
            leftovers::remove(only, &found);
        } else {
            tracing::warn!("another observer runs in this network namespace");
        }
        let mut keeper = Self {
            object,
            links,
            selection,
            how: config.attach,
            attached: BTreeMap::new(),
            is_behind: false,
            next_look: Instant::now() + LOOK_EVERY,
            sockets: None,
            detached: false,
            shared,
            _only: only,
        };
        keeper.reconcile(&found);
        keeper.all_or_none_attached()?;
        if config.sockets {
            keeper.sockets = Some(Sockets::attach(&mut keeper.object));
            keeper.tell();
        }
        if config.drop_privileges {
            privileges::keep(&privileges::to_attach()?)?;
        }
        Ok((keeper, ring))
    }

    /// Serves until nobody can ask any more.
    pub fn run(mut self, requests: &Receiver<Request>, waker: &Waker) {
        loop {
            let diagnostics = self.object.diagnostics.as_raw_fd();
            wait(&[self.links.as_raw_fd(), waker.as_raw_fd(), diagnostics], self.patience());
            waker.clear();
            self.object.diagnostics.tell();
            loop {
                match requests.try_recv() {
                    Ok(request) => self.serve(request),
                    Err(TryRecvError::Empty) => break,
                    Err(TryRecvError::Disconnected) => return,
                }
            }
            let has_lost = !self.detached && self.has_lost_hooks();
            if (self.links.changed() || self.is_to_retry() || has_lost) && !self.detached {
                self.follow();
            }
        }
    }

    fn serve(&mut self, request: Request) {
        // Whoever asked may have gone; then nobody misses the answer.
        match request {
            Request::Counters(reply) => drop(reply.send(self.counters())),
            Request::Order(flow, order) => {
                self.object.orders.give(flow, order);
                self.shared.note_evicted_orders(self.object.orders.evicted());
            }
            Request::Watch(ports, reply) => drop(reply.send(self.object.watch(&ports))),
            Request::Detach(reply) => {
                self.detach();
                let _ = reply.send(self.counters());
            }
        }
    }

    fn counters(&self) -> Counters {
        match self.object.counters() {
            Ok(counters) => self.shared.note_counters(counters),
            Err(error) => tracing::error!("{error}"),
        }
        self.shared.counters()
    }

    fn detach(&mut self) {
        self.detached = true;
        self.sockets = None;
        for interface in std::mem::take(&mut self.attached).into_values() {
            attach::detach(&mut self.object, interface.hooks.unwrap_or_default());
        }
        self.tell();
    }

    fn follow(&mut self) {
        let found = links::list();
        self.is_behind = found.is_err();
        match found {
            Ok(found) => self.reconcile(&found),
            Err(error) => tracing::warn!("listing network interfaces: {error}"),
        }
    }

    /// Attaches to what has come, forgets what has gone.
    fn reconcile(&mut self, found: &[Link]) {
        let gone = |index: &u32| !found.iter().any(|link| link.index == *index);
        let gone: Vec<u32> = self.attached.keys().copied().filter(gone).collect();
        for interface in gone.iter().filter_map(|index| self.attached.remove(index)) {
            tracing::info!("interface {} is gone", interface.name);
            attach::detach(&mut self.object, interface.hooks.unwrap_or_default());
        }
        for link in found {
            self.reconcile_link(link);
        }
        self.shared.note_missing(self.selection.missing(found));
        self.tell();
    }

    fn reconcile_link(&mut self, link: &Link) {
        if let Some(interface) = self.attached.get_mut(&link.index) {
            interface.name.clone_from(&link.name);
            if interface.hooks.is_ok() {
                return;
            }
        } else if !self.selection.takes(link) {
            return;
        }
        let Some(layer) = link.layer else { return };
        let hooks = attach::attach(&mut self.object, link, layer, self.how);
        match &hooks {
            Ok(_) => tracing::info!("attached to interface {}", link.name),
            // Where it failed before, that was told.
            Err(_) if self.attached.contains_key(&link.index) => {}
            Err(error) => tracing::warn!("{error}"),
        }
        self.attached.insert(link.index, Interface { name: link.name.clone(), hooks });
    }

    /// An error where there are interfaces and none could be attached to.
    fn all_or_none_attached(&mut self) -> Result<(), Error> {
        if self.attached.values().any(|interface| interface.hooks.is_ok()) {
            return Ok(());
        }
        let mut failed = std::mem::take(&mut self.attached).into_values();
        failed.find_map(|interface| interface.hooks.err()).map_or(Ok(()), Err)
    }

    /// Now and then, looks whether all is still attached. Where somebody has detached a hook, its
    /// interface has none, until it is attached to again.
    fn has_lost_hooks(&mut self) -> bool {
        let now = Instant::now();
        if now < self.next_look {
            return false;
        }
        self.next_look = now + LOOK_EVERY;
        self.look_after_sockets();
        let mut lost = 0;
        for interface in self.attached.values_mut() {
            let Ok(hooks) = &mut interface.hooks else { continue };
            let Some(gone) = hooks.iter().find(|hook| !hook.is_there()) else { continue };
            let (name, direction) = (&interface.name, gone.direction());
            tracing::warn!(
                "somebody has detached {direction} of interface {name}: attaching again"
            );
            attach::detach(&mut self.object, std::mem::take(hooks));
            let reason = format!("{direction} was detached");
            interface.hooks = Err(Error::Attach { interface: name.clone(), reason });
            lost += 1;
        }
        if lost > 0 {
            self.tell();
            self.shared.note_detached(lost);
        }
        lost > 0
    }

    fn look_after_sockets(&mut self) {
        let Some(sockets) = &mut self.sockets else { return };
        let is_lost = sockets.look(&mut self.object);
        self.shared.note_detached(is_lost.into());
        self.shared.note_sockets(sockets.status());
    }

    fn is_to_retry(&self) -> bool {
        self.is_behind || self.attached.values().any(|interface| interface.hooks.is_err())
    }

    /// How long to wait for something to do.
    fn patience(&self) -> Duration {
        if self.detached {
            return Duration::MAX;
        }
        let look = self.next_look.saturating_duration_since(Instant::now());
        if self.is_to_retry() { look.min(RETRY) } else { look }
    }

    fn tell(&self) {
        let mut hooks = Vec::new();
        for (&ifindex, interface) in &self.attached {
            let status = |egress, attached| HookStatus {
                interface: interface.name.clone(),
                ifindex,
                egress,
                attached,
            };
            match &interface.hooks {
                Ok(attached) => hooks.extend(attached.iter().map(|one| status(one.egress(), true))),
                Err(_) => hooks.extend([status(false, false), status(true, false)]),
            }
        }
        self.shared.note_hooks(hooks);
        self.shared.note_sockets(self.sockets.as_ref().map(Sockets::status).unwrap_or_default());
    }
}

/// Waits until one of these can be read, or the time is over.
fn wait<const N: usize>(fds: &[i32; N], most: Duration) {
    let mut polled = fds.map(|fd| libc::pollfd { fd, events: libc::POLLIN, revents: 0 });
    // Rounded up, and endless where it is too long to be told.
    let timeout_ms = i32::try_from(most.as_millis()).map_or(-1, |ms| ms.saturating_add(1));
    // SAFETY: the array is valid for the call. Interruptions and errors end the wait early.
    unsafe { libc::poll(polled.as_mut_ptr(), N as libc::nfds_t, timeout_ms) };
}
