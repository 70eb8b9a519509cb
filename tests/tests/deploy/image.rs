//! The image, run as the manifest says, with traffic on the loopback interface.

use std::fs::{self, File};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::{Command, ExitStatus};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use tempfile::TempDir;
use tests::http;
use tests::netns::Namespace;
use tests::peer::{Script, converse};
use xtask::process::{Guarded, Netns};

use super::container::Restrictions;
use super::manifest::{self, Container, DaemonSet, PodSpec};

const ADDRESS: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const PATIENCE: Duration = Duration::from_mins(1);
/// Where the Dockerfile says that the program is.
const PROGRAM: &str = "/kafka-observer";

#[test]
fn under_the_manifests_restrictions_an_exchange_is_counted() {
    let pod = pod();
    let running = Running::start(&pod).expect("the image starts");
    let [container] = &pod.containers;
    for probe in [&container.liveness_probe, &container.readiness_probe] {
        assert_eq!(probe.http_get.port, container.ports[0].name);
        running.await_answer(&probe.http_get.path, |_| true).expect("the probe succeeds");
    }
    running.check_restrictions(&pod).expect("restrictions");
    let script = Script { delay: Duration::from_millis(1), in_flight: 2, rounds: 25, split: None };
    let port = container.environment("")["KAFKA_OBSERVER_PORTS"].parse().expect("one port");
    running.namespace.run(|| converse(port, &script)).expect("the peers talk");
    let counted = |metrics: &str| {
        value(metrics, "kafka_observer_requests_total", "api=\"Heartbeat\"") == Some(50.0)
            && value(metrics, "kafka_observer_request_outcomes_total", "outcome=\"answered\"")
                == Some(50.0)
            // The program on the cgroup hierarchy of the node tells of sockets.
            && value(metrics, "kafka_observer_tcp_rtt_seconds_count", "") > Some(0.0)
    };
    running.await_answer("/metrics", counted).expect("the exchanges are counted");
    let (status, said) = running.stop().expect("it ends");
    assert!(status.success() && said.is_empty(), "{status}: {said}");
}

#[test]
fn each_capability_of_the_manifest_is_needed() {
    let capabilities = pod().containers[0].security_context.capabilities.add.clone();
    for without in &capabilities {
        let mut pod = pod();
        pod.containers[0].security_context.capabilities.add.retain(|name| name != without);
        let mut running = Running::start(&pod).expect("a process");
        let status = running.observer.wait(PATIENCE).expect("waited").expect("it ends by itself");
        let said = running.said();
        assert_eq!(status.code(), Some(3), "without {without}: {said}");
        assert!(said.contains(&format!("CAP_{without}")), "without {without}: {said}");
    }
}

fn pod() -> PodSpec {
    manifest::read::<DaemonSet>("daemonset.yaml", "DaemonSet")
        .expect("a manifest")
        .spec
        .template
        .spec
}

/// The image's root, made once by the script that the Dockerfile runs. Unoptimised, to be quick;
/// else no different.
fn image_root() -> &'static Path {
    static ROOT: OnceLock<TempDir> = OnceLock::new();
    let make = || -> Result<TempDir> {
        let folder = tempfile::Builder::new().prefix("kafka-observer-image-").tempdir()?;
        let mut script = Command::new(manifest::path("image-root.sh"));
        let output = script.arg(folder.path()).env("PROFILE", "dev").output()?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "image-root.sh: {said}");
        Ok(folder)
    };
    ROOT.get_or_init(|| make().expect("an image")).path()
}

/// The image, running in a network of its own.
struct Running {
    observer: Guarded,
    endpoint: SocketAddr,
    namespace: Namespace,
    log: TempDir,
}

impl Running {
    fn start(pod: &PodSpec) -> Result<Self> {
        let [container] = &pod.containers;
        let namespace = Namespace::new();
        let log = tempfile::tempdir()?;
        let mut command = command(container);
        command.stderr(File::create(log.path().join("log"))?);
        Netns::open(namespace.name())?.apply(&mut command);
        Restrictions::new(image_root(), pod)?.apply(&mut command);
        let observer = Guarded::spawn("the image", command)?;
        let endpoint = SocketAddr::new(ADDRESS, container.ports[0].container_port);
        Ok(Self { observer, endpoint, namespace, log })
    }

    /// Asks again and again, until the answer is good and as it should be.
    fn await_answer(&self, path: &str, is_so: impl Fn(&str) -> bool) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        let mut last = String::new();
        while Instant::now() < deadline {
            match self.namespace.run(|| http::get(self.endpoint, path)) {
                Ok((200, body)) if is_so(&body) => return Ok(()),
                Ok((status, body)) => last = format!("{status} {body}"),
                Err(error) => last = format!("{error:#}"),
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        bail!("{path} still answers {last}; the log says {}", self.said())
    }

    /// As the kernel sees them, from outside.
    fn check_restrictions(&self, pod: &PodSpec) -> Result<()> {
        let process = format!("/proc/{}", self.observer.id());
        let status = fs::read_to_string(format!("{process}/status"))?;
        let bounding = status.lines().find_map(|line| line.strip_prefix("CapBnd:"));
        let bounding = u64::from_str_radix(bounding.context("no CapBnd")?.trim(), 16)?;
        let wanted = Restrictions::new(image_root(), pod)?.capabilities();
        ensure!(bounding == wanted, "capabilities {bounding:x}, not {wanted:x}");
        let mounts = fs::read_to_string(format!("{process}/mounts"))?;
        let root = mounts.lines().find(|line| line.split(' ').nth(1) == Some("/"));
        let options = root.and_then(|line| line.split(' ').nth(3)).context("no root")?;
        ensure!(options.split(',').any(|option| option == "ro"), "the root is not read-only");
        Ok(())
    }

    /// What it said on standard error until now.
    fn said(&self) -> String {
        fs::read_to_string(self.log.path().join("log")).unwrap_or_default()
    }

    fn stop(self) -> Result<(ExitStatus, String)> {
        let Self { observer, log, .. } = self;
        let status = observer.stop(PATIENCE)?;
        Ok((status, fs::read_to_string(log.path().join("log"))?))
    }
}

fn command(container: &Container) -> Command {
    let mut command = Command::new(PROGRAM);
    command.args(&container.args).env_clear();
    command.envs(container.environment(&ADDRESS.to_string()));
    command
}

/// The sum of a metric's series that have this label.
fn value(metrics: &str, name: &str, label: &str) -> Option<f64> {
    let series = metrics.lines().filter_map(|line| {
        let (series, value) = line.rsplit_once(' ')?;
        let labels = series.strip_prefix(name)?;
        let is_wanted = (labels.is_empty() || labels.starts_with('{')) && labels.contains(label);
        is_wanted.then(|| value.parse::<f64>().ok())?
    });
    series.reduce(|sum, value| sum + value)
}
