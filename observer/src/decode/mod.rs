//! Bodies: the bytes of a message behind its header in, what they say out.
//!
//! A [`Body`] is a message that is passing: a machine that follows its layout, and the facts found so
//! far. It takes the bytes in parts, and is told of those that are not there.
#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    forbid(
        clippy::arithmetic_side_effects,
        clippy::cast_possible_truncation,
        clippy::cast_possible_wrap,
        clippy::cast_sign_loss
    )
)]

mod blame;
mod body;
mod brokers;
mod collector;
mod decoder;
mod errors;
mod facts;
mod inside;
mod kept;
mod names;
mod rare;
mod scopes;
mod sessions;
mod shared;
mod topic_id;
mod undecoded;
mod weight;
mod whole;

pub use body::{Body, Message};
pub use decoder::Decoder;
pub use errors::ErrorCounts;
pub use facts::{ErrorFact, Facts, Forwarded, Partition, Producer, Topic};
pub use kept::{CUT_MARK, MAX_KEPT, kept, kept_part};
pub use names::Names;
pub use rare::Rare;
pub use sessions::{Held, SessionTopic, SessionTopics, Sessions};
pub use topic_id::TopicId;
pub use undecoded::Undecoded;
