//! Support for the integration tests.

pub mod binary;
#[cfg(feature = "live")]
pub mod capture;
pub mod capture_writer;
pub mod dumpcap;
pub mod http;
pub mod in_process;
pub mod java;
pub mod jmx;
pub mod messages;
#[cfg(feature = "live")]
pub mod netns;
#[cfg(feature = "live")]
pub mod offloads;
pub mod oracle;
pub mod peer;
pub mod record;
pub mod replayed;
pub mod streamed;
#[cfg(feature = "live")]
pub mod tcx;
#[cfg(feature = "live")]
pub mod traffic;
#[cfg(feature = "live")]
pub mod tun;
pub mod wire;
