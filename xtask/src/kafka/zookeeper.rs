//! A ZooKeeper beside a broker that needs one: a folder and a class path in, an address out.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::Result;

use super::{Config, Jvm, free_port, java, log, properties};

const CLASS: &str = "org.apache.zookeeper.server.quorum.QuorumPeerMain";
/// Nothing but a test's few paths are in its memory.
const JVM: Jvm = Jvm { heap_mib: 128, quick_start: true };

/// The command that runs it, and the address brokers connect to. It keeps trying to be reached for
/// as long as the broker does, so nobody has to wait for it.
pub(super) fn command(config: &Config, dir: &Path) -> Result<(Command, String)> {
    let port = free_port()?;
    let data = dir.join("zookeeper");
    fs::create_dir_all(&data)?;
    let settings = dir.join("zookeeper.properties");
    fs::write(
        &settings,
        properties::text(&BTreeMap::from([
            ("dataDir".to_owned(), data.display().to_string()),
            ("clientPort".to_owned(), port.to_string()),
            ("clientPortAddress".to_owned(), "127.0.0.1".to_owned()),
            ("admin.enableServer".to_owned(), "false".to_owned()),
        ])),
    )?;
    let mut command = JVM.command();
    java::run_class(&mut command, config.version, CLASS)?;
    command.arg(&settings);
    let (out, err) = log::create(&dir.join("zookeeper.log"))?;
    command.stdin(Stdio::null()).stdout(out).stderr(err);
    Ok((command, format!("127.0.0.1:{port}")))
}
