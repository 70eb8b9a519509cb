//! Topics as exchanges tell them apart.

use std::borrow::Cow;
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

    /// Its name, or its id as Kafka prints it.
    pub fn text(&self) -> Cow<'_, str> {
        match self {
            Self::Name(name) => Cow::Borrowed(name),
            Self::Id(id) => Cow::Owned(id.to_string()),
        }
    }
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text())
    }
}
