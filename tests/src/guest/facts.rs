//! Exchange records without what differs from one run of the same traffic to the next.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use serde_json::Value;

const TIMES: [&str; 3] = ["duration_us", "broker_time_us", "wait_us"];
/// When, and seen from where.
const CIRCUMSTANCES: [&str; 2] = ["time", "vantage"];

/// The facts of records, one a line, in an order that does not depend on times; connections are
/// named after those that they stand for.
pub fn of(printed: &[u8], origins: &BTreeMap<[String; 2], [String; 2]>) -> Result<Vec<String>> {
    let lines = std::str::from_utf8(printed)?.lines();
    let mut facts = lines.map(|line| fact(line, origins)).collect::<Result<Vec<_>>>()?;
    facts.sort_unstable();
    Ok(facts)
}

fn fact(line: &str, origins: &BTreeMap<[String; 2], [String; 2]>) -> Result<String> {
    let mut record: Value = serde_json::from_str(line).with_context(|| line.to_owned())?;
    let record = record.as_object_mut().context("a record is an object")?;
    for name in CIRCUMSTANCES {
        record.remove(name).with_context(|| format!("no {name}: {line}"))?;
    }
    for name in TIMES {
        // Whether it is known stays.
        let time = record.get_mut(name).with_context(|| format!("no {name}: {line}"))?;
        *time = time.is_number().into();
    }
    let ends = ["client", "broker"];
    let connection = ends.map(|end| record[end].as_str().unwrap_or_default().to_owned());
    if let Some(origin) = origins.get(&connection) {
        for (end, address) in ends.into_iter().zip(origin) {
            record[end] = address.as_str().into();
        }
    }
    // A recording that stops leaves open what a connection's end abandons.
    if record["outcome"] == "open" {
        record["outcome"] = "abandoned".into();
    }
    Ok(serde_json::to_string(record)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(client: &str, outcome: &str, duration: &str) -> String {
        format!(
            "{{\"time\":\"t\",\"vantage\":\"both\",\"client\":\"{client}\",\"broker\":\"b:1\",\
             \"outcome\":\"{outcome}\",\"duration_us\":{duration},\"broker_time_us\":1,\
             \"wait_us\":0}}\n"
        )
    }

    #[test]
    fn the_same_traffic_has_the_same_facts_whenever_and_between_whom_it_passes() {
        let connection = |client: &str| [client.to_owned(), "b:1".to_owned()];
        let origins = BTreeMap::from([(connection("new:2"), connection("old:1"))]);
        let live = line("new:2", "answered", "7.5") + &line("new:2", "abandoned", "null");
        let replayed = line("old:1", "open", "null") + &line("old:1", "answered", "1");
        let replayed = of(replayed.as_bytes(), &BTreeMap::new()).unwrap();
        assert_eq!(of(live.as_bytes(), &origins).unwrap(), replayed);
        assert_ne!(of(live.as_bytes(), &BTreeMap::new()).unwrap(), replayed);
        let timeless = line("new:2", "answered", "null") + &line("new:2", "abandoned", "null");
        assert_ne!(of(timeless.as_bytes(), &origins).unwrap(), replayed);
    }
}
