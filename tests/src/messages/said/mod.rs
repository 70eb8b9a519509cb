//! What a message says: the tree of what it was filled with in, the facts that the observer shall tell
//! of it out.
//!
//! It is said here a second time, and not as the observer does it: a struct is looked at as a whole
//! before what is in it, so that nothing depends on what stands before what.

mod numbers;
mod part;

use std::collections::BTreeMap;

use observer::decode::{Facts, Forwarded, Partition, Topic, TopicId, kept, kept_part};
use observer::event::Side;
use observer::protocol::api::ApiKey;
use observer::protocol::error_code::ErrorCode;
use observer::protocol::machine::MAX_TEXT;
use observer::protocol::schema::{Entity, Kind};

use super::tree::{Node, tree};
use super::{Message, Value};

pub use part::{is_part, why_not_part};

/// What a message says.
#[derive(Debug)]
pub struct Said {
    /// But for its errors and codecs.
    pub facts: Facts,
    /// How often each error stands there, by topic.
    pub errors: Errors,
    /// Record sets of which a batch more may be told than Kafka reads: cut, or of an older format.
    pub open_sets: u32,
    is_request: bool,
    /// FindCoordinator: its keys are those of coordinators.
    finds_coordinators: bool,
}

/// Error codes other than 0 and the topics that they are said of, with how often.
pub type Errors = BTreeMap<(i16, Option<u32>), u32>;

/// What a field is said of.
#[derive(Clone, Copy, Default)]
struct About {
    topic: Option<u32>,
    is_forgotten: bool,
    group: Option<u16>,
    is_partition: bool,
    is_member: bool,
}

/// The facts that a message shall give.
pub fn said(message: &Message) -> Said {
    let mut said = Said {
        facts: Facts::default(),
        errors: Errors::new(),
        open_sets: 0,
        is_request: message.side == Side::Request,
        finds_coordinators: ApiKey(message.api_key) == ApiKey::FIND_COORDINATOR,
    };
    said.structure(&tree(message), About::default());
    said.facts.forwarded = message.wrapped.as_ref().map(|wrapped| {
        let inner = &wrapped.message;
        Box::new(Forwarded {
            api_key: ApiKey(inner.api_key),
            api_version: inner.version,
            client_id: wrapped.client_id.as_deref().map(|id| text(id).into()),
            facts: Facts::default(),
        })
    });
    said
}

/// The same of facts that were told.
pub fn errors(facts: &Facts) -> Errors {
    let mut errors = Errors::new();
    for error in facts.errors.iter() {
        *errors.entry((error.code.0, error.topic)).or_default() += error.count;
    }
    errors
}

impl Said {
    /// The fields of a struct that is not about anything itself.
    fn structure(&mut self, nodes: &[Node], around: About) {
        let mut about = around;
        if let Some(name) = nodes.iter().find_map(Node::group) {
            about.group = Some(self.group(name));
        }
        for node in nodes {
            self.node(node, about);
        }
    }

    fn node(&mut self, node: &Node, about: About) {
        let field = node.field;
        if matches!(field.name, "Cursor" | "NextCursor") {
            return;
        }
        for fields in &node.structs {
            if field.is_array {
                let is_forgotten = field.name == "ForgottenTopicsData";
                self.element(fields, About { is_forgotten, ..about });
            } else {
                self.structure(fields, about);
            }
        }
        for value in &node.values {
            self.value(node, value, about);
        }
        if field.kind == Kind::Records {
            self.records(node);
        }
    }

    /// A struct of an array is about the topic, the resource or the partition that it names.
    fn element(&mut self, nodes: &[Node], around: About) {
        let has_topics = nodes.iter().any(|node| node.is_topic_name() && node.field.is_array);
        let topic = nodes.iter().find(|node| !node.field.is_array && node.is_topic());
        let resource = nodes.iter().find(|node| node.field.name == "ResourceName");
        if topic.is_some() && !has_topics {
            let name = nodes.iter().filter(|node| node.is_topic_name()).find_map(Node::text);
            let id = nodes.iter().filter(|node| node.is_topic_id()).find_map(Node::id);
            self.topic(nodes, name, id, around);
        } else if let Some(resource) = resource {
            let name = resource.text().filter(|name| name != "*" && is_topic_resource(nodes));
            self.topic(nodes, name, None, around);
        } else if nodes.iter().any(Node::is_partition) {
            self.partition(nodes, around);
        } else {
            let is_member = nodes.iter().any(|node| node.field.name == "MemberId");
            self.structure(nodes, About { is_member, ..around });
        }
    }

    fn topic(&mut self, nodes: &[Node], name: Option<String>, id: Option<TopicId>, around: About) {
        let index = self.facts.topics.len() as u32;
        let about = About { topic: Some(index), ..around };
        let is_forgotten = around.is_forgotten;
        let name = name.map(Into::into);
        let group = around.group;
        self.facts.topics.push(Topic { name, id, group, is_forgotten, ..Topic::default() });
        for node in nodes.iter().filter(|node| !node.is_topic()) {
            self.node(node, about);
        }
        let topic = &self.facts.topics[index as usize];
        if topic.name.is_none() && topic.id.is_none() && topic.partitions == 0 {
            self.facts.topics.truncate(index as usize);
            for ((code, topic), count) in std::mem::take(&mut self.errors) {
                let topic = topic.filter(|topic| *topic < index);
                *self.errors.entry((code, topic)).or_default() += count;
            }
        }
    }

