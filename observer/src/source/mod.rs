//! Sources: where segments come from. Each yields [`Input`](crate::input::Input) values.

pub mod replay;
