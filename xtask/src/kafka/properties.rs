//! `server.properties`: a configuration in, the lines Kafka reads out.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::Path;

use super::{Config, Listener, Version};

const CLIENTS: &str = "PLAINTEXT";
const CONTROLLERS: &str = "CONTROLLER";

/// The file's text. `zookeeper` is where ZooKeeper listens, for a broker that needs one.
pub(super) fn server(config: &Config, data: &Path, zookeeper: Option<&str>) -> String {
    let mut properties = single_node(config.version);
    properties.insert("log.dirs".into(), data.display().to_string());
    let listeners = listeners(config);
    if config.version >= Version::new(1, 0, 0) {
        properties.extend(listener_properties(&listeners, config));
    } else {
        properties.extend(old_listener_properties(config));
    }
    match zookeeper {
        Some(address) => {
            properties.insert("broker.id".into(), config.node_id.to_string());
            properties.insert("zookeeper.connect".into(), address.to_owned());
        }
        None => properties.extend(kraft_properties(config)),
    }
    properties.extend(config.properties.clone());
    text(&properties)
}

/// Writes `key=value` lines.
pub(super) fn text(properties: &BTreeMap<String, String>) -> String {
    properties.iter().fold(String::new(), |mut text, (key, value)| {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{key}={value}");
        text
    })
}

/// Internal topics that fit on one node, and groups that need no three seconds to form.
fn single_node(version: Version) -> BTreeMap<String, String> {
    let mut keys = vec![("offsets.topic.replication.factor", "1")];
    if version >= Version::new(1, 0, 0) {
        keys.push(("transaction.state.log.replication.factor", "1"));
        keys.push(("transaction.state.log.min.isr", "1"));
        keys.push(("group.initial.rebalance.delay.ms", "0"));
    }
    if version >= Version::new(4, 0, 0) {
        keys.push(("share.coordinator.state.topic.replication.factor", "1"));
        keys.push(("share.coordinator.state.topic.min.isr", "1"));
    }
    keys.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
}

fn listeners(config: &Config) -> Vec<(Listener, SocketAddr)> {
    let plain =
        Listener { name: CLIENTS.to_owned(), protocol: CLIENTS.to_owned(), address: config.listen };
    let advertised = config.advertised.unwrap_or_else(|| config.reachable());
    let others = config.listeners.iter().map(|other| (other.clone(), other.address));
    std::iter::once((plain, advertised)).chain(others).collect()
}

fn listener_properties(
    listeners: &[(Listener, SocketAddr)],
    config: &Config,
) -> BTreeMap<String, String> {
    let (mut bound, mut advertised, mut protocols) = (Vec::new(), Vec::new(), Vec::new());
    for (Listener { name, protocol, address }, public) in listeners {
        bound.push(format!("{name}://{address}"));
        advertised.push(format!("{name}://{public}"));
        protocols.push(format!("{name}:{protocol}"));
    }
    if config.version.is_kraft() {
        protocols.push(format!("{CONTROLLERS}:PLAINTEXT"));
    }
    if config.is_controller() {
        let address = SocketAddr::new(config.listen.ip(), config.controller_port);
        bound.push(format!("{CONTROLLERS}://{address}"));
    }
    BTreeMap::from([
        ("listeners".to_owned(), bound.join(",")),
        ("advertised.listeners".to_owned(), advertised.join(",")),
        ("listener.security.protocol.map".to_owned(), protocols.join(",")),
        ("inter.broker.listener.name".to_owned(), CLIENTS.to_owned()),
    ])
}

/// Brokers before 1.0: one listener, in the words that all of them know.
fn old_listener_properties(config: &Config) -> BTreeMap<String, String> {
    let advertised = config.advertised.unwrap_or_else(|| config.reachable());
    BTreeMap::from([
        ("host.name".to_owned(), config.listen.ip().to_string()),
        ("port".to_owned(), config.listen.port().to_string()),
        ("advertised.host.name".to_owned(), advertised.ip().to_string()),
        ("advertised.port".to_owned(), advertised.port().to_string()),
    ])
}

fn kraft_properties(config: &Config) -> BTreeMap<String, String> {
    let roles = if config.is_controller() { "broker,controller" } else { "broker" };
    let voters: Vec<_> = config.quorum().iter().map(ToString::to_string).collect();
    BTreeMap::from([
        ("node.id".to_owned(), config.node_id.to_string()),
        ("process.roles".to_owned(), roles.to_owned()),
        ("controller.listener.names".to_owned(), CONTROLLERS.to_owned()),
        ("controller.quorum.voters".to_owned(), voters.join(",")),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(version: Version) -> Config {
        let mut config = Config::new(version).expect("ports");
        config.listen = "[::]:9000".parse().expect("an address");
        config.advertised = Some("[fd00::2]:9000".parse().expect("an address"));
        config.controller_port = 9001;
        config
    }

    fn lines(config: &Config, zookeeper: Option<&str>) -> Vec<String> {
        server(config, Path::new("/data"), zookeeper).lines().map(str::to_owned).collect()
    }

    #[test]
    fn a_combined_node_listens_twice_and_advertises_once() {
        let lines = lines(&config(Version::LATEST), None);
        for line in [
            "listeners=PLAINTEXT://[::]:9000,CONTROLLER://[::]:9001",
            "advertised.listeners=PLAINTEXT://[fd00::2]:9000",
            "controller.quorum.voters=1@[fd00::2]:9001",
            "process.roles=broker,controller",
            "log.dirs=/data",
        ] {
            assert!(lines.iter().any(|l| l == line), "{line} not in {lines:#?}");
        }
    }

    #[test]
    fn a_node_outside_the_quorum_is_a_broker_only() {
        let mut config = config(Version::LATEST);
        config.voters = vec!["2@10.0.0.2:9001".parse().expect("a voter")];
        let lines = lines(&config, None);
        assert!(lines.iter().any(|l| l == "process.roles=broker"));
        assert!(lines.iter().any(|l| l == "listeners=PLAINTEXT://[::]:9000"));
    }

    #[test]
    fn a_zookeeper_broker_has_no_roles_and_settings_win() {
        let config = config(Version::V2_8).set("broker.id", 7).set("num.partitions", 3);
        let lines = lines(&config, Some("127.0.0.1:2181"));
        assert!(lines.iter().any(|l| l == "broker.id=7"));
        assert!(lines.iter().any(|l| l == "num.partitions=3"));
        assert!(lines.iter().any(|l| l == "zookeeper.connect=127.0.0.1:2181"));
        assert!(!lines.iter().any(|l| l.contains("CONTROLLER") || l.contains("process.roles")));
    }

    #[test]
    fn old_brokers_get_host_and_port() {
        let lines = lines(&config("0.9.0.1".parse().expect("a version")), Some("127.0.0.1:2181"));
        assert!(lines.iter().any(|l| l == "port=9000"));
        assert!(!lines.iter().any(|l| l.starts_with("listeners=")));
    }
}
