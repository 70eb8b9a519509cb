//! Reassembly, as its users see it: scripts for each named case, and random schedules against a slow
//! and plain oracle.

mod oracle;
mod random;
mod recorder;
mod schedule;
mod script;
mod scripts;
mod world;
