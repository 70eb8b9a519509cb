//! Live capture against what was really sent. Takes root.

mod addresses;
mod bad_wire;
mod contention;
mod detached;
mod forgotten;
mod hostile;
mod idle;
mod interfaces;
mod killed;
mod loopback;
mod measured;
mod neighbours;
mod pressure;
mod privileges;
mod recorded;
mod resent;
mod sieve;
mod splits;
mod tunnel;
mod veth;
mod work;
