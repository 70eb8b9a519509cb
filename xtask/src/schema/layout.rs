//! A version's layout, from a schema or as the jar's code declares it, in one notation: both must be
//! the same.
//!
//! A line for each field: its path, with what tags it, and its type as Kafka's `Type` writes it.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};

use super::field_type::{FieldType, Primitive};
use super::fields::Field;
use super::message::Message;

/// The fields of a version, in their order.
pub type Layout = Vec<String>;

/// Whether a message's schema says of each version what the code does.
pub fn agree(message: &Message, in_code: &BTreeMap<i16, Layout>) -> Result<()> {
    for version in message.valid.iter() {
        let code = in_code.get(&version).map_or(&[][..], |layout| layout);
        compare(&of(message, version), code)
            .with_context(|| format!("{} version {version}", message.file))?;
    }
    Ok(())
}

fn compare(schema: &[String], code: &[String]) -> Result<()> {
    let same = schema.iter().zip(code).take_while(|(ours, theirs)| ours == theirs).count();
    let field = |all: &[String]| all.get(same).cloned().unwrap_or("nothing more".to_owned());
    let is_all = same == schema.len().max(code.len());
    ensure!(is_all, "the schema says `{}`, the code `{}`", field(schema), field(code));
    Ok(())
}

/// What the schema says of a version.
fn of(message: &Message, version: i16) -> Layout {
    let mut layout = Layout::new();
    Writer { message, version, form: Form::Declared, layout: &mut layout }
        .fields(&message.fields, "");
    layout
}

/// The first field of a version, as the first of two schemas has it, from which on they are not the
/// same on the wire: names do not matter.
pub fn wire_difference(ours: &Message, theirs: &Message, version: i16) -> Option<String> {
    let [our_wire, their_wire] = [ours, theirs].map(|message| {
        let mut layout = Layout::new();
        Writer { message, version, form: Form::Wire, layout: &mut layout }
            .fields(&message.fields, "");
        layout
    });
    let same = our_wire.iter().zip(&their_wire).take_while(|(a, b)| a == b).count();
    let is_all = same == our_wire.len().max(their_wire.len());
    let field = || of(ours, version).get(same).cloned().unwrap_or("its end".to_owned());
    (!is_all).then(field)
}

/// What is written of a field.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// What the jar's code declares.
    Declared,
    /// What can be told on the wire: no name, and whether it may be null wherever that may be.
    Wire,
}

struct Writer<'a> {
    message: &'a Message,
    version: i16,
    form: Form,
    layout: &'a mut Layout,
}

impl Writer<'_> {
    fn fields(&mut self, fields: &[Field], path: &str) {
        let version = self.version;
        let there = || fields.iter().filter(|field| field.versions.contains(version));
        let tag = |field: &Field| field.tagged.filter(|(tagged, _)| tagged.contains(version));
        for field in there().filter(|field| tag(field).is_none()) {
            self.field(field, format!("{path}{}", self.name(field)));
        }
        if self.message.flexible.contains(version) {
            self.layout.push(format!("{path}_tagged_fields TAGGED"));
            let mut tagged: Vec<_> =
                there().filter_map(|field| Some((tag(field)?.1, field))).collect();
            tagged.sort_unstable_by_key(|(tag, _)| *tag);
            for (tag, field) in tagged {
                self.field(field, format!("{path}{tag}:{}", self.name(field)));
            }
        }
    }

    fn field(&mut self, field: &Field, mut path: String) {
        let is_nullable = field.nullable.contains(self.version);
        self.layout.push(format!("{path} {}", self.word(&field.kind, is_nullable)));
        if let Some(name) = field.kind.struct_name() {
            let shared = self.message.common_structs.iter().find(|shared| shared.name == name);
            path.push('.');
            self.fields(shared.map_or(&field.fields, |shared| &shared.fields), &path);
        }
    }

    fn name(&self, field: &Field) -> String {
        match self.form {
            Form::Declared => snake(&field.name),
            Form::Wire => String::new(),
        }
    }

    fn word(&self, kind: &FieldType, is_nullable: bool) -> String {
        let null = if is_nullable { "NULLABLE_" } else { "" };
        let is_flexible = self.message.flexible.contains(self.version);
        let compact = if is_flexible { "COMPACT_" } else { "" };
        match kind {
            FieldType::Primitive(kind) => match fixed(*kind) {
                Ok(word) => word.to_owned(),
                // Before 4.0 the code does not tell whether it may be null; so too of structs.
                Err(word @ "RECORDS") if self.form == Form::Declared => format!("{compact}{word}"),
                Err(word) => format!("{null}{compact}{word}"),
            },
            FieldType::Struct(_) if self.form == Form::Declared => "STRUCT".to_owned(),
            FieldType::Struct(_) => format!("{null}STRUCT"),
            FieldType::Array(element) => {
                format!("{null}{compact}ARRAY({})", self.word(element, false))
            }
        }
    }
}

