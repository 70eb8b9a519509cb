//! Consumer groups: exchanges in; members, progress and lag out.
//!
//! - `clients`: which client belongs to which group
#![cfg_attr(
    not(test),
    deny(
        clippy::arithmetic_side_effects,
        clippy::cast_possible_truncation,
        clippy::cast_possible_wrap,
        clippy::cast_sign_loss
    )
)]

mod clients;
#[cfg(test)]
mod samples;

pub use clients::Clients;
