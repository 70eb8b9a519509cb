//! One script for each named case: input, then expected output.

mod delivery;
mod extremes;
mod holes;
