//! What builds, runs and checks this project, for the `xtask` command and for the tests.

pub mod schema;
pub mod tidy;
