//! Kafka's message schemas: API, direction and version in, the fields of the message's body out.
//!
//! The trees come from the table that `cargo xtask schema` writes out of Kafka's own jars.

mod table;

use super::api::{ApiKey, Versions};
use crate::event::Side;

pub use table::LAYOUTS;

/// The fields of a message, for a range of versions.
#[derive(Debug)]
pub struct Layout {
    /// Whose message it is.
    pub api_key: ApiKey,
    /// Whether it is the request or the response.
    pub side: Side,
    /// The versions.
    pub versions: Versions,
    /// Fields, in the order of the wire; tagged ones stand among them.
    pub fields: &'static [Field],
    /// Versions that an older release lays out in another way.
    pub disputed: &'static [i16],
}

/// A field of a message or of a struct in it.
#[derive(Debug)]
pub struct Field {
    /// Kafka's name.
    pub name: &'static str,
    /// Its type, or that of its elements.
    pub kind: Kind,
    /// Whether it is an array.
    pub is_array: bool,
    /// Message versions that have it.
    pub versions: Versions,
    /// Message versions in which it may be null.
    pub nullable: Versions,
    /// Message versions in which it is a tagged field, and its tag (KIP-482).
    pub tagged: Option<(Versions, u32)>,
    /// What it identifies, where the schema says so.
    pub entity: Option<Entity>,
    /// Fields of a struct.
    pub fields: &'static [Field],
}

/// The types of fields (protocol guide, "Protocol Primitive Types").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// One byte.
    Bool,
    /// One byte.
    Int8,
    /// Two bytes.
    Int16,
    /// Two bytes, unsigned.
    Uint16,
    /// Four bytes.
    Int32,
    /// Eight bytes.
    Int64,
    /// Eight bytes.
    Float64,
    /// 16 bytes.
    Uuid,
    /// Length-prefixed UTF-8.
    String,
    /// Length-prefixed.
    Bytes,
    /// Length-prefixed record set.
    Records,
    /// Fields of its own.
    Struct,
}

/// What a field identifies, as the schemas say it (`entityType`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entity {
    /// A broker or controller.
    BrokerId,
    /// A group.
    GroupId,
    /// A producer's number.
    ProducerId,
    /// A topic.
    TopicName,
    /// A transactional producer.
    TransactionalId,
}

impl Kind {
    /// Bytes of a value; `None` where that depends on the value.
    pub const fn width(self) -> Option<u16> {
        match self {
            Self::Bool | Self::Int8 => Some(1),
            Self::Int16 | Self::Uint16 => Some(2),
            Self::Int32 => Some(4),
            Self::Int64 | Self::Float64 => Some(8),
            Self::Uuid => Some(16),
            Self::String | Self::Bytes | Self::Records | Self::Struct => None,
        }
    }
}

/// The layout of a message, if the table has it.
pub fn layout(api_key: ApiKey, side: Side, version: i16) -> Option<&'static Layout> {
    LAYOUTS.iter().find(|layout| {
        layout.api_key == api_key && layout.side == side && layout.versions.contains(version)
    })
}

// What the table is written in.

const fn v(first: i16, last: i16) -> Versions {
    Versions { first, last }
}

const fn since(first: i16) -> Versions {
    v(first, i16::MAX)
}

const fn request(key: i16, versions: Versions, fields: &'static [Field]) -> Layout {
    Layout { api_key: ApiKey(key), side: Side::Request, versions, fields, disputed: &[] }
}

const fn response(key: i16, versions: Versions, fields: &'static [Field]) -> Layout {
    Layout { api_key: ApiKey(key), side: Side::Response, versions, fields, disputed: &[] }
}

const fn field(name: &'static str, kind: Kind, versions: Versions) -> Field {
    Field {
        name,
        kind,
        is_array: false,
        versions,
        nullable: Versions::NONE,
        tagged: None,
        entity: None,
        fields: &[],
    }
}

const fn array(name: &'static str, kind: Kind, versions: Versions) -> Field {
    Field { is_array: true, ..field(name, kind, versions) }
}

impl Layout {
    const fn disputed(self, disputed: &'static [i16]) -> Self {
        Self { disputed, ..self }
    }
}

impl Field {
    const fn null(self, nullable: Versions) -> Self {
        Self { nullable, ..self }
    }

    const fn tag(self, tag: u32, versions: Versions) -> Self {
        Self { tagged: Some((versions, tag)), ..self }
    }

    const fn is(self, entity: Entity) -> Self {
        Self { entity: Some(entity), ..self }
    }

    const fn of(self, fields: &'static [Field]) -> Self {
        Self { fields, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::super::table::APIS;
    use super::*;

    #[test]
    fn every_known_version_has_one_layout_in_each_direction() {
        let mut layouts = 0;
        for api in &APIS {
            for version in (0..100).filter(|version| api.is_known(*version)) {
                for side in [Side::Request, Side::Response] {
                    let has = |layout: &&Layout| {
                        (layout.api_key, layout.side) == (api.key, side)
                            && layout.versions.contains(version)
                    };
                    assert_eq!(LAYOUTS.iter().filter(has).count(), 1, "{} v{version}", api.name);
                    layouts += 1;
                }
            }
        }
        assert_eq!(layouts, 736);
    }
}
