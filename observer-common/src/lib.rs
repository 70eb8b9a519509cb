//! What the kernel programs and the daemon share.
//!
//! Everything here is plain arithmetic over bytes and integers, so the kernel side is tested on the
//! host. Nothing is transmuted: records are written and parsed field by field.
#![cfg_attr(not(test), no_std)]
#![cfg_attr(not(test), forbid(unsafe_code))]
#![cfg_attr(
    not(test),
    forbid(
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic,
        clippy::string_slice,
        clippy::todo,
        clippy::unimplemented,
        clippy::unreachable,
        clippy::unwrap_used,
        reason = "no byte from the wire or a file is a panic"
    )
)]

mod bytes;
pub mod counters;
pub mod flow;
pub mod flow_state;
pub mod hook;
pub mod order;
pub mod own_ring;
pub mod owner;
pub mod packet;
pub mod ports;
pub mod record;
pub mod seq;
pub mod sieve;
pub mod slots;
pub mod socket;

pub use flow::{Endpoint, Flow};
pub use record::TcpFlags;
pub use seq::Seq;
