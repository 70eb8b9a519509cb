//! What happens only because time passes: holes are given up, requests expire, connections end.

use std::time::Duration;

use super::connection::{Connection, Shared};
use super::{Pipeline, context};
use crate::event::{Handler, Outcome};
use crate::time::Timestamp;

/// How often holes are looked after on connections that are otherwise silent.
const HOLE_CHECK: Duration = Duration::from_millis(1);
/// Connections that are looked after so often; of more, each is the more rarely, as a look goes through
/// all of them.
const OFTEN_CHECKED: usize = 1024;

/// When to look next.
#[derive(Debug, Default)]
pub(super) struct Upkeep {
    next_hole_check: Timestamp,
    next_sweep: Timestamp,
}

impl Pipeline {
    /// Does what is due.
    pub(super) fn pass_time<H: Handler>(&mut self, handler: &mut H) {
        if !self.waiting.is_empty() && self.now() >= self.upkeep.next_hole_check {
            self.upkeep.next_hole_check = self.now().plus(hole_check(self.waiting.len()));
            self.check_holes(handler);
        }
        if self.now() >= self.upkeep.next_sweep {
            self.upkeep.next_sweep = self.now().plus(self.config.sweep_interval());
            self.sweep(handler);
        }
    }

    fn check_holes<H: Handler>(&mut self, handler: &mut H) {
        let Self {
            config,
            connections,
            waiting,
            budget,
            ledger,
            evictions,
            inflight,
            decoder,
            clock,
            ..
        } = self;
        let mut shared = Shared {
            config,
            budget,
            ctx: context(config, clock, ledger, evictions, inflight, decoder, handler),
        };
        waiting.retain_with_order(|key| {
            // Looking after it is no use of it: the order of eviction stays.
            let Some(connection) = connections.peek_mut(key) else {
                return false;
            };
            connection.tick(&mut shared);
            connection.is_waiting()
        });
    }

    /// Expires old requests, and forgets connections that are over or silent.
    fn sweep<H: Handler>(&mut self, handler: &mut H) {
        let Self {
            config, connections, budget, ledger, evictions, inflight, decoder, clock, ..
        } = self;
        let mut shared = Shared {
            config,
            budget,
            ctx: context(config, clock, ledger, evictions, inflight, decoder, handler),
        };
        let mut gone = Vec::new();
        // In the order of their use, as one may teach what another's exchanges are told with.
        for (key, connection) in connections.iter_mut() {
            if !connection.stays(&mut shared) {
                gone.push(*key);
            }
        }
        for key in gone {
            connections.remove(&key);
        }
    }
}

impl Connection {
    /// Expires its old requests, and closes it if it is over or silent; whether it is kept.
    fn stays<H: Handler>(&mut self, shared: &mut Shared<'_, '_, H>) -> bool {
        let silence = shared.ctx.now.since(self.last_seen);
        let linger = shared.config.sweep_interval();
        if self.is_closed() {
            return silence <= linger;
        }
        self.expire(shared);
        if silence > shared.config.idle || self.is_over() && silence > linger {
            self.close(Outcome::Abandoned, shared);
            return false;
        }
        true
    }
}

/// Time from one look after holes to the next, of so many connections that wait.
fn hole_check(waiting: usize) -> Duration {
    let rounds = u32::try_from(waiting / OFTEN_CHECKED).unwrap_or(u32::MAX);
    HOLE_CHECK.saturating_mul(rounds.saturating_add(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_more_connections_wait_the_more_rarely_all_are_looked_after() {
        let ms = |waiting| hole_check(waiting).as_millis();
        assert_eq!([ms(1), ms(1023), ms(1024), ms(102_400)], [1, 1, 2, 101]);
    }
}
