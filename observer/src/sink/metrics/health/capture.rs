//! The capture's own state as metrics.

use prometheus::proto::{Metric, MetricFamily};

use super::{counter, gauge, presence, sample, value};

/// The capture's own counters. Bytes are TCP payload by its length on the wire.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CaptureStats {
    /// Bytes seen at the hooks.
    pub seen_bytes: u64,
    /// Of these, bytes that were not delivered, by reason.
    pub lost_bytes: Vec<(&'static str, u64)>,
    /// Of these, bytes that were counted only, as not Kafka or encrypted.
    pub count_only_bytes: u64,
    /// Of these, bytes that came before, and were not copied again.
    pub duplicate_bytes: u64,
    /// Directions that fell out of step, by reason.
    pub falls: Vec<(&'static str, u64)>,
    /// Directions that were in step again.
    pub resumes: u64,
    /// Records written to the ring.
    pub records: u64,
    /// Bytes copied into the ring.
    pub copied_bytes: u64,
    /// Bytes of the ring that records took, with all that stands before and between what was copied.
    pub ring_bytes: u64,
    /// Bytes that another hook shows; in no other number.
    pub foreign_bytes: u64,
    /// Records of sockets' lives, by what became of them.
    pub socket_records: Vec<(&'static str, u64)>,
    /// Packets that could not be read, by reason; their payload is in no other number.
    pub skipped_packets: Vec<(&'static str, u64)>,
    /// Ports that are watched now.
    pub watched_ports: usize,
    /// Times that they were read again, by what came of it.
    pub port_reloads: Vec<(&'static str, u64)>,
    /// Times that hooks of an interface, or that of sockets, were found to be detached.
    pub detached: u64,
    /// Hooks that are attached now, or lacking.
    pub hooks: Vec<Hook>,
    /// How bytes are captured.
    pub mode: &'static str,
    /// Why they are captured so.
    pub mode_reason: String,
}

/// A place where packets are seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hook {
    /// Network interface; `cgroup` for that of sockets.
    pub interface: String,
    /// Direction of the packets, ingress or egress; or `sockops`.
    pub hook: &'static str,
    /// Whether it is attached.
    pub is_attached: bool,
}

impl CaptureStats {
    /// Bytes that no record tells of.
    pub(super) fn settled(&self) -> u64 {
        self.count_only_bytes.saturating_add(self.duplicate_bytes).saturating_add(self.lost())
    }

    pub(super) fn lost(&self) -> u64 {
        self.lost_bytes.iter().map(|(_, bytes)| bytes).sum()
    }

    pub(super) fn families(&self) -> Vec<MetricFamily> {
        let mut families = Vec::from(self.of_records());
        families.extend(self.of_directions());
        families.extend(self.of_configuration());
        families
    }

    /// What became of packets.
    fn of_records(&self) -> [MetricFamily; 7] {
        [
            counter(
                "capture_records_total",
                "Records that the kernel wrote to the ring.",
                vec![sample(&[], self.records)],
            ),
            counter(
                "capture_copied_bytes_total",
                "Payload bytes that the kernel copied into the ring.",
                vec![sample(&[], self.copied_bytes)],
            ),
            counter(
                "capture_ring_bytes_total",
                "Bytes of the ring that records took, headers included.",
                vec![sample(&[], self.ring_bytes)],
            ),
            counter(
                "capture_lost_bytes_total",
                "Payload bytes seen at a hook and not delivered, by why.",
                by("reason", &self.lost_bytes),
            ),
            counter(
                "capture_foreign_bytes_total",
                "Payload bytes at a hook that another hook shows as well, and that count there.",
                vec![sample(&[], self.foreign_bytes)],
            ),
            counter(
                "capture_socket_records_total",
                "Records of sockets' opening, closing and round-trip times, by what became of them.",
                by("fate", &self.socket_records),
            ),
            counter(
                "capture_skipped_packets_total",
                "Packets at a hook whose payload could not be found, by why.",
                by("reason", &self.skipped_packets),
            ),
        ]
    }

    /// What became of directions of connections.
    fn of_directions(&self) -> [MetricFamily; 2] {
        [
            counter(
                "capture_out_of_step_total",
                "Directions whose frames the kernel lost, so that it copies them whole, by why.",
                by("reason", &self.falls),
            ),
            counter(
                "capture_resumed_total",
                "Directions whose frames the kernel follows again.",
                vec![sample(&[], self.resumes)],
            ),
        ]
    }

    /// What is watched, and how.
    fn of_configuration(&self) -> [MetricFamily; 5] {
        let hooks = self.hooks.iter().map(|Hook { interface, hook, is_attached }| {
            value(&[("interface", interface), ("hook", hook)], f64::from(u8::from(*is_attached)))
        });
        let mode = presence(&[("mode", self.mode), ("reason", &self.mode_reason)]);
        [
            gauge(
                "watched_ports",
                "Ports on which brokers listen that are watched.",
                vec![value(&[], self.watched_ports as f64)],
            ),
            counter(
                "port_reloads_total",
                "Times that the file of ports was read again, by what came of it.",
                by("result", &self.port_reloads),
            ),
            gauge(
                "interface_attached",
                "1 for each hook that is attached, 0 where that of sockets is lacking.",
                hooks.collect(),
            ),
            counter(
                "interface_detached_total",
                "Times that an interface, or the cgroup root, was found without a hook that somebody had detached.",
                vec![sample(&[], self.detached)],
            ),
            gauge("capture_mode", "1 for how bytes are captured, and why so.", vec![mode]),
        ]
    }
}

fn by(label: &str, counts: &[(&'static str, u64)]) -> Vec<Metric> {
    counts.iter().map(|(value, n)| sample(&[(label, value)], *n)).collect()
}
