//! One message schema: a file of `common/message` in, a [`Message`] out.

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;

use super::comments;
use super::fields::{self, Field, RawField, Struct};
use super::versions::Versions;

/// A message schema.
#[derive(Debug)]
pub struct Message {
    /// Its file.
    pub file: String,
    /// What the message is.
    pub kind: Kind,
    /// Name, with its `Request` or `Response` suffix.
    pub name: String,
    /// API key; requests and responses have one.
    pub api_key: Option<i16>,
    /// Where brokers and controllers accept the API; given with requests only.
    pub listeners: Vec<Listener>,
    /// Versions that exist.
    pub valid: Versions,
    /// Versions with tagged fields and compact lengths.
    pub flexible: Versions,
    /// Whether the highest version may still change.
    pub latest_unstable: bool,
    /// The layout.
    pub fields: Vec<Field>,
    /// Structs that fields name by their type.
    pub common_structs: Vec<Struct>,
}

/// What a message is.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Client to broker.
    Request,
    /// Broker to client.
    Response,
    /// Header of either.
    Header,
    /// Stored in records or carried inside `bytes`.
    Data,
}

/// Where an API is accepted.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "camelCase")]
pub enum Listener {
    /// Brokers.
    Broker,
    /// KRaft controllers.
    Controller,
    /// Brokers with ZooKeeper.
    ZkBroker,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Raw {
    #[serde(rename = "type")]
    kind: Kind,
    name: String,
    api_key: Option<i16>,
    #[serde(default)]
    listeners: Vec<Listener>,
    valid_versions: String,
    #[serde(rename = "deprecatedVersions")]
    _deprecated_versions: Option<String>,
    flexible_versions: Option<String>,
    #[serde(default)]
    latest_version_unstable: bool,
    #[serde(default)]
    fields: Vec<RawField>,
    #[serde(default)]
    common_structs: Vec<RawStruct>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RawStruct {
    name: String,
    versions: String,
    fields: Vec<RawField>,
}

impl Message {
    /// Reads a schema; an error names the file and the field.
    pub fn parse(file: &str, text: &str) -> Result<Self> {
        Self::read(file, text).with_context(|| file.to_owned())
    }

    fn read(file: &str, text: &str) -> Result<Self> {
        // By way of a value, in which the last of two equal attributes holds: 3.9.1 repeats one.
        let json: serde_json::Value = serde_json::from_str(&comments::blank(text))?;
        let raw: Raw = serde_path_to_error::deserialize(json)?;
        let range = |field: &str, text: &str| Versions::parse(text).context(field.to_owned());
        let valid = range("validVersions", &raw.valid_versions)?;
        let flexible = match &raw.flexible_versions {
            Some(text) => range("flexibleVersions", text)?,
            None if valid.is_empty() => Versions::NONE,
            None => bail!("flexibleVersions: missing"),
        };
        if matches!(raw.kind, Kind::Request | Kind::Response) {
            ensure!(raw.api_key.is_some(), "apiKey: missing");
        }
        let message = Self {
            file: file.to_owned(),
            kind: raw.kind,
            name: raw.name,
            api_key: raw.api_key,
            listeners: raw.listeners,
            valid,
            flexible,
            latest_unstable: raw.latest_version_unstable,
            fields: fields::read(raw.fields)?,
            common_structs: raw
                .common_structs
                .into_iter()
                .map(read_struct)
                .collect::<Result<_>>()?,
        };
        fields::check(&message)?;
        Ok(message)
    }

    /// The API's name: the message's, without what says the direction.
    pub fn api_name(&self) -> &str {
        let suffix = match self.kind {
            Kind::Request => "Request",
            Kind::Response => "Response",
            Kind::Header | Kind::Data => "",
        };
        self.name.strip_suffix(suffix).unwrap_or(&self.name)
    }
}

fn read_struct(raw: RawStruct) -> Result<Struct> {
    let versions = Versions::parse(&raw.versions).with_context(|| raw.name.clone())?;
    let fields = fields::read(raw.fields).with_context(|| raw.name.clone())?;
    Ok(Struct { name: raw.name, versions, fields })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(field: &str) -> String {
        format!(
            r#"// A comment.
            {{ "apiKey": 3, "type": "request", "name": "AskRequest", "listeners": ["zkBroker"],
               "validVersions": "1-4", // another
               "flexibleVersions": "3+", "latestVersionUnstable": true, "fields": [{field}] }}"#
        )
    }

    fn error(field: &str) -> String {
        format!("{:#}", Message::parse("AskRequest.json", &request(field)).unwrap_err())
    }

    #[test]
    fn reads_a_request() {
        let text = request(r#"{ "name": "Acks", "type": "int16", "versions": "0+" }"#);
        let message = Message::parse("AskRequest.json", &text).unwrap();
        assert_eq!(message.api_key, Some(3));
        assert_eq!(message.api_name(), "Ask");
        assert_eq!(message.listeners, [Listener::ZkBroker]);
        assert_eq!(message.valid, Versions { first: 1, last: 4 });
        assert_eq!(message.flexible, Versions { first: 3, last: i16::MAX });
        assert!(message.latest_unstable);
        assert_eq!(message.fields.len(), 1);
    }

    #[test]
    fn a_removed_api_has_no_versions() {
        let text = r#"{ "apiKey": 4, "type": "response", "name": "AskResponse",
                        "validVersions": "none" }"#;
        assert!(Message::parse("AskResponse.json", text).unwrap().valid.is_empty());
    }

    #[test]
    fn errors_name_file_and_field() {
        let inner = r#"{ "name": "Topics", "type": "[]Topic", "versions": "0+", "fields": [
                         { "name": "Id", "type": "int16", "versions": "2-1" } ] }"#;
        assert_eq!(
            error(inner),
            "AskRequest.json: Topics: Id: versions: `2-1` is a range that ends before it begins"
        );
        let unknown = error(r#"{ "name": "A", "type": "int16", "versions": "0+", "odd": 1 }"#);
        assert!(unknown.starts_with("AskRequest.json: fields[0].odd: unknown field"), "{unknown}");
        let missing = Message::parse("X.json", r#"{ "type": "request" }"#).unwrap_err();
        assert!(format!("{missing:#}").contains("missing field `name`"));
    }
}
