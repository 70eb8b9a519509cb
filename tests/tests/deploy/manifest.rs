//! The manifests, as far as the tests go: YAML in, the fields that matter out.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The labels that make a pod one of ours.
pub type Labels = BTreeMap<String, String>;

#[derive(Debug, Deserialize)]
pub struct DaemonSet {
    pub metadata: Metadata,
    pub spec: DaemonSetSpec,
}

#[derive(Debug, Deserialize)]
pub struct Metadata {
    pub namespace: String,
}

#[derive(Debug, Deserialize)]
pub struct DaemonSetSpec {
    pub selector: Selector,
    pub template: Template,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Selector {
    pub match_labels: Labels,
}

#[derive(Debug, Deserialize)]
pub struct Template {
    pub metadata: TemplateMetadata,
    pub spec: PodSpec,
}

#[derive(Debug, Deserialize)]
pub struct TemplateMetadata {
    pub labels: Labels,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PodSpec {
    pub host_network: bool,
    #[serde(rename = "hostPID")]
    pub host_pid: bool,
    pub containers: [Container; 1],
    pub volumes: Vec<Volume>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Container {
    pub args: Vec<String>,
    pub env: Vec<Variable>,
    pub ports: [Port; 1],
    pub liveness_probe: Probe,
    pub readiness_probe: Probe,
    pub security_context: SecurityContext,
    pub volume_mounts: Vec<VolumeMount>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Variable {
    pub name: String,
    pub value: Option<String>,
    pub value_from: Option<Value>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Port {
    pub name: String,
    pub container_port: u16,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Probe {
    pub http_get: HttpGet,
}

#[derive(Debug, Deserialize)]
pub struct HttpGet {
    pub path: String,
    pub port: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SecurityContext {
    pub run_as_user: u32,
    pub allow_privilege_escalation: bool,
    pub read_only_root_filesystem: bool,
    pub capabilities: Capabilities,
}

#[derive(Debug, Deserialize)]
pub struct Capabilities {
    pub drop: Vec<String>,
    pub add: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct VolumeMount {
    pub name: String,
    pub mount_path: String,
    pub read_only: bool,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Volume {
    pub name: String,
    pub host_path: HostPath,
}

#[derive(Debug, Deserialize)]
pub struct HostPath {
    pub path: String,
}

/// The one document of this kind in a file of `deploy/`.
pub fn read<T: for<'de> Deserialize<'de>>(file: &str, kind: &str) -> Result<T> {
    let text = fs::read_to_string(path(file)).with_context(|| format!("cannot read {file}"))?;
    let documents: Vec<Value> = serde_saphyr::from_multiple(&text)?;
    let mut found = documents.into_iter().filter(|document| document["kind"] == kind);
    let document = found.next().with_context(|| format!("no {kind} in {file}"))?;
    Ok(serde_json::from_value(document)?)
}

/// Where a file of `deploy/` is.
pub fn path(file: &str) -> PathBuf {
    xtask::paths::root().join("deploy").join(file)
}

impl Container {
    /// The environment as the kubelet sets it, for a pod of this address.
    pub fn environment(&self, pod_ip: &str) -> BTreeMap<String, String> {
        let mut set = BTreeMap::new();
        for variable in &self.env {
            let value = match (&variable.value, &variable.value_from) {
                (Some(value), None) => expand(value, &set),
                (None, Some(from)) => {
                    assert_eq!(from["fieldRef"]["fieldPath"], "status.podIP", "{variable:?}");
                    pod_ip.to_owned()
                }
                _ => panic!("either a value or where it is from: {variable:?}"),
            };
            set.insert(variable.name.clone(), value);
        }
        set
    }

    /// What a mounted volume is on the host.
    pub fn host_mounts<'a>(&'a self, volumes: &'a [Volume]) -> Vec<(&'a str, &'a VolumeMount)> {
        let host = |mount: &VolumeMount| {
            let volume = volumes.iter().find(|volume| volume.name == mount.name);
            volume.expect("a volume for each mount").host_path.path.as_str()
        };
        self.volume_mounts.iter().map(|mount| (host(mount), mount)).collect()
    }
}

/// Replaces references to variables that have been set before.
fn expand(value: &str, set: &BTreeMap<String, String>) -> String {
    set.iter()
        .fold(value.to_owned(), |text, (name, value)| text.replace(&format!("$({name})"), value))
}
