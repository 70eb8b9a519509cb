//! The bounded tables: how many evictions each has seen.

/// A table with a cap.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Table {
    /// Connections followed.
    Connections,
    /// Requests in flight.
    Inflight,
    /// Bytes held for reassembly and synchronisation.
    Buffers,
    /// Topics whose ids are known.
    TopicIds,
    /// Clients whose group is known.
    GroupClients,
}

impl Table {
    /// All tables.
    pub const ALL: [Self; 5] =
        [Self::Connections, Self::Inflight, Self::Buffers, Self::TopicIds, Self::GroupClients];

    /// The label value.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Connections => "connections",
            Self::Inflight => "inflight",
            Self::Buffers => "buffers",
            Self::TopicIds => "topic_ids",
            Self::GroupClients => "group_clients",
        }
    }
}

/// Evictions by table, in the order of [`Table::ALL`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Evictions(pub [u64; Table::ALL.len()]);

impl Evictions {
    /// Counts one.
    pub fn count(&mut self, table: Table) {
        if let Some(count) = self.0.get_mut(table as usize) {
            *count = count.saturating_add(1);
        }
    }
}
