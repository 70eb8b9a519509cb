//! What is left of an observer that is killed.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;

use anyhow::{Result, ensure};

use super::attached::{self, How};
use super::{await_until, recorded};
use crate::binary;
use crate::oracle::{Metrics, Observing};
use crate::traffic::Pair;

/// Kills it while connections come, carry bytes and go, which they still do afterwards.
pub fn check(captures: &[String]) -> Result<String> {
    let (port, listener) = Pair::listen("127.0.0.1");
    let recorded = recorded(captures)?;
    let observing = Observing::start_with(&[port], &[])?;
    let (rounds, stop) = (AtomicU32::new(0), AtomicBool::new(false));
    thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(Ordering::Relaxed) {
                for recorded in &recorded {
                    recorded.resend(&listener).close();
                }
                rounds.fetch_add(1, Ordering::Relaxed);
            }
        });
        let outcome = kill(observing, &rounds);
        stop.store(true, Ordering::Relaxed);
        outcome
    })
}

fn kill(observing: Observing, rounds: &AtomicU32) -> Result<String> {
    // While it is busy, a slow one may not answer in time.
    let is_observed = |metrics: Metrics| metrics.sum("request_outcomes_total", "") > 0;
    await_until("traffic is observed", || Ok(observing.metrics().is_ok_and(is_observed)))?;
    observing.kill()?;
    let then = rounds.load(Ordering::Relaxed);
    // One round may have been almost over when it was killed.
    let since = || rounds.load(Ordering::Relaxed) - then;
    await_until("traffic goes on", || Ok(since() >= 2))?;
    Ok(format!("{} more rounds of traffic", since()))
}

/// Behind [`check`]: with clsact a filter is left, which a cleanup removes; with tcx there is nothing.
pub fn check_cleaned_up() -> Result<String> {
    let how = How::of_this_kernel()?;
    if how == How::Clsact {
        let left = how.count()?;
        ensure!(left == 1, "{left} filters were left, not the 1 that outlives its process");
        let said = cleanup()?;
        ensure!(said == "removed leftovers from 1 place\n", "cleanup says: {said}");
    }
    await_until("nothing is left", attached::is_nothing)?;
    let said = cleanup()?;
    ensure!(said == "nothing was left attached\n", "cleanup says: {said}");
    Ok(match how {
        How::Clsact => "one filter was left, and removed with its qdisc".to_owned(),
        How::Tcx => "nothing was left".to_owned(),
    })
}

fn cleanup() -> Result<String> {
    Ok(String::from_utf8(binary::printed(["cleanup"])?)?)
}
