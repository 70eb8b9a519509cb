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
    /// Fetch sessions.
    FetchSessions,
    /// Clients whose group is known.
    GroupClients,
    /// Groups.
    Groups,
    /// Members of groups.
    GroupMembers,
    /// Partitions of which a group's offset is known.
    GroupPartitions,
    /// Partitions whose high watermark is known.
    Watermarks,
    /// Offsets that wait for the end of their transaction.
    PendingOffsets,
    /// Topics, partitions, groups, members and errors of one message.
    MessageFacts,
    /// Brokers whose cluster is known, and clusters.
    BrokerClusters,
    /// Directions of connections of which it is known which hook, or interface of a capture, shows them.
    FlowOwners,
    /// What the kernel is asked to do with directions of connections.
    Orders,
    /// Sockets whose retransmissions the kernel programs remember.
    Sockets,
    /// Brokers told from clients, and requests whose sender has not shown which it is.
    Senders,
    /// Ids of requests that ended without an answer, for which one may still come.
    Unanswered,
    /// Responses that came before their requests were whole.
    EarlyResponses,
}

impl Table {
    /// All tables.
    pub const ALL: [Self; 19] = [
        Self::Connections,
        Self::Inflight,
        Self::Buffers,
        Self::TopicIds,
        Self::FetchSessions,
        Self::GroupClients,
        Self::Groups,
        Self::GroupMembers,
        Self::GroupPartitions,
        Self::Watermarks,
        Self::PendingOffsets,
        Self::MessageFacts,
        Self::BrokerClusters,
        Self::FlowOwners,
        Self::Orders,
        Self::Sockets,
        Self::Senders,
        Self::Unanswered,
        Self::EarlyResponses,
    ];

    /// The label value.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Connections => "connections",
            Self::Inflight => "inflight",
            Self::Buffers => "buffers",
            Self::TopicIds => "topic_ids",
            Self::FetchSessions => "fetch_sessions",
            Self::GroupClients => "group_clients",
            Self::Groups => "groups",
            Self::GroupMembers => "group_members",
            Self::GroupPartitions => "group_partitions",
            Self::Watermarks => "watermarks",
            Self::PendingOffsets => "pending_offsets",
            Self::MessageFacts => "message_facts",
            Self::BrokerClusters => "broker_clusters",
            Self::FlowOwners => "flow_owners",
            Self::Orders => "orders",
            Self::Sockets => "sockets",
            Self::Senders => "senders",
            Self::Unanswered => "unanswered",
            Self::EarlyResponses => "early_responses",
        }
    }
}

/// Evictions by table, in the order of [`Table::ALL`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Evictions(pub [u64; Table::ALL.len()]);

impl Evictions {
    /// Counts one.
    pub fn count(&mut self, table: Table) {
        self.add(table, 1);
    }

    /// Counts so many.
    pub fn add(&mut self, table: Table, n: usize) {
        if let Some(count) = self.0.get_mut(table as usize) {
            *count = count.saturating_add(n as u64);
        }
    }

    /// These and others together.
    #[must_use]
    pub fn plus(mut self, other: &Self) -> Self {
        for (count, n) in self.0.iter_mut().zip(other.0) {
            *count = count.saturating_add(n);
        }
        self
    }
}
