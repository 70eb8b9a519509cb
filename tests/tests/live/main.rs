//! Live capture against what was really sent. Takes root.

mod loopback;
