//! Topics as exchanges tell them apart.

use std::fmt;
use std::sync::Arc;

use crate::decode::{self, TopicId};

/// A topic: its name, or its id for as long as nothing else is known.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Topic {
    /// By its name.
    Name(Arc<str>),
    /// By its id.
    Id(TopicId),
}

impl Topic {
    /// The topic that a message speaks of.
    pub fn of(topic: &decode::Topic) -> Option<Self> {
        match (&topic.name, topic.id) {
            (Some(name), _) => Some(Self::Name(Arc::clone(name))),
            (None, Some(id)) => Some(Self::Id(id)),
            (None, None) => None,
        }
    }
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Id(id) => id.fmt(f),
        }
    }
}
