//! Support for the integration tests.

pub mod capture_writer;
pub mod replayed;
