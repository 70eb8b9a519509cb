//! The first process of a machine that `cargo xtask vm-test` emulates.

fn main() {
    tests::guest::run();
}
