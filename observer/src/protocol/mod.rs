//! Kafka's protocol: pure functions over bytes, driven by the table that `cargo xtask schema` writes.
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

pub mod api;
pub mod error_code;
pub mod header;
pub mod machine;
pub mod meaning;
pub mod pieces;
pub mod plausible;
pub mod program;
pub mod schema;
pub mod sieve;
pub mod table;
pub mod whole;
pub mod wire;
