//! One run: what was measured, and what follows from that.

use serde::{Deserialize, Serialize};

use super::contestant::Contestant;
use super::decode::Decoded;
use super::load::Load;
use super::metrics::Captured;

/// What a run is of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// What the clients did.
    pub load: Load,
    /// Who watched.
    pub contestant: Contestant,
    /// In which pass, from 0 on.
    pub pass: u32,
    /// Whether it was a small one.
    pub quick: bool,
    /// What was measured: a hash of our binary.
    pub subject: String,
}

/// A run and what it took. Times are in seconds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// What it is of.
    pub job: Job,
    /// Records a second that were asked for; 0 for as many as can be.
    pub rate: u32,
    /// Whether the broker's cost was still changing when the load's runs began. Older files do not say.
    #[serde(default)]
    pub unsteady: bool,
    /// TCP payload between broker and clients, both ways.
    pub wire_bytes: u64,
    /// Requests of the clients.
    pub requests: u64,
    /// From the first record to the last acknowledgment.
    pub seconds: f64,
    /// Milliseconds that 50, 99 and 99.9 % of the records did not exceed, of a paced load.
    pub latency_ms: Option<[f64; 3]>,
    /// Processor time of the broker.
    pub broker_cpu: f64,
    /// Processor time of the contestant's process.
    pub process_cpu: f64,
    /// Run time of the contestant's BPF programs.
    pub kernel_cpu: Option<f64>,
    /// What the contestant captured, where it says so.
    pub captured: Option<Captured>,
    /// The most memory the contestant's process had, in bytes.
    pub peak_memory: Option<u64>,
    /// Packets that the contestant lost, where it says so.
    pub dropped_packets: Option<u64>,
    /// Throughputs as shares of those just before and behind, without the contestant, where it came and
    /// went.
    pub throughput: Option<Vec<f64>>,
    /// What decoding the traffic took afterwards.
    pub decoded: Option<Decoded>,
}

impl Run {
    /// Processor time that the contestant cost.
    pub fn cost(&self) -> f64 {
        match self.decoded {
            Some(decoded) => decoded.tshark,
            None => self.process_cpu + self.kernel_cpu.unwrap_or(0.0),
        }
    }

    /// 10^9 bytes of TCP payload.
    pub fn gigabytes(&self) -> f64 {
        self.wire_bytes as f64 / 1e9
    }

    /// A million requests.
    pub fn million_requests(&self) -> f64 {
        self.requests as f64 / 1e6
    }

    /// The contestant's cost as a share of the broker's own.
    pub fn broker_share(&self) -> f64 {
        self.cost() / self.broker_cpu
    }

    /// Bytes of the ring for each byte on the wire.
    pub fn ring_share(&self) -> Option<f64> {
        let captured = self.captured?;
        Some(captured.ring as f64 / captured.seen as f64)
    }

    /// What was lost: payload bytes, those that no hook saw included; or packets.
    pub fn lost(&self) -> Option<u64> {
        let bytes = self.captured.map(|captured| {
            let unseen = self.wire_bytes.saturating_sub(captured.seen);
            captured.lost + captured.gaps + unseen
        });
        bytes.or(self.dropped_packets)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A run of 1 GB and a million requests in ten seconds, for which the broker took ten more.
    pub(in super::super) fn run(load: Load, contestant: Contestant, pass: u32, cost: f64) -> Run {
        let job = Job { load, contestant, pass, quick: false, subject: "s".to_owned() };
        Run {
            job,
            rate: 0,
            unsteady: false,
            wire_bytes: 1_000_000_000,
            requests: 1_000_000,
            seconds: 10.0,
            latency_ms: None,
            broker_cpu: 10.0,
            process_cpu: cost,
            kernel_cpu: None,
            captured: None,
            peak_memory: None,
            dropped_packets: None,
            throughput: None,
            decoded: None,
        }
    }

    #[test]
    fn what_runs_in_the_kernel_costs_too() {
        let mut run = run(Load::Record, Contestant::Sieve, 0, 0.25);
        run.kernel_cpu = Some(0.75);
        assert_eq!((run.cost(), run.broker_share()), (1.0, 0.1));
    }

    #[test]
    fn a_decoder_costs_what_decoding_takes() {
        let mut run = run(Load::Record, Contestant::Tshark, 0, 0.25);
        run.decoded = Some(Decoded { tshark: 60.0, replay: 1.0 });
        assert!((run.cost() - 60.0).abs() < 1e-9);
    }

    #[test]
    fn gaps_and_what_no_hook_saw_are_losses() {
        let mut run = run(Load::Record, Contestant::Sieve, 0, 0.25);
        assert_eq!(run.lost(), None);
        let seen = run.wire_bytes + 100;
        let captured = Captured { seen, lost: 2, gaps: 3, ..Captured::default() };
        run.captured = Some(captured);
        assert_eq!(run.lost(), Some(5));
        run.captured = Some(Captured { seen: run.wire_bytes - 10, ..captured });
        assert_eq!(run.lost(), Some(15));
        run.captured = None;
        run.dropped_packets = Some(7);
        assert_eq!(run.lost(), Some(7));
    }
}
