//! The times of an exchange, from the packets that carried its first and last bytes.

use std::time::Duration;

use crate::frame::Before;
use crate::time::Timestamp;

/// When an exchange's bytes passed; `None` where a byte was not seen, or has no time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moments {
    pub(super) request_first: Option<Timestamp>,
    pub(super) request_last: Option<Timestamp>,
    pub(super) response_first: Option<Timestamp>,
    pub(super) response_last: Option<Timestamp>,
    /// The frame before the response.
    pub(super) before: Before,
}

impl Moments {
    /// Response's last byte minus request's first byte.
    pub(super) fn duration(&self) -> Option<Duration> {
        self.response_last?.checked_since(self.request_first?)
    }

    /// Response's last byte minus request's last byte.
    pub(super) fn answer_time(&self) -> Option<Duration> {
        Some(self.response_last?.since(self.request_last?))
    }

    /// A broker serves one request of a connection at a time: the time behind the one before.
    pub(super) fn wait(&self) -> Option<Duration> {
        self.wait_ns().map(Duration::from_nanos)
    }

    /// Response's first byte minus request's last byte minus the wait.
    pub(super) fn broker_time(&self) -> Option<Duration> {
        let answered = self.response_first?.0.checked_sub(self.request_last?.0)?;
        Some(Duration::from_nanos(answered.saturating_sub(self.wait_ns()?)))
    }

    fn wait_ns(&self) -> Option<u64> {
        match self.before {
            Before::Start => Some(0),
            Before::Seen(previous) => Some(previous.0.saturating_sub(self.request_last?.0)),
            Before::Unseen => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(n: u64) -> Timestamp {
        Timestamp(n * 1_000_000)
    }

    fn moments(before: Before) -> Moments {
        Moments {
            request_first: Some(ms(10)),
            request_last: Some(ms(12)),
            response_first: Some(ms(50)),
            response_last: Some(ms(55)),
            before,
        }
    }

    #[test]
    fn a_first_request_does_not_wait() {
        let first = moments(Before::Start);
        assert_eq!(first.duration(), Some(Duration::from_millis(45)));
        assert_eq!(first.answer_time(), Some(Duration::from_millis(43)));
        assert_eq!(first.wait(), Some(Duration::ZERO));
        assert_eq!(first.broker_time(), Some(Duration::from_millis(38)));
    }

    #[test]
    fn the_wait_behind_an_earlier_response_is_not_the_brokers_time() {
        let queued = moments(Before::Seen(ms(42)));
        assert_eq!(queued.wait(), Some(Duration::from_millis(30)));
        assert_eq!(queued.broker_time(), Some(Duration::from_millis(8)));
        let idle = moments(Before::Seen(ms(5)));
        assert_eq!(idle.wait(), Some(Duration::ZERO));
    }

    #[test]
    fn clocks_that_contradict_each_other_give_no_time() {
        let odd = Moments {
            response_first: Some(ms(9)),
            response_last: Some(ms(9)),
            ..moments(Before::Start)
        };
        assert_eq!((odd.duration(), odd.broker_time()), (None, None));
    }

    #[test]
    fn what_was_not_seen_is_null() {
        let joined = moments(Before::Unseen);
        assert_eq!((joined.wait(), joined.broker_time()), (None, None));
        let cut = Moments { response_last: None, ..moments(Before::Start) };
        assert_eq!((cut.duration(), cut.wait()), (None, Some(Duration::ZERO)));
        let cut = Moments { request_last: None, ..moments(Before::Seen(ms(42))) };
        assert_eq!((cut.wait(), cut.broker_time()), (None, None));
    }
}
