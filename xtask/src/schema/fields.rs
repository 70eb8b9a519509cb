//! The field trees of a message schema.

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use super::field_type::FieldType;
use super::message::{Kind, Message};
use super::versions::Versions;

/// A field.
#[derive(Debug)]
pub struct Field {
    /// Name.
    pub name: String,
    /// Type.
    pub kind: FieldType,
    /// Message versions that have the field.
    pub versions: Versions,
    /// Message versions in which it may be null.
    pub nullable: Versions,
    /// Message versions in which it is a tagged field, and its tag.
    pub tagged: Option<(Versions, u32)>,
    /// Message versions in which its length is compact, where they are not the message's own.
    pub flexible: Option<Versions>,
    /// What it identifies, where the schema says so (`topicName`, `groupId`, ...).
    pub entity: Option<Entity>,
    /// Fields of its struct, where it defines one.
    pub fields: Vec<Field>,
}

/// A struct that several fields share.
#[derive(Debug)]
pub struct Struct {
    /// Name, as types give it.
    pub name: String,
    /// Message versions that have it.
    pub versions: Versions,
    /// Its fields.
    pub fields: Vec<Field>,
}

/// What a field identifies.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub enum Entity {
    /// A broker's or controller's number.
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

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct RawField {
    name: String,
    #[serde(rename = "type")]
    kind: String,
    versions: String,
    nullable_versions: Option<String>,
    tagged_versions: Option<String>,
    flexible_versions: Option<String>,
    tag: Option<Tag>,
    entity_type: Option<Entity>,
    #[serde(default)]
    fields: Vec<RawField>,
    // What a reader of the wire does not need; named so that an attribute that is new is refused.
    #[serde(rename = "about")]
    _about: Option<serde::de::IgnoredAny>,
    #[serde(rename = "default")]
    _default: Option<serde::de::IgnoredAny>,
    #[serde(rename = "ignorable")]
    _ignorable: Option<serde::de::IgnoredAny>,
    #[serde(rename = "mapKey")]
    _map_key: Option<serde::de::IgnoredAny>,
    #[serde(rename = "zeroCopy")]
    _zero_copy: Option<serde::de::IgnoredAny>,
}

/// A tag; some schemas write it as a string.
#[derive(Deserialize)]
#[serde(untagged, expecting = "neither a number nor a string")]
enum Tag {
    Number(u32),
    Text(String),
}

/// Reads the fields of a message or struct; an error names the field.
pub(super) fn read(raw: Vec<RawField>) -> Result<Vec<Field>> {
    raw.into_iter()
        .map(|field| {
            let name = field.name.clone();
            read_one(field).context(name)
        })
        .collect()
}

fn read_one(raw: RawField) -> Result<Field> {
    let range = |what: &'static str, text: &str| Versions::parse(text).context(what);
    let optional =
        |what, text: &Option<String>| text.as_deref().map(|t| range(what, t)).transpose();
    let tagged = match (optional("taggedVersions", &raw.tagged_versions)?, raw.tag) {
        (Some(versions), Some(Tag::Number(tag))) => Some((versions, tag)),
        (Some(versions), Some(Tag::Text(tag))) => Some((versions, tag.parse().context("tag")?)),
        (None, None) => None,
        _ => anyhow::bail!("tag and taggedVersions: one without the other"),
    };
    Ok(Field {
        kind: FieldType::parse(&raw.kind).context("type")?,
        versions: range("versions", &raw.versions)?,
        nullable: optional("nullableVersions", &raw.nullable_versions)?.unwrap_or(Versions::NONE),
        tagged,
        flexible: optional("flexibleVersions", &raw.flexible_versions)?,
        entity: raw.entity_type,
        fields: read(raw.fields)?,
        name: raw.name,
    })
}

/// What every layout must hold: each valid version can be read without a guess.
pub(super) fn check(message: &Message) -> Result<()> {
    check_fields(&message.fields, message)?;
    for shared in &message.common_structs {
        check_fields(&shared.fields, message).with_context(|| shared.name.clone())?;
    }
    Ok(())
}

fn check_fields(fields: &[Field], message: &Message) -> Result<()> {
    for field in fields {
        check_field(field, message).with_context(|| field.name.clone())?;
    }
    Ok(())
}

fn check_field(field: &Field, message: &Message) -> Result<()> {
    let within = |inner: Versions, outer: Versions| {
        inner.intersect(message.valid).iter().all(|version| outer.contains(version))
    };
    if let Some(name) = field.kind.struct_name() {
        let shared = message.common_structs.iter().find(|shared| shared.name == name);
        let once = shared.is_some() == field.fields.is_empty();
        ensure!(once, "type: struct {name} is not defined once");
        let there = shared.is_none_or(|shared| within(field.versions, shared.versions));
        ensure!(there, "type: struct {name} lacks a version of the field");
    }
    if let Some((tagged, _)) = field.tagged {
        ensure!(within(tagged, message.flexible), "taggedVersions: beyond the flexible ones");
        ensure!(within(tagged, field.versions), "taggedVersions: beyond the field's own");
    }
    let own_lengths = field.flexible.is_some() && message.kind != Kind::Header;
    ensure!(!own_lengths, "flexibleVersions: only a header's field has its own");
    let nullable = !field.nullable.intersect(message.valid).is_empty();
    ensure!(!nullable || field.kind.has_null(), "nullableVersions: the type has no null");
    check_fields(&field.fields, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(fields: &str) -> String {
        let text = format!(
            r#"{{ "apiKey": 3, "type": "request", "name": "AskRequest", "validVersions": "0-4",
                  "flexibleVersions": "3+", "fields": [{fields}],
                  "commonStructs": [{{ "name": "Shared", "versions": "0+", "fields": [] }}] }}"#
        );
        let result = Message::parse("AskRequest.json", &text);
        result.map_or_else(|error| format!("{error:#}"), |_| String::new())
    }

    #[test]
    fn a_struct_is_defined_in_place_or_shared() {
        assert_eq!(error(r#"{ "name": "A", "type": "[]Shared", "versions": "0+" }"#), "");
        assert_eq!(
            error(r#"{ "name": "A", "type": "Missing", "versions": "0+" }"#),
            "AskRequest.json: A: type: struct Missing is not defined once"
        );
    }

    #[test]
    fn numbers_have_no_null() {
        let nullable = |kind| {
            let attributes = r#""name": "A", "versions": "0+", "nullableVersions": "1+""#;
            error(&format!(r#"{{ {attributes}, "type": "{kind}" }}"#))
        };
        assert_eq!(nullable("string"), "");
        assert_eq!(nullable("[]int8"), "");
        assert_eq!(nullable("int8"), "AskRequest.json: A: nullableVersions: the type has no null");
    }

    #[test]
    fn tags_need_flexible_versions() {
        let tagged = |versions| {
            let attributes = r#""name": "A", "type": "int8", "versions": "0+", "tag": 0"#;
            error(&format!(r#"{{ {attributes}, "taggedVersions": "{versions}" }}"#))
        };
        assert_eq!(tagged("3+"), "");
        assert_eq!(tagged("2+"), "AskRequest.json: A: taggedVersions: beyond the flexible ones");
        assert_eq!(
            error(r#"{ "name": "A", "type": "int8", "versions": "0+", "tag": 0 }"#),
            "AskRequest.json: A: tag and taggedVersions: one without the other"
        );
    }
}
