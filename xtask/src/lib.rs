//! What a developer, CI and the tests run: a checkout in; built binaries, running brokers and test
//! results out. The `cargo xtask` command is a thin shell over these modules.

pub mod bench;
pub mod build;
pub mod classifier;
pub mod demo;
mod interrupt;
pub mod kafka;
pub mod paths;
pub mod privileges;
pub mod process;
pub mod record;
pub mod schema;
pub mod setup;
pub mod test;
pub mod tidy;
pub mod vm_test;
