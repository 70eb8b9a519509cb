//! The manifests against what Kubernetes and the Prometheus Operator say they take.

use std::process::Command;

use serde::Deserialize;
use serde_json::Value;
use xtask::setup::manifest_validator;

use super::manifest::{self, DaemonSet, Selector};

#[test]
fn the_manifest_is_what_kubernetes_takes() {
    // The oldest and newest versions whose schemas the validator brings.
    for version in ["1.25", "1.37"] {
        let mut validator = Command::new(manifest_validator());
        validator.args(["--strict", "--kubernetes-version", version]);
        let output = validator.arg(manifest::path("daemonset.yaml")).output();
        let output = output.expect("`cargo xtask setup` installs the validator");
        let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        assert!(output.status.success(), "{said}");
        for kind in ["namespace", "daemonset"] {
            assert!(said.contains(&format!("passed for resource {kind}/kafka-observer")), "{said}");
        }
    }
}

/// The fields that ours uses; the operator knows more.
/// <https://prometheus-operator.dev/docs/api-reference/api/#monitoring.coreos.com/v1.PodMonitor>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct PodMonitor {
    api_version: String,
    #[serde(rename = "kind")]
    _kind: String,
    metadata: Value,
    spec: PodMonitorSpec,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct PodMonitorSpec {
    selector: Selector,
    pod_metrics_endpoints: Vec<Endpoint>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Endpoint {
    port: String,
    path: String,
    #[serde(rename = "relabelings")]
    _relabelings: Vec<Relabeling>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Relabeling {
    #[serde(rename = "sourceLabels")]
    _source_labels: Vec<String>,
    #[serde(rename = "targetLabel")]
    _target_label: String,
}

/// Its schema is the operator's, so that the validator above does not know it.
#[test]
fn the_pod_monitor_finds_the_daemon_sets_pods() {
    let monitor: PodMonitor =
        manifest::read("podmonitor.yaml", "PodMonitor").expect("a PodMonitor");
    let set: DaemonSet = manifest::read("daemonset.yaml", "DaemonSet").expect("a DaemonSet");
    assert_eq!(monitor.api_version, "monitoring.coreos.com/v1");
    assert_eq!(monitor.metadata["namespace"], set.metadata.namespace);
    let labels = &set.spec.template.metadata.labels;
    for selector in [&monitor.spec.selector, &set.spec.selector] {
        let is_set = |(name, value)| labels.get(name) == Some(value);
        assert!(selector.match_labels.iter().all(is_set), "{selector:?}");
    }
    let [port] = &set.spec.template.spec.containers[0].ports;
    let [endpoint] = &monitor.spec.pod_metrics_endpoints[..] else { panic!("{monitor:?}") };
    assert_eq!((&endpoint.port, endpoint.path.as_str()), (&port.name, "/metrics"));
}
