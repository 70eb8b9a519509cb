//! The clock that timers go by: the times of inputs go in, a time that never goes back comes out.
//!
//! A packet's time may be absent or wrong, and one that lies far from those before it must neither
//! expire what is waiting nor stop the clock. So it moves the clock only when others follow it: a
//! pause in the traffic, or in the capture, is believed a few packets later.

use crate::input::Segment;
use crate::time::{Timestamp, WallClock};

/// How far one packet may move the clock: a minute, in nanoseconds.
const STRIDE_NS: u64 = 60_000_000_000;
/// Packets in a row that make a longer leap believed.
const WITNESSES: u8 = 8;

/// Elapsed time, counted from the first time that was told.
#[derive(Debug, Default)]
pub(super) struct Clock {
    now: Timestamp,
    /// The source's time that `now` stands for.
    told: Option<Timestamp>,
    leap: Option<Leap>,
    /// For times that people read; no timer goes by it.
    pub(super) wall: WallClock,
}

/// Times further from `told` than a stride.
#[derive(Clone, Copy, Debug)]
struct Leap {
    /// The one nearest to it.
    to: Timestamp,
    is_forward: bool,
    witnesses: u8,
}

impl Clock {
    /// What it shows.
    pub(super) const fn now(&self) -> Timestamp {
        self.now
    }

    /// The source says how late it is; a little earlier than a packet that it has told of is no news, and
    /// going back to there would count that time twice.
    pub(super) fn set(&mut self, time: Timestamp) {
        let Some(told) = self.told else {
            self.now = time;
            self.told = Some(time);
            return;
        };
        if (1..=STRIDE_NS).contains(&told.0.saturating_sub(time.0)) {
            return;
        }
        self.go_on(told, time);
    }

    fn go_on(&mut self, told: Timestamp, time: Timestamp) {
        self.now = Timestamp(self.now.0.saturating_add(time.0.saturating_sub(told.0)));
        self.told = Some(time);
        self.leap = None;
    }

    /// A segment passed, which has a time or has none; of a packet in several, the first one counts.
    #[inline]
    pub(super) fn pass_segment(&mut self, segment: &Segment<'_>) {
        if let Segment { time: Some(time), is_first: true, .. } = *segment {
            self.pass(time);
        }
    }

    /// A packet with this time passed.
    pub(super) fn pass(&mut self, time: Timestamp) {
        let Some(told) = self.told else {
            return self.set(time);
        };
        if time.0.abs_diff(told.0) <= STRIDE_NS {
            self.go_on(told, time.max(told));
        } else if let Some(believed) = self.witness(time, time > told) {
            self.set(believed);
        }
    }

    /// Counts a packet that lies beyond a stride; where to go when there are enough.
    fn witness(&mut self, time: Timestamp, is_forward: bool) -> Option<Timestamp> {
        let leap = match self.leap {
            Some(leap) if leap.is_forward == is_forward => Leap {
                to: if is_forward { leap.to.min(time) } else { leap.to.max(time) },
                witnesses: leap.witnesses.saturating_add(1),
                is_forward,
            },
            _ => Leap { to: time, is_forward, witnesses: 1 },
        };
        self.leap = Some(leap);
        (leap.witnesses >= WITNESSES).then_some(leap.to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: u64 = 86_400;

    const fn s(n: u64) -> Timestamp {
        Timestamp(n * 1_000_000_000)
    }

    /// What the clock shows after each of these, in seconds.
    fn shown(clock: &mut Clock, times: impl IntoIterator<Item = u64>) -> Vec<u64> {
        let pass = |time| {
            clock.pass(s(time));
            clock.now().0 / 1_000_000_000
        };
        times.into_iter().map(pass).collect()
    }

    #[test]
    fn it_goes_with_the_packets_and_never_back() {
        let mut clock = Clock::default();
        assert_eq!(
            shown(&mut clock, [1000, 1003, 1001, 1030, 1090]),
            [1000, 1003, 1003, 1030, 1090]
        );
    }

    #[test]
    fn strays_do_not_move_it() {
        let mut clock = Clock::default();
        let strays = [1000, 100 * DAY, 100 * DAY, 0, 100 * DAY, 1001, 0, 1, 2, 1002];
        let expected = [1000, 1000, 1000, 1000, 1000, 1001, 1001, 1001, 1001, 1002];
        assert_eq!(shown(&mut clock, strays), expected);
        let often = (0..100).flat_map(|n| [100 * DAY + n, 1002]);
        assert!(shown(&mut clock, often).iter().all(|now| *now == 1002));
    }

    #[test]
    fn a_pause_is_believed_when_packets_follow_it() {
        let mut clock = Clock::default();
        let after = [1000, 5000, 5001, 5002, 5003, 5004, 5005, 5006, 5007, 5008];
        assert_eq!(shown(&mut clock, after)[8..], [5000, 5008]);
        // A packet every five minutes.
        let sparse = (1..=17).map(|n| 5008 + n * 300);
        assert_eq!(shown(&mut clock, sparse)[15..], [5008 + 9 * 300, 5008 + 9 * 300]);
    }

    #[test]
    fn a_capture_of_an_earlier_day_goes_on_from_there() {
        let mut clock = Clock::default();
        shown(&mut clock, [9 * DAY]);
        assert_eq!(shown(&mut clock, 5..15)[7..], [9 * DAY, 9 * DAY + 1, 9 * DAY + 2]);
    }

    #[test]
    fn it_does_not_run_ahead_where_the_source_lags_behind_its_packets() {
        let mut clock = Clock::default();
        for second in 1000..2000 {
            clock.pass(s(second));
            clock.set(s(second - 1));
            assert_eq!(clock.now(), s(second));
        }
    }

    #[test]
    fn the_source_is_believed_at_once() {
        let mut clock = Clock::default();
        for (time, now) in [(1000, 1000), (5000, 5000), (100, 5000), (107, 5007)] {
            clock.set(s(time));
            assert_eq!(clock.now(), s(now));
        }
    }
}
