//! What Kafka's tool says of groups: its output in, offsets by group and partition out.

use std::collections::BTreeMap;
use std::process::Stdio;

use anyhow::{Context, Result, bail};
use xtask::kafka::Broker;

const CONSUMERS: &str = "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand";
const SHARING: &str = "org.apache.kafka.tools.consumer.group.ShareGroupCommand";

/// What the tools wait for answers, in milliseconds: more than they do unasked, for a machine that is busy.
const TIMEOUT: &str = "60000";

/// Where a group goes on in a partition, says the tool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// The committed offset.
    pub committed: i64,
    /// The end of the partition.
    pub end: i64,
    /// The lag.
    pub lag: i64,
}

/// Start offset and lag of a share group, by partition.
pub type Shared = BTreeMap<i32, (i64, Option<i64>)>;

/// Rows by group and partition; those without an offset are left out.
pub type Rows = BTreeMap<(String, i32), Row>;

/// Asks the tool where the groups stand, at this address.
pub fn describe(broker: &Broker, address: &str, groups: &[&str]) -> Result<Rows> {
    Ok(rows(&run(broker, CONSUMERS, address, groups, "--offsets")?))
}

/// Asks the other tool where a share group stands: the first offset that is not done, by partition.
pub fn describe_shared(broker: &Broker, address: &str, group: &str) -> Result<Shared> {
    Ok(shared(&run(broker, SHARING, address, &[group], "--offsets")?))
}

/// Asks the tool how many members the groups have.
pub fn members(broker: &Broker, address: &str, groups: &[&str]) -> Result<BTreeMap<String, u64>> {
    Ok(counts(&run(broker, CONSUMERS, address, groups, "--state")?, groups))
}

fn run(broker: &Broker, tool: &str, address: &str, groups: &[&str], what: &str) -> Result<String> {
    let mut command = broker.tool(tool)?;
    command.args(["--bootstrap-server", address, "--describe", what, "--timeout", TIMEOUT]);
    command.args(groups.iter().flat_map(|group| ["--group", group]));
    let output = command.stdin(Stdio::null()).output().context("cannot run Java")?;
    let (out, err) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    if !output.status.success() {
        bail!("{tool} failed:\n{out}{err}");
    }
    Ok(out.into_owned())
}

/// `GROUP TOPIC PARTITION CURRENT-OFFSET LOG-END-OFFSET LAG ...`, and sentences for people.
fn rows(output: &str) -> Rows {
    let row = |line: &str| {
        let fields: Vec<_> = line.split_whitespace().collect();
        let [group, _, partition, committed, end, lag, ..] = fields[..] else {
            return None;
        };
        let row = Row {
            committed: committed.parse().ok()?,
            end: end.parse().ok()?,
            lag: lag.parse().ok()?,
        };
        Some(((group.to_owned(), partition.parse().ok()?), row))
    };
    output.lines().filter_map(row).collect()
}

/// `GROUP TOPIC PARTITION START-OFFSET LAG`; older tools do not tell the lag.
fn shared(output: &str) -> Shared {
    let row = |line: &str| {
        let mut fields = line.split_whitespace().skip(2);
        let (partition, start) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
        Some((partition, (start, fields.next().and_then(|lag| lag.parse().ok()))))
    };
    output.lines().filter_map(row).collect()
}

/// `GROUP ... #MEMBERS`.
fn counts(output: &str, groups: &[&str]) -> BTreeMap<String, u64> {
    let count = |line: &str| {
        let fields: Vec<_> = line.split_whitespace().collect();
        let (first, last) = (fields.first()?, fields.last()?);
        let group = groups.iter().find(|group| group == &first)?;
        Some(((*group).to_owned(), last.parse().ok()?))
    };
    output.lines().filter_map(count).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_stand_among_sentences() {
        let output = "\nConsumer group 'g' has no active members.\n\n\
            GROUP TOPIC PARTITION CURRENT-OFFSET LOG-END-OFFSET LAG CONSUMER-ID HOST CLIENT-ID\n\
            g     lag   0         5              9              4   -           -    -\n\
            g     lag   1         -              9              -   -           -    -\n";
        let row = Row { committed: 5, end: 9, lag: 4 };
        assert_eq!(rows(output), BTreeMap::from([(("g".to_owned(), 0), row)]));
    }

    #[test]
    fn a_share_group_may_have_no_lag() {
        let output = "GROUP TOPIC PARTITION START-OFFSET LAG\n\
            g lag 0 5 4\ng lag 1 7 -\ng lag 2 - -\n";
        assert_eq!(shared(output), BTreeMap::from([(0, (5, Some(4))), (1, (7, None))]));
    }

    #[test]
    fn members_stand_at_the_end() {
        let output = "GROUP COORDINATOR (ID) ASSIGNMENT-STRATEGY STATE #MEMBERS\n\
            g 127.0.0.1:9 (1) range Stable 2\n";
        assert_eq!(counts(output, &["g"]), BTreeMap::from([("g".to_owned(), 2)]));
    }
}
