//! Support for the integration tests.

#[cfg(feature = "live")]
pub mod capture;
pub mod capture_writer;
pub mod replayed;
#[cfg(feature = "live")]
pub mod traffic;
