//! Kafka's own generated classes as the oracle of bodies: how many messages in, filled messages of
//! every layout out, each with a trace of the values on its wire.
//!
//! ```no_run
//! use tests::messages::{Plan, messages};
//!
//! for message in messages(Plan::of_each(20))? {
//!     let message = message?;
//!     println!("{message}: {} bytes, {} values", message.body.len(), message.trace.len());
//! }
//! # Ok::<(), anyhow::Error>(())
//! ```

pub mod decoded;
mod form;
mod generator;
mod line;
mod message;
pub mod reports;
pub mod said;
mod tree;

pub use form::Form;
pub use generator::{Messages, Plan, messages, messages_of};
pub use line::{Batch, Line, Value};
pub use message::{Message, Mode, Wrapped};
