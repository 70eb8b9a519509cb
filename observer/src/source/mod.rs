//! Sources: where segments come from. Each yields [`Input`](crate::input::Input) values.

#[cfg(feature = "live")]
pub mod live;
pub mod replay;
