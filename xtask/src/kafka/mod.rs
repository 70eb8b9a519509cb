//! Apache Kafka for tests, demo and benchmarks: a version and a configuration in, a broker that
//! answers out. Jars come from Maven Central into a folder for each version.
//!
//! ```no_run
//! use xtask::kafka::{Broker, Config, Version};
//!
//! let broker = Broker::start(&Config::new(Version::LATEST)?)?;
//! println!("{} answers", broker.address());
//! # Ok::<(), anyhow::Error>(())
//! ```

mod broker;
mod command;
mod config;
mod detached;
mod jars;
mod java;
mod log;
mod port;
mod properties;
mod ready;
mod security;
mod version;
mod zookeeper;

pub use broker::Broker;
pub use command::Command;
pub use config::{Config, Listener, Voter};
pub use jars::{classpath, fetch, fetch_artifacts};
pub use java::{Jvm, tool, tool_with};
pub use port::{free_port, free_ports};
pub use security::User;
pub use version::Version;
