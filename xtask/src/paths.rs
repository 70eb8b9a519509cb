//! Where things lie: the checkout, its build output, and the cache of what was downloaded.

use std::env;
use std::path::{Path, PathBuf};

/// The variable that moves the cache of Kafka's jars out of the checkout.
pub const CACHE_VARIABLE: &str = "KAFKA_OBSERVER_CACHE";

/// The checkout's root folder.
pub fn root() -> &'static Path {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.parent().unwrap_or(manifest)
}

/// Cargo's output folder.
pub fn target() -> PathBuf {
    env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), |dir| root().join(dir))
}

/// Kafka's jars, a folder for each version: `KAFKA_OBSERVER_CACHE`, else `target/kafka`.
pub fn kafka_cache() -> PathBuf {
    env::var_os(CACHE_VARIABLE).map_or_else(|| target().join("kafka"), PathBuf::from)
}

/// Debian's kernels, a folder for each series.
pub fn kernels() -> PathBuf {
    target().join("kernels")
}
