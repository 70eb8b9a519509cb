//! Runs in; for each load and contestant one row of medians, with their spread, out.

use serde::{Deserialize, Serialize};

use super::contestant::Contestant;
use super::load::Load;
use super::run::Run;
use super::spread::Spread;

/// What the runs of a contestant under a load gave.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// The load.
    pub load: Load,
    /// The contestant.
    pub contestant: Contestant,
    /// Number of runs.
    pub runs: usize,
    /// Core-seconds that it cost for each GB of TCP payload.
    pub cost_per_gb: Spread,
    /// Core-seconds that it cost for each million requests.
    pub cost_per_million_requests: Spread,
    /// Its cost as a share of the broker's.
    pub broker_share: Spread,
    /// Core-seconds of the broker for each GB.
    pub broker_per_gb: Spread,
    /// Bytes of the ring for each byte on the wire.
    pub ring_share: Option<Spread>,
    /// MB of TCP payload a second.
    pub mb_per_second: Spread,
    /// Milliseconds that 50, 99 and 99.9 % of the records did not exceed.
    pub latency_ms: Option<[Spread; 3]>,
    /// The most memory it had, in MiB.
    pub peak_memory_mib: Option<Spread>,
    /// How many times faster kafka-observer decoded a capture than tshark.
    pub times_tshark: Option<Spread>,
    /// What it lost in all runs: payload bytes of an observer, packets of others.
    pub lost: Option<u64>,
}

/// A row for each load and contestant with runs, in the order of their lists.
pub fn rows(runs: &[Run]) -> Vec<Row> {
    // What comes and goes says only what that does to throughput.
    let costs = runs.iter().filter(|run| run.throughput.is_none());
    let mut pairs: Vec<_> = costs.map(|run| (run.job.load, run.job.contestant)).collect();
    pairs.sort();
    pairs.dedup();
    pairs.into_iter().filter_map(|(load, contestant)| row(load, contestant, runs)).collect()
}

/// The row of a load and contestant.
pub fn find(rows: &[Row], load: Load, contestant: Contestant) -> Option<&Row> {
    rows.iter().find(|row| row.load == load && row.contestant == contestant)
}

fn row(load: Load, contestant: Contestant, runs: &[Run]) -> Option<Row> {
    let is_its = |run: &&Run| run.job.load == load && run.job.contestant == contestant;
    let runs: Vec<_> = runs.iter().filter(is_its).collect();
    let of = |value: fn(&Run) -> f64| Spread::of(runs.iter().map(|run| value(run)));
    let some =
        |value: fn(&Run) -> Option<f64>| Spread::of(runs.iter().filter_map(|run| value(run)));
    let lost: Vec<_> = runs.iter().filter_map(|run| run.lost()).collect();
    Some(Row {
        load,
        contestant,
        runs: runs.len(),
        cost_per_gb: of(|run| run.cost() / run.gigabytes())?,
        cost_per_million_requests: of(|run| run.cost() / run.million_requests())?,
        broker_share: of(Run::broker_share)?,
        broker_per_gb: of(|run| run.broker_cpu / run.gigabytes())?,
        ring_share: some(Run::ring_share),
        mb_per_second: of(|run| run.wire_bytes as f64 / 1e6 / run.seconds)?,
        latency_ms: latency(&runs),
        peak_memory_mib: some(|run| Some(run.peak_memory? as f64 / f64::from(1 << 20))),
        times_tshark: some(|run| run.decoded.map(|decoded| decoded.tshark / decoded.replay)),
        lost: (!lost.is_empty()).then(|| lost.iter().sum()),
    })
}

fn latency(runs: &[&Run]) -> Option<[Spread; 3]> {
    let of = |which: fn([f64; 3]) -> f64| {
        Spread::of(runs.iter().filter_map(|run| run.latency_ms).map(which))
    };
    Some([of(|[half, ..]| half)?, of(|[_, most, _]| most)?, of(|[.., nearly_all]| nearly_all)?])
}

#[cfg(test)]
mod tests {
    use super::super::run::tests::run;
    use super::*;

    #[test]
    fn runs_of_a_kind_become_a_row() {
        let runs = [
            run(Load::Fetch, Contestant::Sieve, 0, 0.1),
            run(Load::Record, Contestant::Sieve, 0, 1.0),
            run(Load::Record, Contestant::None, 0, 0.0),
            run(Load::Record, Contestant::Sieve, 1, 3.0),
            run(Load::Record, Contestant::Sieve, 2, 1.5),
        ];
        let rows = rows(&runs);
        let order: Vec<_> = rows.iter().map(|row| (row.load, row.contestant, row.runs)).collect();
        let expected = [
            (Load::Record, Contestant::None, 1),
            (Load::Record, Contestant::Sieve, 3),
            (Load::Fetch, Contestant::Sieve, 1),
        ];
        assert_eq!(order, expected);
        let row = find(&rows, Load::Record, Contestant::Sieve).expect("a row");
        assert_eq!(row.cost_per_gb, Spread { median: 1.5, low: 1.0, high: 3.0 });
        assert_eq!((row.broker_share.median, row.mb_per_second.median), (0.15, 100.0));
        assert_eq!((row.lost, row.latency_ms), (None, None));
    }
}
