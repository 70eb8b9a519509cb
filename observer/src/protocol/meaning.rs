//! What fields mean: a field of a schema in, its role out.
//!
//! Only names, types and what the schemas say a field identifies are looked at, never the API, so
//! that an API that is new has its errors, topics and groups without code.

use super::schema::{Entity, Field, Kind};

/// What a value means to an observer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Role {
    /// Nothing: it is passed over.
    None,
    /// An error code (int16).
    Error,
    /// An error code that tells only why a topic's settings are not shown (int16; KIP-525).
    ConfigError,
    /// How long the broker holds the client back (int32, ms).
    Throttle,
    /// A topic's name.
    Topic,
    /// A topic's id (KIP-516).
    TopicId,
    /// A partition's number (int32).
    Partition,
    /// A set of records.
    Records,
    /// A part of a snapshot's file, which need not begin with a batch (KIP-630).
    Snapshot,
    /// A group's name.
    Group,
    /// What a coordinator is looked for: a group, a transaction, ... (KIP-98). It is that only where the
    /// message itself has it; others have keys of what they list.
    CoordinatorKey,
    /// Which of these it is; 0: a group (int8).
    KeyType,
    /// A member's id.
    Member,
    /// A static member's own id (KIP-345).
    Instance,
    /// A classic group's generation, or a member's epoch (int32).
    Generation,
    /// An offset that a group committed (int64).
    CommittedOffset,
    /// The offset behind the last record that consumers may read up to (int64).
    HighWatermark,
    /// An offset that was asked for (int64).
    Offset,
    /// The offset to fetch from (int64).
    FetchOffset,
    /// A share group's first offset that is not done (int64; KIP-932).
    StartOffset,
    /// The time for which an offset is asked; -1 for the latest (int64, ms).
    Timestamp,
    /// Records behind a share group's first offset that are done (int32; KIP-932).
    DoneRecords,
    /// How long a silent member stays in its group (int32, ms).
    SessionTimeout,
    /// How long a group waits for its members to join again (int32, ms).
    RebalanceTimeout,
    /// A producer's number (int64; KIP-98).
    Producer,
    /// Whether a transaction is committed, not aborted (bool; KIP-98).
    IsCommitted,
    /// Whether a transaction that the producer has prepared goes on (bool; KIP-939).
    KeepsTransaction,
    /// Whether nothing shall be changed, only tried (bool).
    ValidateOnly,
    /// What may be read: 0 everything, 1 what is committed (int8; KIP-98).
    Isolation,
    /// The broker that fetches; -1 for a consumer (int32).
    Replica,
    /// A fetch session (int32; KIP-227).
    Session,
    /// A fetch session's epoch (int32; KIP-227).
    SessionEpoch,
    /// How many brokers must have a produced record set; 0: no answer is wanted (int16).
    Acks,
    /// The id of a whole cluster.
    Cluster,
    /// A broker's host, a name or an address.
    Host,
    /// A broker's port (int32).
    Port,
    /// A client's name, in a header.
    Client,
    /// A client's library (KIP-511).
    Software,
    /// Its version.
    SoftwareVersion,
    /// An authentication mechanism.
    Mechanism,
    /// What kind of thing a resource is; 2: a topic (int8; KIP-133).
    ResourceType,
    /// How a resource's name is meant; 3: as it stands (int8; KIP-290).
    PatternType,
    /// A resource's name.
    Resource,
    /// A whole request of another client, passed on (KIP-590).
    WrappedRequest,
    /// The response to it.
    WrappedResponse,
    /// What must not be copied: tokens, passwords, keys, values of settings, what clients measure.
    Secret,
}

/// What a struct of an array is about: what its fields and those below are said of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Scope {
    /// A topic.
    Topic,
    /// A topic that a fetch session shall no longer hold (KIP-227).
    Forgotten,
    /// A partition.
    Partition,
    /// A group.
    Group,
    /// A resource: a topic or something else.
    Resource,
}

/// The role of a field.
pub fn role(field: &Field) -> Role {
    match field.kind {
        Kind::Int8 => of_int8(field.name),
        Kind::Int16 => of_int16(field.name),
        Kind::Int32 => of_int32(field),
        Kind::Int64 => of_int64(field),
        Kind::Bool if matches!(field.name, "Committed" | "TransactionResult") => Role::IsCommitted,
        Kind::Bool if field.name == "KeepPreparedTxn" => Role::KeepsTransaction,
        Kind::Bool if field.name.eq_ignore_ascii_case("ValidateOnly") => Role::ValidateOnly,
        Kind::Uuid if matches!(field.name, "TopicId" | "TopicIds") => Role::TopicId,
        Kind::String => of_string(field),
        Kind::Bytes => of_bytes(field.name),
        Kind::Records if field.name == "Records" => Role::Records,
        Kind::Records => Role::Snapshot,
        _ => Role::None,
    }
}

