//! Envoy between clients and broker: it passes bytes on, and looks at none of them.

use std::fs;
use std::net::{SocketAddr, TcpStream};
use std::process::Command;

use anyhow::Result;

use super::{Place, Running};
use crate::setup;

pub(super) fn start(running: &mut Running, place: &Place) -> Result<()> {
    let (entrance, broker) = place.proxy;
    let settings = place.folder.join("envoy.json");
    fs::write(&settings, configuration(entrance, broker).to_string())?;
    let mut command = Command::new(setup::envoy());
    command.arg("--config-path").arg(&settings);
    command.args(["--disable-hot-restart", "--log-level", "warning"]);
    running.spawn("Envoy", command, || TcpStream::connect(entrance).is_ok())?;
    running.entrance = entrance;
    Ok(())
}

/// One listener, one cluster of one broker.
fn configuration(entrance: SocketAddr, broker: SocketAddr) -> serde_json::Value {
    let proxy = serde_json::json!({
        "name": "envoy.filters.network.tcp_proxy",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy",
            "stat_prefix": "kafka",
            "cluster": "broker",
        },
    });
    let endpoint = serde_json::json!({ "endpoint": { "address": address(broker) } });
    serde_json::json!({
        "static_resources": {
            "listeners": [{
                "address": address(entrance),
                "filter_chains": [{ "filters": [proxy] }],
            }],
            "clusters": [{
                "name": "broker",
                "type": "STATIC",
                "load_assignment": {
                    "cluster_name": "broker",
                    "endpoints": [{ "lb_endpoints": [endpoint] }],
                },
                // The idle load has a thousand connections, and as many are allowed by default.
                "circuit_breakers": { "thresholds": [{ "max_connections": 10_000 }] },
            }],
        },
    })
}

fn address(at: SocketAddr) -> serde_json::Value {
    serde_json::json!({
        "socket_address": { "address": at.ip().to_string(), "port_value": at.port() }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_listens_at_the_entrance_and_connects_to_the_broker() {
        let (entrance, broker) = ("127.0.0.1:1", "127.0.0.1:2");
        let made = configuration(entrance.parse().expect("one"), broker.parse().expect("another"));
        let port = |path: &str| made.pointer(path).and_then(serde_json::Value::as_u64);
        let of_listener = "/static_resources/listeners/0/address/socket_address/port_value";
        assert_eq!(port(of_listener), Some(1));
        let of_endpoint = "/static_resources/clusters/0/load_assignment/endpoints/0/lb_endpoints/0\
                           /endpoint/address/socket_address/port_value";
        assert_eq!(port(of_endpoint), Some(2));
    }
}
