//! The sieve: of a direction whose frame boundaries are known, which bytes are metadata and which
//! are data. The first are kept, the others left out.
//!
//! A [`Walk`] is where a direction is; [`step`] takes it further, often by one op, over the bytes of an skb that
//! a [`Tape`] shows, and says which of them to keep. What it does is told by words of [`Code`], which
//! the daemon compiles out of Kafka's schemas, so that a new version of Kafka needs no new kernel code.
//! Kernel and host run the same function; the kernel runs it once for each turn of a bounded loop.
//!
//! A step, in this order: keep the bytes before the number that the op wants, and the number; do the op;
//! keep the bytes behind it that are to be kept, and leave out those to be left out. A step that finds too
//! few bytes goes on with the next skb, at any byte. So the state is a few integers, and no field is ever
//! collected. What nearly always comes next and is at hand takes no step of its own: a request's id behind
//! its version, a set's only batch behind its length, counts of no tagged fields. Of a frame with many record
//! sets one step leads from each to the next, and what nearly all frames are takes one step in all.
//!
//! What a frame claims is believed as far as the frame reaches: an op that wants more than is left of
//! it ends the frame, whose rest is left out. A wrong layout costs one frame.

mod act;
mod answers;
mod bench;
mod code;
mod element;
mod frames;
mod glance;
mod look;
mod observe;
mod place;
mod sets;
mod step;
mod tape;
mod task;
mod tokens;
mod walk;
mod why;
mod word;
mod wrapped;

pub use act::MAX_KEPT;
pub use answers::{ANSWERS, Answer};
pub use bench::{Bench, Walked};
pub use code::{API_KEYS, Code, ENTRIES, Entry, MAX_WORDS, VERSIONS, entry_index};
pub use element::take_set;
pub use frames::{
    ANY_RESPONSE, MAX_FRAME, MAX_REQUEST, SHORT_RESPONSE, UNKNOWN_REQUEST, may_begin,
};
pub use glance::{MOST_COUNTS_BEHIND, leap};
pub use observe::{lose_step, obey, observe, observe_plain};
pub use place::{Arrival, Late, Place, Position};
pub use step::{MOST_STEPS, Step, step};
pub use tape::{News, Tape, Window};
pub use tokens::Tokens;
pub use walk::{MAX_DEPTH, Walk};
pub use why::Why;
pub use word::{Op, Width, Word};
