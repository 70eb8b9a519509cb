//! Brokers that really run: Java and Maven are needed, and the jars are fetched.

use std::net::TcpStream;
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use xtask::kafka::{Broker, Config, Version, Voter, free_ports};
use xtask::process::{send, started};

fn config(version: Version) -> Config {
    Config::new(version).expect("free ports")
}

#[test]
fn a_broker_answers_over_ipv6_and_leaves_nothing() {
    let mut config = config(Version::LATEST).with_jmx().expect("a free port");
    config.listen.set_ip("::1".parse().expect("an address"));
    let broker = Broker::start(&config).expect("started");
    let topics = broker
        .tool("org.apache.kafka.tools.TopicCommand")
        .expect("tools")
        .args(["--bootstrap-server", &broker.address().to_string()])
        .args(["--create", "--topic", "seen", "--partitions", "1"])
        .output()
        .expect("ran");
    assert!(topics.status.success(), "{}", String::from_utf8_lossy(&topics.stderr));
    let (pid, dir, address) = (broker.id(), broker.dir().to_owned(), broker.address());
    assert!(Path::new(&dir).exists() && broker.jmx_url().is_some());
    drop(broker);
    assert_eq!(started(pid), None);
    assert!(!dir.exists());
    assert!(TcpStream::connect(address).is_err());
}

#[test]
fn zookeeper_comes_and_goes_with_its_broker() {
    let broker = Broker::start(&config(Version::V2_8)).expect("started");
    let zookeeper = broker.zookeeper().expect("an address").to_owned();
    TcpStream::connect(&zookeeper).expect("ZooKeeper listens");
    broker.stop().expect("stopped");
    assert!(TcpStream::connect(&zookeeper).is_err());
}

#[test]
fn three_nodes_make_a_cluster() {
    let ports: [u16; 3] = free_ports().expect("free ports");
    let voters: Vec<_> = (1..)
        .zip(ports)
        .map(|(node_id, port)| Voter { node_id, address: ([127, 0, 0, 1], port).into() })
        .collect();
    let node = |voter: &Voter| Config {
        node_id: voter.node_id,
        controller_port: voter.address.port(),
        voters: voters.clone(),
        ..config(Version::V3_9)
    };
    // No node answers before a majority runs, so they start side by side.
    let brokers: Vec<_> = std::thread::scope(|scope| {
        let starting: Vec<_> =
            voters.iter().map(|voter| scope.spawn(|| Broker::start(&node(voter)))).collect();
        starting.into_iter().map(|one| one.join().expect("no panic")).collect()
    });
    for broker in brokers {
        broker.expect("started");
    }
}

#[test]
fn a_broker_that_cannot_start_says_why_at_once() {
    let before = Instant::now();
    let config = config(Version::LATEST).set("log.retention.hours", "never");
    let error = format!("{:#}", Broker::start(&config).expect_err("cannot start"));
    assert!(error.contains("log.retention.hours"), "{error}");
    assert!(before.elapsed() < config.patience / 2, "{error}");
}

#[test]
fn another_brokers_port_is_not_taken_for_its_own() {
    let first = Broker::start(&config(Version::LATEST)).expect("started");
    let mut config = config(Version::LATEST);
    config.listen = first.address();
    let error = format!("{:#}", Broker::start(&config).expect_err("cannot start"));
    assert!(error.contains(&format!("cannot listen on {}", first.address())), "{error}");
    assert!(error.contains("in use"), "{error}");
    // Nothing happened to the first.
    TcpStream::connect(first.address()).expect("it answers");
    first.stop().expect("stopped");
}

#[test]
fn a_broker_that_hangs_is_given_up() {
    let mut config = config(Version::LATEST);
    // A controller that is not there.
    config.voters = vec![Voter { node_id: 9, address: ([127, 0, 0, 1], 1).into() }];
    config.patience = Duration::from_secs(8);
    let error = format!("{:#}", Broker::start(&config).expect_err("cannot start"));
    assert!(error.contains("does not answer") && error.contains("broker.log"), "{error}");
}

#[test]
fn a_broker_killed_from_outside_is_no_trouble() {
    let broker = Broker::start(&config(Version::V3_9)).expect("started");
    send(broker.id(), Signal::KILL).expect("killed");
    broker.stop().expect("nothing left to stop");
}