/// The type's name; `Err` where it has forms that are compact or may be null.
fn fixed(kind: Primitive) -> Result<&'static str, &'static str> {
    match kind {
        Primitive::Bool => Ok("BOOLEAN"),
        Primitive::Int8 => Ok("INT8"),
        Primitive::Int16 => Ok("INT16"),
        Primitive::Uint16 => Ok("UINT16"),
        Primitive::Int32 => Ok("INT32"),
        Primitive::Int64 => Ok("INT64"),
        Primitive::Float64 => Ok("FLOAT64"),
        Primitive::Uuid => Ok("UUID"),
        Primitive::String => Err("STRING"),
        Primitive::Bytes => Err("BYTES"),
        Primitive::Records => Err("RECORDS"),
    }
}

/// A name as the code has it: `TransactionalId` is `transactional_id`, `ISRNodes` is `isrnodes`.
fn snake(name: &str) -> String {
    let mut out = String::new();
    let mut was_upper = true;
    for c in name.chars() {
        if c.is_uppercase() && !was_upper {
            out.push('_');
        }
        was_upper = c.is_uppercase();
        out.extend(c.to_lowercase());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message() -> Message {
        let text = r#"{ "apiKey": 3, "type": "request", "name": "AskRequest",
            "validVersions": "0-1", "flexibleVersions": "1+", "fields": [
              { "name": "TopicNames", "type": "[]string", "versions": "0+",
                "nullableVersions": "1+" },
              { "name": "Cursor", "type": "Cursor", "versions": "1+", "nullableVersions": "1+",
                "fields": [ { "name": "Index", "type": "int32", "versions": "1+" } ] },
              { "name": "Rack", "type": "string", "versions": "1+", "taggedVersions": "1+",
                "tag": 2 },
              { "name": "Epoch", "type": "int64", "versions": "1+", "taggedVersions": "1+",
                "tag": 0 } ] }"#;
        Message::parse("AskRequest.json", text).unwrap()
    }

    const OF_0: [&str; 1] = ["topic_names ARRAY(STRING)"];
    const OF_1: [&str; 7] = [
        "topic_names NULLABLE_COMPACT_ARRAY(COMPACT_STRING)",
        "cursor STRUCT",
        "cursor.index INT32",
        "cursor._tagged_fields TAGGED",
        "_tagged_fields TAGGED",
        "0:epoch INT64",
        "2:rack COMPACT_STRING",
    ];

    fn code() -> BTreeMap<i16, Layout> {
        let layout = |lines: &[&str]| lines.iter().map(ToString::to_string).collect();
        BTreeMap::from([(0, layout(&OF_0)), (1, layout(&OF_1))])
    }

    #[test]
    fn a_schema_is_written_as_the_code_declares_it() {
        agree(&message(), &code()).unwrap();
    }

    #[test]
    fn a_field_that_is_not_the_codes_is_named() {
        let error = |change: &dyn Fn(&mut Layout)| {
            let mut code = code();
            code.values_mut().last().into_iter().for_each(change);
            format!("{:#}", agree(&message(), &code).unwrap_err())
        };
        assert_eq!(
            error(&|layout| layout[2] = "cursor.index INT64".to_owned()),
            "AskRequest.json version 1: the schema says `cursor.index INT32`, the code \
             `cursor.index INT64`"
        );
        let renamed = error(&|layout| layout[6] = "2:other COMPACT_STRING".to_owned());
        assert!(renamed.contains("`2:rack COMPACT_STRING`"), "{renamed}");
        let shorter = error(&|layout| layout.truncate(6));
        assert!(shorter.ends_with("the code `nothing more`"), "{shorter}");
        let none = error(&Layout::clear);
        assert!(none.ends_with("the code `nothing more`"), "{none}");
    }

    #[test]
    fn names_are_in_snake_case() {
        let names = ["TransactionalId", "ISRNodes", "V3AndBelow", "ACLs"].map(snake);
        assert_eq!(names, ["transactional_id", "isrnodes", "v3_and_below", "acls"]);
    }
}
