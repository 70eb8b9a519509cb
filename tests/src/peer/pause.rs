//! Waiting to the microsecond: a moment in, a return at that moment.

use std::hint;
use std::thread;
use std::time::{Duration, Instant};

/// A sleep ends later than asked for, by less than this on a machine that is not overloaded.
const SLEEP_ERROR: Duration = Duration::from_millis(1);

/// Returns at `moment`.
pub fn until(moment: Instant) {
    let early = moment.saturating_duration_since(Instant::now()).saturating_sub(SLEEP_ERROR);
    if !early.is_zero() {
        thread::sleep(early);
    }
    while Instant::now() < moment {
        hint::spin_loop();
    }
}
