//! Whether what the observer says of traffic is what replay says of a recording of the same.

use std::collections::BTreeMap;
use std::net::TcpListener;

use anyhow::{Result, bail, ensure};

use super::{RECORDED_PORT, await_until, facts, recorded};
use crate::binary;
use crate::oracle::{Metrics, Observing};
use crate::resent::Resent;
use crate::traffic::Pair;

/// Sends what these captures hold over real connections, and compares what the observer prints.
pub fn check(captures: &[String]) -> Result<String> {
    let replayed = facts::of(&replay(captures)?, &BTreeMap::new())?;
    let (port, listener) = Pair::listen("127.0.0.1");
    let observing = Observing::start_with(&[port], &[])?;
    let origins = resend(captures, &listener)?;
    let is_told = |metrics: Metrics| {
        let ended = metrics.sum("request_outcomes_total", "");
        ended == replayed.len() as u64 && metrics.sum("tcp_rtt_seconds_count", "") > 0
    };
    await_until("as many exchanges as were recorded have ended, and sockets have told", || {
        // While it is busy, a slow one may not answer in time.
        Ok(observing.metrics().is_ok_and(is_told))
    })?;
    let live = observing.stop()?;
    let observed = facts::of(&live.printed, &origins)?;
    let differing = observed.iter().zip(&replayed).find(|(live, replayed)| live != replayed);
    if let Some((live, replayed)) = differing {
        bail!("the observer says {live}, replay {replayed}");
    }
    let (here, there) = (observed.len(), replayed.len());
    ensure!(here == there && here > 0, "{here} exchanges, {there} of replay");
    live.metrics.check_balance()?;
    live.metrics.check_nothing_lost()?;
    let fell = live.metrics.sum("capture_out_of_step_total", "");
    ensure!(fell == 0, "{fell} times a direction lost the step, and was copied whole");
    let bytes = live.metrics.sum("stream_payload_bytes_total", "");
    Ok(format!("{here} exchanges in {bytes} bytes, as replay has them; both ledgers balance"))
}

fn replay(captures: &[String]) -> Result<Vec<u8>> {
    let port = RECORDED_PORT.to_string();
    let flags = ["replay", "--ports", &port, "-o", "json"];
    binary::printed(flags.into_iter().chain(captures.iter().map(String::as_str)))
}

/// Every connection stays open to the end, as in a replay: what is in flight then may have learned
/// from the others.
fn resend(
    captures: &[String],
    listener: &TcpListener,
) -> Result<BTreeMap<[String; 2], [String; 2]>> {
    let recorded = recorded(captures)?;
    let resent: Vec<_> = recorded.iter().map(|recorded| recorded.resend(listener)).collect();
    let origins = resent.iter().flat_map(Resent::origins).collect();
    resent.into_iter().for_each(Resent::close);
    Ok(origins)
}
