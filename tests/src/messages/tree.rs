//! A trace in, the message as a tree of its fields out: which lines are whose, by Kafka's schemas.

use std::iter::Peekable;
use std::slice::Iter;

use observer::protocol::api::ApiKey;
use observer::protocol::schema::{self, Field, Kind};

use super::{Line, Message, Value};

/// A field that the message has.
#[derive(Debug)]
pub struct Node {
    /// Which.
    pub field: &'static Field,
    /// Its value, or those of its elements. Batches follow their record set.
    pub values: Vec<Value>,
    /// The structs in it.
    pub structs: Vec<Vec<Node>>,
}

/// The fields of a message.
///
/// # Panics
///
/// If the trace is not of the schema.
pub fn tree(message: &Message) -> Vec<Node> {
    let layout = schema::layout(ApiKey(message.api_key), message.side, message.version);
    let layout = layout.expect("the table has the layout");
    let mut parser = Parser { version: message.version, lines: message.trace.iter().peekable() };
    let nodes = parser.structure("", layout.fields);
    assert!(parser.lines.next().is_none(), "{message}: more than its schema has");
    nodes
}

struct Parser<'t> {
    version: i16,
    lines: Peekable<Iter<'t, Line>>,
}

impl Parser<'_> {
    fn structure(&mut self, prefix: &str, fields: &'static [Field]) -> Vec<Node> {
        let present = fields.iter().filter(|field| field.versions.contains(self.version));
        let (mut tagged, plain): (Vec<_>, Vec<_>) =
            present.partition(|field| self.tag(field).is_some());
        tagged.sort_by_key(|field| self.tag(field));
        let mut nodes: Vec<_> = plain.into_iter().map(|field| self.node(prefix, field)).collect();
        for field in tagged {
            let path = path(prefix, field);
            let is_there = self.lines.peek().is_some_and(|line| {
                let below = line.path.strip_prefix(&path);
                line.is_tagged && below.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            });
            if is_there {
                nodes.push(self.node(prefix, field));
            }
        }
        nodes
    }

    fn tag(&self, field: &Field) -> Option<u32> {
        field.tagged.filter(|(versions, _)| versions.contains(self.version)).map(|(_, tag)| tag)
    }

    fn node(&mut self, prefix: &str, field: &'static Field) -> Node {
        let path = path(prefix, field);
        let below = format!("{path}/");
        let mut node = Node { field, values: Vec::new(), structs: Vec::new() };
        let is_struct = field.kind == Kind::Struct;
        let count = match (field.is_array, is_struct && field.nullable.contains(self.version)) {
            (true, _) => match self.next(&path) {
                Value::Array(count) => count.unwrap_or_default(),
                other => panic!("{path}: {other:?} is no array"),
            },
            (false, true) => u32::from(self.next(&path) == Value::Struct(true)),
            (false, false) => 1,
        };
        for _ in 0..count {
            if is_struct {
                node.structs.push(self.structure(&below, field.fields));
            } else {
                node.values.push(self.next(&path));
                self.batches(&mut node.values);
            }
        }
        node
    }

    fn batches(&mut self, values: &mut Vec<Value>) {
        let is_batch = |line: &&Line| matches!(line.value, Value::Batch(_));
        while let Some(line) = self.lines.next_if(is_batch) {
            values.push(line.value.clone());
        }
    }

    fn next(&mut self, path: &str) -> Value {
        let line = self.lines.next().unwrap_or_else(|| panic!("{path} is not there"));
        assert_eq!(line.path, path);
        line.value.clone()
    }
}

fn path(prefix: &str, field: &Field) -> String {
    format!("{prefix}{}", field.name.to_lowercase())
}
