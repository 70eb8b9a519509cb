//! The sieve comes and goes while a load runs: the broker and a command for its clients in; how much of
//! the throughput is left with it, again and again, out.
//!
//! A machine's speed drifts by more in a minute than the sieve costs. Here what is compared lies seconds
//! apart: each time with it is held against the times without it just before and behind.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use super::client::{Client, Traffic};
use super::contestant::{Contestant, Place};

/// What is measured at once.
const SLICE: Duration = Duration::from_millis(1500);
/// What starting and ending it disturb.
const SETTLE: Duration = Duration::from_millis(300);
/// Until clients have started.
const START: Duration = Duration::from_secs(2);

/// Lets the clients do what they are told; the throughputs with it as shares of those without.
pub fn switch(place: &Place, client: &mut Client, command: &str) -> Result<(Traffic, Vec<f64>)> {
    thread::scope(|scope| {
        let traffic = scope.spawn(|| client.run(command));
        thread::sleep(START);
        let mut speeds = Vec::new();
        while !traffic.is_finished() {
            let is_with = speeds.len() % 2 == 1;
            let contestant = if is_with { Contestant::Sieve } else { Contestant::None };
            let running = contestant.start(place)?;
            thread::sleep(SETTLE);
            speeds.push(speed()?);
            running.finish()?;
        }
        // The clients may have ended within the last one.
        speeds.pop();
        let traffic = traffic.join().ok().context("the thread of the clients panicked")??;
        Ok((traffic, shares(&speeds)))
    })
}

/// Each with it as a share of the mean of its neighbours; the first is without.
fn shares(speeds: &[f64]) -> Vec<f64> {
    let pairs = speeds.windows(3).step_by(2);
    let share = |three: &[f64]| match three {
        [before, with, behind] => Some(with / f64::midpoint(*before, *behind)),
        _ => None,
    };
    pairs.filter_map(share).collect()
}

/// Bytes a second on the loopback.
fn speed() -> Result<f64> {
    let (start, before) = (Instant::now(), loopback()?);
    thread::sleep(SLICE);
    let bytes = loopback()?.saturating_sub(before);
    Ok(bytes as f64 / start.elapsed().as_secs_f64())
}

fn loopback() -> Result<u64> {
    let path = "/sys/class/net/lo/statistics/tx_bytes";
    let text = fs::read_to_string(path).with_context(|| format!("{path} cannot be read"))?;
    text.trim().parse().with_context(|| format!("{path} is odd"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_held_against_its_neighbours() {
        assert_eq!(shares(&[10.0, 9.0, 8.0, 6.0, 4.0]), [1.0, 1.0]);
        assert_eq!(shares(&[10.0, 8.0, 6.0, 5.0]), [1.0]);
        assert!(shares(&[10.0, 8.0]).is_empty());
    }
}
