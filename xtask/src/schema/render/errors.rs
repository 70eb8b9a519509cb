//! The names of Kafka's error codes.

use std::collections::BTreeMap;

use super::super::jar::Jar;
use super::line;

/// The generated file's text; where the releases differ, the newest one is right.
pub fn table(jars: &[Jar]) -> String {
    let oldest_first = jars.iter().rev().flat_map(|jar| &jar.declared.errors);
    let names: BTreeMap<i16, &String> = oldest_first.map(|(code, name)| (*code, name)).collect();
    let mut out =
        String::from("/// Kafka's error codes and their names, in the order of the codes.\n");
    line(&mut out, "#[rustfmt::skip] // A row is a line.");
    line(&mut out, &format!("pub static NAMES: [(i16, &str); {}] = [", names.len()));
    for (code, name) in names {
        line(&mut out, &format!("    ({code}, {name:?}),"));
    }
    line(&mut out, "];");
    out
}
