//! The demo's clients: a broker in, running producers and consumers out.

use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

use crate::kafka::{Broker, Jvm, Version, tool_with};
use crate::process::Guarded;

/// A topic, its partitions, records a second, and bytes in each.
const TOPICS: &[(&str, u32, u32, u32)] = &[("orders", 6, 200, 512), ("payments", 3, 50, 2048)];
const CONSUMERS: [&str; 2] = ["billing", "shipping"];
/// Far more than a demo will ever send.
const ENDLESS: &str = "1000000000";
/// One client, small.
const JVM: Jvm = Jvm { heap_mib: 96, quick_start: true };

/// Creates the topics, and starts a producer for each and the groups that read them.
pub(super) fn start(broker: &Broker) -> Result<Vec<Guarded>> {
    let mut clients = Vec::new();
    for &(topic, partitions, rate, size) in TOPICS {
        create(broker, topic, partitions)?;
        clients.push(spawn(producer(broker, topic, rate, size)?, "a producer")?);
    }
    for group in CONSUMERS {
        clients.push(spawn(consumer(broker, group)?, "a consumer")?);
    }
    Ok(clients)
}

fn create(broker: &Broker, topic: &str, partitions: u32) -> Result<()> {
    let output = client(broker, "org.apache.kafka.tools.TopicCommand")?
        .args(["--create", "--topic", topic, "--partitions", &partitions.to_string()])
        .output()
        .context("cannot run Java")?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "cannot create the topic {topic}: {}", said.trim());
    Ok(())
}

fn producer(broker: &Broker, topic: &str, rate: u32, size: u32) -> Result<Command> {
    let mut command = client(broker, "org.apache.kafka.tools.ProducerPerformance")?;
    command
        .args(["--topic", topic, "--num-records", ENDLESS])
        .args(["--throughput", &rate.to_string(), "--record-size", &size.to_string()])
        .args(["--command-property", &format!("client.id={topic}-producer")]);
    Ok(command)
}

fn consumer(broker: &Broker, group: &str) -> Result<Command> {
    let mut command = client(broker, "org.apache.kafka.tools.consumer.ConsoleConsumer")?;
    command
        .args(["--include", "orders|payments", "--group", group])
        .args(["--command-property", &format!("client.id={group}")]);
    Ok(command)
}

fn client(broker: &Broker, class: &str) -> Result<Command> {
    let mut command = tool_with(Version::TOOLS, class, JVM)?;
    command.args(["--bootstrap-server", &broker.address().to_string()]);
    Ok(command)
}

/// The view has the terminal for itself.
fn spawn(mut command: Command, name: &str) -> Result<Guarded> {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    Guarded::spawn(name, command)
}