    fn partition(&mut self, nodes: &[Node], around: About) {
        assert!(!around.is_partition, "a partition in a partition");
        let topic = around.topic.unwrap_or(u32::MAX);
        self.count_partition(around);
        self.facts.partitions.push(Partition::of(topic));
        for node in nodes {
            self.node(node, About { is_partition: true, ..around });
        }
        let says_nothing = |partition: &mut Partition| {
            let Partition { bytes, offset, error, .. } = *partition;
            bytes.is_none() && offset.is_none() && error == ErrorCode::NONE
        };
        self.facts.partitions.pop_if(says_nothing);
    }

    fn count_partition(&mut self, about: About) {
        if let Some(topic) = about.topic {
            self.facts.topics[topic as usize].partitions += 1;
        }
    }

    fn group(&mut self, name: String) -> u16 {
        self.facts.groups.push(name.into());
        (self.facts.groups.len() - 1) as u16
    }

    fn value(&mut self, node: &Node, value: &Value, about: About) {
        match value {
            Value::Int(number) => self.number(node, *number, about),
            Value::String(Some(bytes)) => self.string(node, &text(bytes), about),
            Value::Uuid(id) if node.is_topic_id() && *id != [0; 16] => {
                self.listed(Topic { id: Some(TopicId(*id)), ..Topic::default() }, about);
            }
            _ => {}
        }
    }

    /// A topic of a list, or one that is named alone.
    fn listed(&mut self, topic: Topic, about: About) {
        self.facts.topics.push(Topic { group: about.group, ..topic });
    }

    fn string(&mut self, node: &Node, text: &str, about: About) {
        if node.is_topic_name() {
            return self.listed(Topic { name: Some(text.into()), ..Topic::default() }, about);
        }
        let facts = &mut self.facts;
        match node.field.name {
            "MemberId" => facts.members.push(text.into()),
            "ClientSoftwareName" => facts.software = Some(Box::new((text.into(), "".into()))),
            "ClientSoftwareVersion" => {
                facts.software.as_mut().expect("the name before its version").1 = text.into();
            }
            "Mechanism" => facts.mechanism = Some(text.into()),
            "Key" | "CoordinatorKeys" if self.finds_coordinators && self.is_request => {
                facts.rare.get_or_insert_default().coordinator_keys.push(text.into());
            }
            "ClusterId" => facts.rare.get_or_insert_default().cluster = Some(text.into()),
            "GroupInstanceId" | "InstanceId" => {
                facts.rare.get_or_insert_default().instances.push(text.into());
            }
            _ if node.is_group() && node.field.is_array => drop(self.group(text.into())),
            _ => {}
        }
    }
}

/// Of a resource: whether it is one topic. Types and patterns are those of KIP-133 and KIP-290.
fn is_topic_resource(nodes: &[Node]) -> bool {
    let number = |name: &str| {
        let mut named = nodes.iter().filter(|node| node.field.name.ends_with(name));
        named.find_map(|node| match node.values[..] {
            [Value::Int(number)] => Some(number),
            _ => None,
        })
    };
    number("ResourceType") == Some(2) && number("PatternType").is_none_or(|pattern| pattern == 3)
}

impl Node {
    fn is_topic_name(&self) -> bool {
        self.field.entity == Some(Entity::TopicName) && self.field.kind == Kind::String
    }

    fn is_topic_id(&self) -> bool {
        self.field.name == "TopicId" && self.field.kind == Kind::Uuid
    }

    fn is_topic(&self) -> bool {
        self.is_topic_name() || self.is_topic_id()
    }

    fn is_partition(&self) -> bool {
        let is_one = matches!(self.field.name, "PartitionIndex" | "Partition" | "Index");
        is_one && self.field.kind == Kind::Int32 && !self.field.is_array
    }

    fn is_group(&self) -> bool {
        let is_named = self.field.name == "GroupId" || self.field.entity == Some(Entity::GroupId);
        is_named && self.field.kind == Kind::String
    }

    fn group(&self) -> Option<String> {
        (self.is_group() && !self.field.is_array).then(|| self.text()).flatten()
    }

    fn text(&self) -> Option<String> {
        match &self.values[..] {
            [Value::String(Some(bytes))] => Some(text(bytes)),
            _ => None,
        }
    }

    fn id(&self) -> Option<TopicId> {
        match self.values[..] {
            [Value::Uuid(id)] if id != [0; 16] => Some(TopicId(id)),
            _ => None,
        }
    }
}

/// As much of a text as is told.
fn text(bytes: &[u8]) -> String {
    match bytes.get(..MAX_TEXT) {
        Some(shown) if bytes.len() > MAX_TEXT => kept_part(shown),
        _ => kept(bytes).into_owned(),
    }
}
