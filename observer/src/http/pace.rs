//! How often the counting thread is rung for: whoever scrapes in a loop is not to keep it from its work.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// Time between two rings, at least.
const BETWEEN: Duration = Duration::from_millis(100);

/// When it was last rung.
#[derive(Default)]
pub struct Pace(Mutex<Option<Instant>>);

impl Pace {
    /// Rings, at once where that is not too soon. Of several that wait one rings, for all of them.
    pub async fn ring(&self, ring: &(dyn Fn() + Send + Sync)) {
        let asked = Instant::now();
        if let Some(last) = self.last() {
            sleep_until(last + BETWEEN).await;
        }
        if self.is_first(asked) {
            ring();
        }
    }

    fn last(&self) -> Option<Instant> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether nobody has rung since this moment; whoever is told so does.
    fn is_first(&self, asked: Instant) -> bool {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_first = last.is_none_or(|last| last <= asked);
        if is_first {
            *last = Some(Instant::now());
        }
        is_first
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn whoever_asks_again_and_again_waits_between() {
        let (pace, times) = (Pace::default(), AtomicU32::new(0));
        let began = Instant::now();
        let ring = || {
            times.fetch_add(1, Ordering::Relaxed);
        };
        pace.ring(&ring).await;
        assert_eq!(began.elapsed(), Duration::ZERO, "the first does not wait");
        for _ in 0..3 {
            pace.ring(&ring).await;
        }
        assert_eq!(times.load(Ordering::Relaxed), 4);
        assert!(began.elapsed() >= 3 * BETWEEN, "{:?}", began.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn of_several_that_wait_one_rings() {
        let (pace, times) = (Pace::default(), AtomicU32::new(0));
        let ring = || {
            times.fetch_add(1, Ordering::Relaxed);
        };
        pace.ring(&ring).await;
        tokio::join!(pace.ring(&ring), pace.ring(&ring), pace.ring(&ring));
        assert_eq!(times.load(Ordering::Relaxed), 2);
    }
}
