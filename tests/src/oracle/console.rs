//! Kafka's command-line tools, one after the other, each with its own clients.

use std::process::Stdio;

use anyhow::{Context, Result, bail};
use xtask::kafka::{Broker, Version};

/// A topic of the load, with records.
const TOPIC: &str = "idempotent";

/// A tool's class, and its arguments behind the broker's address; `@` is that address.
type Call = (&'static str, &'static [&'static str]);

const EVERYWHERE: &[Call] = &[
    (
        "kafka.admin.ConfigCommand",
        &["--bootstrap-server", "@", "--entity-type", "topics", "--describe"],
    ),
    (
        "org.apache.kafka.tools.ProducerPerformance",
        &[
            "--topic",
            TOPIC,
            "--num-records",
            "500",
            "--record-size",
            "100",
            "--throughput",
            "-1",
            "--producer-props",
            "bootstrap.servers=@",
        ],
    ),
];

/// Tools that were written in Scala once.
const SCALA: &[Call] = &[
    ("kafka.admin.TopicCommand", &["--bootstrap-server", "@", "--describe"]),
    (
        "kafka.admin.ConsumerGroupCommand",
        &["--bootstrap-server", "@", "--describe", "--all-groups"],
    ),
    ("kafka.tools.GetOffsetShell", &["--broker-list", "@", "--topic", TOPIC]),
    (
        "kafka.tools.ConsoleConsumer",
        &["--bootstrap-server", "@", "--topic", TOPIC, "--from-beginning", "--max-messages", "100"],
    ),
];

const JAVA: &[Call] = &[
    ("org.apache.kafka.tools.TopicCommand", &["--bootstrap-server", "@", "--describe"]),
    (
        "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand",
        &["--bootstrap-server", "@", "--describe", "--all-groups"],
    ),
    ("org.apache.kafka.tools.GetOffsetShell", &["--bootstrap-server", "@", "--topic", TOPIC]),
    (
        "org.apache.kafka.tools.MetadataQuorumCommand",
        &["--bootstrap-server", "@", "describe", "--status"],
    ),
    ("org.apache.kafka.tools.ClientMetricsCommand", &["--bootstrap-server", "@", "--list"]),
    (
        "org.apache.kafka.tools.consumer.ConsoleConsumer",
        &["--bootstrap-server", "@", "--topic", TOPIC, "--from-beginning", "--max-messages", "100"],
    ),
];

/// Runs the tools that fit the broker; fails if one of them does.
pub fn run(broker: &Broker) -> Result<()> {
    let written_in = if broker.version() >= Version::V3_9 { JAVA } else { SCALA };
    EVERYWHERE.iter().chain(written_in).try_for_each(|call| run_one(broker, call))
}

fn run_one(broker: &Broker, (class, arguments): &Call) -> Result<()> {
    let address = broker.address().to_string();
    let arguments = arguments.iter().map(|argument| argument.replace('@', &address));
    let output = broker
        .tool(class)?
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("cannot run {class}"))?;
    if !output.status.success() {
        let (out, err) =
            (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        bail!("{class} failed:\n{out}{err}");
    }
    Ok(())
}