/// The role of a field, as far as the sieve cares: what it leaves out, and messages that may hold some.
pub fn data(field: &Field) -> Role {
    match role(field) {
        role @ (Role::Records
        | Role::Snapshot
        | Role::Secret
        | Role::WrappedRequest
        | Role::WrappedResponse) => role,
        _ => Role::None,
    }
}

/// Whether a struct only tells where a long list goes on: what the message is about, it says elsewhere.
pub fn is_cursor(field: &Field) -> bool {
    field.name.ends_with("Cursor")
}

/// What the elements of an array of structs are about; only some of their fields may be `present`.
pub fn scope(array: &Field, present: impl Fn(&Field) -> bool) -> Option<Scope> {
    if array.name == "ForgottenTopicsData" {
        return Some(Scope::Forgotten);
    }
    let mut fields = array.fields.iter().filter(|field| present(field));
    // What has several topics is none itself (KIP-1071).
    let has_topics = fields.clone().any(|field| field.is_array && role(field) == Role::Topic);
    fields.find_map(|field| match role(field) {
        _ if field.is_array => None,
        Role::Topic | Role::TopicId if !has_topics => Some(Scope::Topic),
        Role::Partition => Some(Scope::Partition),
        Role::Group => Some(Scope::Group),
        Role::Resource => Some(Scope::Resource),
        _ => None,
    })
}

fn of_int8(name: &str) -> Role {
    match name {
        "IsolationLevel" => Role::Isolation,
        "ResourceType" => Role::ResourceType,
        "KeyType" => Role::KeyType,
        "PatternType" | "ResourcePatternType" => Role::PatternType,
        _ => Role::None,
    }
}

fn of_int16(name: &str) -> Role {
    match name {
        "Acks" => Role::Acks,
        "TopicConfigErrorCode" => Role::ConfigError,
        _ if name.ends_with("ErrorCode") => Role::Error,
        _ => Role::None,
    }
}

fn of_int32(field: &Field) -> Role {
    match field.name {
        "ThrottleTimeMs" => Role::Throttle,
        "Index" | "Partition" | "PartitionIndex" => Role::Partition,
        "Partitions" | "PartitionIndexes" if field.is_array => Role::Partition,
        "GenerationId" | "MemberEpoch" | "GenerationIdOrMemberEpoch" => Role::Generation,
        "DeliveryCompleteCount" => Role::DoneRecords,
        "SessionTimeoutMs" => Role::SessionTimeout,
        "RebalanceTimeoutMs" => Role::RebalanceTimeout,
        "ReplicaId" => Role::Replica,
        "SessionId" => Role::Session,
        "SessionEpoch" => Role::SessionEpoch,
        "Port" => Role::Port,
        _ => Role::None,
    }
}

fn of_int64(field: &Field) -> Role {
    match (field.entity, field.name) {
        (Some(Entity::ProducerId), _) => Role::Producer,
        (_, "CommittedOffset") => Role::CommittedOffset,
        (_, "HighWatermark") => Role::HighWatermark,
        (_, "Offset" | "OldStyleOffsets") => Role::Offset,
        (_, "StartOffset") => Role::StartOffset,
        (_, "FetchOffset") => Role::FetchOffset,
        (_, "Timestamp") => Role::Timestamp,
        _ => Role::None,
    }
}

fn of_string(field: &Field) -> Role {
    match (field.entity, field.name) {
        (Some(Entity::TopicName), _) => Role::Topic,
        (Some(Entity::GroupId), _) | (_, "GroupId") => Role::Group,
        (_, "Key" | "CoordinatorKeys") => Role::CoordinatorKey,
        (_, "MemberId") => Role::Member,
        (_, "GroupInstanceId" | "InstanceId") => Role::Instance,
        (_, "ClientSoftwareName") => Role::Software,
        (_, "ClientSoftwareVersion") => Role::SoftwareVersion,
        (_, "Mechanism") => Role::Mechanism,
        (_, "ResourceName") => Role::Resource,
        (_, "ClusterId") => Role::Cluster,
        (_, "Host") => Role::Host,
        // Of a setting, which may be a password.
        (_, "Value") => Role::Secret,
        _ => Role::None,
    }
}

fn of_bytes(name: &str) -> Role {
    match name {
        "RequestData" => Role::WrappedRequest,
        "ResponseData" => Role::WrappedResponse,
        "AuthBytes" | "Hmac" | "Salt" | "SaltedPassword" | "Metrics" => Role::Secret,
        _ => Role::None,
    }
}
