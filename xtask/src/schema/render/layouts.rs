//! The field trees of every layout.

use super::super::apis::Api;
use super::super::disputes::Dispute;
use super::super::field_type::FieldType;
use super::super::fields::Field;
use super::super::message::{Kind, Message};
use super::super::versions::Versions;
use super::line;

const HEAD: &str = "
use super::Entity::{BrokerId, GroupId, ProducerId, TopicName, TransactionalId};
use super::Kind::{
    Bool, Bytes, Float64, Int8, Int16, Int32, Int64, Records, String, Struct, Uint16, Uuid,
};
use super::{Layout, array, field, request, response, since, v};

/// Every layout: by API key, requests before responses, newest versions first.
";

/// The generated file's text.
pub fn table(apis: &[Api<'_>], disputes: &[Dispute]) -> String {
    let mut out = String::from(HEAD.trim_start());
    if !disputes.is_empty() {
        line(&mut out, "///\n/// Where two releases differ, the newer one is believed:");
    }
    for dispute in disputes {
        line(&mut out, &format!("/// - {dispute}"));
    }
    line(&mut out, "#[rustfmt::skip] // A field is a line.");
    let count: usize = apis.iter().map(|api| 2 * api.layouts.len()).sum();
    line(&mut out, &format!("pub static LAYOUTS: [Layout; {count}] = ["));
    for api in apis {
        for layouts in &api.layouts {
            layout(&mut out, api.key, layouts.versions, layouts.request, disputes);
        }
        for layouts in &api.layouts {
            layout(&mut out, api.key, layouts.versions, layouts.response, disputes);
        }
    }
    line(&mut out, "];");
    out
}

fn layout(out: &mut String, key: i16, valid: Versions, message: &Message, disputes: &[Dispute]) {
    let side = if message.kind == Kind::Request { "request" } else { "response" };
    line(out, &format!("    {side}({key}, {}, &[ // {}", versions(valid), message.api_name()));
    fields(out, 2, &message.fields, valid, message);
    let is_its = |dispute: &&Dispute| {
        (dispute.key, dispute.kind) == (key, message.kind) && valid.contains(dispute.version)
    };
    let those: Vec<_> = disputes.iter().filter(is_its).map(|dispute| dispute.version).collect();
    match &those[..] {
        [] => line(out, "    ]),"),
        versions => line(out, &format!("    ]).disputed(&{versions:?}),")),
    }
}

/// The fields that some version of the range has.
fn fields(out: &mut String, depth: usize, fields: &[Field], valid: Versions, message: &Message) {
    let indent = "    ".repeat(depth);
    for field in fields.iter().filter(|field| !field.versions.intersect(valid).is_empty()) {
        let attributes = attributes(field, valid);
        let inner = inner(field, message);
        if inner.is_empty() {
            line(out, &format!("{indent}{}{attributes},", head(field)));
            continue;
        }
        line(out, &format!("{indent}{}{attributes}.of(&[", head(field)));
        self::fields(out, depth + 1, inner, valid, message);
        line(out, &format!("{indent}]),"));
    }
}

fn head(field: &Field) -> String {
    let (of, kind) = match &field.kind {
        FieldType::Array(element) => ("array", element.as_ref()),
        kind => ("field", kind),
    };
    format!("{of}({:?}, {}, {})", field.name, kind_name(kind), versions(field.versions))
}

fn attributes(field: &Field, valid: Versions) -> String {
    let mut out = String::new();
    if !field.nullable.intersect(valid).is_empty() {
        write(&mut out, format_args!(".null({})", versions(field.nullable)));
    }
    if let Some((range, tag)) = field.tagged
        && !range.intersect(valid).is_empty()
    {
        write(&mut out, format_args!(".tag({tag}, {})", versions(range)));
    }
    if let Some(entity) = field.entity {
        write(&mut out, format_args!(".is({entity:?})"));
    }
    out
}

fn write(out: &mut String, text: std::fmt::Arguments<'_>) {
    std::fmt::Write::write_fmt(out, text).expect("writing to a string cannot fail");
}

/// The fields of the field's struct, wherever that is defined.
fn inner<'a>(field: &'a Field, message: &'a Message) -> &'a [Field] {
    let shared = field.kind.struct_name().and_then(|name| {
        message.common_structs.iter().find(|shared| field.fields.is_empty() && shared.name == name)
    });
    shared.map_or(&field.fields, |shared| &shared.fields)
}

fn kind_name(kind: &FieldType) -> String {
    match kind {
        FieldType::Primitive(primitive) => format!("{primitive:?}"),
        FieldType::Struct(_) | FieldType::Array(_) => "Struct".to_owned(),
    }
}

/// `since(3)`, or `v(3, 7)`.
fn versions(range: Versions) -> String {
    match range {
        Versions { first, last: i16::MAX } => format!("since({first})"),
        Versions { first, last } => format!("v({first}, {last})"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_fields_of_the_range_are_written() {
        let text = r#"{ "apiKey": 3, "type": "request", "name": "AskRequest", "validVersions": "0-9",
            "flexibleVersions": "3+", "fields": [
            { "name": "Old", "type": "int8", "versions": "0-1" },
            { "name": "Topics", "type": "[]Topic", "versions": "2+", "nullableVersions": "3+",
              "fields": [
              { "name": "Name", "type": "string", "versions": "2+", "entityType": "topicName" },
              { "name": "Note", "type": "string", "versions": "5-6", "taggedVersions": "5-6",
                "tag": 1 }] }] }"#;
        let message = Message::parse("AskRequest.json", text).unwrap();
        let mut out = String::new();
        layout(&mut out, 3, Versions { first: 2, last: 9 }, &message, &[]);
        let expected = r#"
    request(3, v(2, 9), &[ // Ask
        array("Topics", Struct, since(2)).null(since(3)).of(&[
            field("Name", String, since(2)).is(TopicName),
            field("Note", String, v(5, 6)).tag(1, v(5, 6)),
        ]),
    ]),
"#;
        assert_eq!(out, expected.trim_start_matches('\n'));
    }
}
