//! Kroxylicious between clients and broker: a proxy that knows Kafka's protocol, without filters.

use std::fs;
use std::net::{SocketAddr, TcpStream};

use anyhow::Result;

use super::{Place, Running};
use crate::kafka::{Jvm, fetch_artifacts, free_port};
use crate::paths;

const VERSION: &str = "0.12.0";
/// Where its log goes.
const LOGGING: &str = "org.slf4j:slf4j-simple:2.0.17";
const SOURCE: &str = "xtask/src/bench/proxy/Proxy.java";

pub(super) fn start(running: &mut Running, place: &Place) -> Result<()> {
    let (entrance, _) = place.proxy;
    let runtime = format!("io.kroxylicious:kroxylicious-runtime:{VERSION}");
    let jars = fetch_artifacts(&format!("kroxylicious-{VERSION}"), &[runtime, LOGGING.to_owned()])?;
    let settings = place.folder.join("kroxylicious.json");
    fs::write(&settings, configuration(entrance, place.broker, free_port()?).to_string())?;
    let mut command = Jvm::benchmark().command();
    command.arg("-Dorg.slf4j.simpleLogger.defaultLogLevel=warn");
    command.arg("-cp").arg(jars.join("*")).arg(paths::root().join(SOURCE)).arg(&settings);
    running.spawn("Kroxylicious", command, || TcpStream::connect(entrance).is_ok())?;
    running.entrance = entrance;
    Ok(())
}

/// A cluster of one broker, which clients find at a port of its own; YAML, of which JSON is a part.
fn configuration(entrance: SocketAddr, broker: SocketAddr, node: u16) -> serde_json::Value {
    serde_json::json!({
        "virtualClusters": [{
            "name": "bench",
            "targetCluster": { "bootstrapServers": broker.to_string() },
            "gateways": [{
                "name": "loopback",
                "portIdentifiesNode": {
                    "bootstrapAddress": entrance.to_string(),
                    "nodeStartPort": node,
                    "nodeIdRanges": [{ "name": "broker", "start": NODE, "end": NODE }],
                },
            }],
        }],
    })
}

/// The broker's number.
const NODE: u32 = 1;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_find_the_cluster_at_the_entrance() {
        let (entrance, broker) = ("127.0.0.1:1", "127.0.0.1:2");
        let made = configuration(entrance.parse().expect("one"), broker.parse().expect("two"), 3);
        let cluster = &made["virtualClusters"][0];
        assert_eq!(cluster["targetCluster"]["bootstrapServers"], broker);
        let gateway = &cluster["gateways"][0]["portIdentifiesNode"];
        assert_eq!(
            (&gateway["bootstrapAddress"], &gateway["nodeStartPort"]),
            (&entrance.into(), &3.into())
        );
    }
}
