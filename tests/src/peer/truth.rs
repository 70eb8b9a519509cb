//! What the peers' stamps say of each exchange, as metrics define its times.

use std::time::Duration;

use super::{Span, Written};

/// The true times of one exchange.
#[derive(Clone, Copy, Debug)]
pub struct Truth {
    /// Correlation id.
    pub correlation_id: i32,
    /// Response's last byte minus request's first.
    pub duration: Interval,
    /// Previous response's last byte minus this request's last, or zero.
    pub wait: Interval,
    /// Response's first byte minus the later of these two.
    pub broker_time: Interval,
}

/// A duration between two bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interval {
    /// At least this.
    pub low: Duration,
    /// At most this.
    pub high: Duration,
}

impl Interval {
    /// How much is not known.
    pub fn width(&self) -> Duration {
        self.high.saturating_sub(self.low)
    }

    /// Whether a measured time is the true one, give or take a part of it and a fixed time.
    pub fn admits(&self, measured: Duration, part: f64, fixed: Duration) -> bool {
        let low = self.low.mul_f64(1.0 - part).saturating_sub(fixed);
        let high = self.high.mul_f64(1.0 + part) + fixed;
        (low..=high).contains(&measured)
    }

    /// Time from one write to a later one; zero where it was not later.
    fn between(from: Span, to: Span) -> Self {
        Self {
            low: to.before.saturating_duration_since(from.after),
            high: to.after.saturating_duration_since(from.before),
        }
    }
}

/// Pairs requests with responses, both in order.
pub fn of(requests: &[Written], responses: &[Written]) -> Vec<Truth> {
    let previous = [None].into_iter().chain(responses.iter().map(Some));
    (0..)
        .zip(requests)
        .zip(responses)
        .zip(previous)
        .map(|(((correlation_id, request), response), previous)| {
            let start = previous.map_or(request.last, |p| later(request.last, p.last));
            let nothing = Interval { low: Duration::ZERO, high: Duration::ZERO };
            Truth {
                correlation_id,
                duration: Interval::between(request.first, response.last),
                wait: previous.map_or(nothing, |p| Interval::between(request.last, p.last)),
                broker_time: Interval::between(start, response.first),
            }
        })
        .collect()
}

/// When both have happened.
fn later(one: Span, other: Span) -> Span {
    Span { before: one.before.max(other.before), after: one.after.max(other.after) }
}
