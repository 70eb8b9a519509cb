//! A live capture in the background that keeps every segment.

use std::collections::BTreeSet;
use std::ops::Deref;
use std::sync::Mutex;

use observer::input::{Input, TcpFlags};
use observer::source::live::{Config, Counters};

use super::told::Told;
use crate::running::Running;

/// A running capture.
pub struct Tap(Running<Vec<Told>>);

impl Tap {
    /// Starts it.
    ///
    /// # Panics
    /// Where it does not start; it takes root.
    pub fn start(config: &Config) -> Self {
        Self(Running::start(config, |capture, stop, told: &Mutex<Vec<Told>>| {
            capture.run(stop, |input| {
                if let Input::Segment(segment) = input {
                    told.lock().unwrap().push(Told::of(&segment));
                }
            });
        }))
    }

    /// Whether both ends of so many connections have closed.
    ///
    /// # Panics
    /// Where the capturing thread has panicked.
    pub fn has_closed(&self, connections: usize) -> bool {
        self.look(|told| {
            let ends = told.iter().filter(|told| told.flags.has(TcpFlags::FIN));
            ends.map(|told| told.flow).collect::<BTreeSet<_>>().len() >= 2 * connections
        })
    }

    /// Ends it: what it told, and what the kernel counted.
    ///
    /// # Panics
    /// Where the capturing thread has panicked.
    pub fn finish(self) -> (Vec<Told>, Counters) {
        let handle = self.handle.clone();
        (self.0.finish(), handle.counters())
    }
}

impl Deref for Tap {
    type Target = Running<Vec<Told>>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}
