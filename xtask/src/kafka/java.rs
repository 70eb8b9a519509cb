//! Java machines: a class of a Kafka version in, a command to run it out.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use super::{Version, jars};

/// Heap and flags of a Java machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Jvm {
    /// The largest heap, in MiB.
    pub heap_mib: u32,
    /// Start fast rather than run fast: serial collector, first compiler tier only.
    pub quick_start: bool,
}

impl Jvm {
    /// For tests: starts fast and stays small.
    pub const fn quick() -> Self {
        Self { heap_mib: 512, quick_start: true }
    }

    /// For benchmarks: Java's own defaults, and room to work in.
    pub const fn benchmark() -> Self {
        Self { heap_mib: 2048, quick_start: false }
    }

    /// A command that starts it; what it runs comes behind.
    pub fn command(self) -> Command {
        let mut command = Command::new(java());
        command.arg(format!("-Xmx{}m", self.heap_mib));
        if self.quick_start {
            command.args(["-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]);
        } else {
            command.arg(format!("-Xms{}m", self.heap_mib));
        }
        command
    }
}

/// A command that runs a class out of a version's jars; the caller adds arguments and says where
/// its output goes. Warnings and errors go to standard error.
pub fn tool(version: Version, class: &str) -> Result<Command> {
    tool_with(version, class, Jvm::quick())
}

/// The same, in a Java machine of this kind.
pub fn tool_with(version: Version, class: &str, jvm: Jvm) -> Result<Command> {
    let mut command = jvm.command();
    run_class(&mut command, version, class)?;
    Ok(command)
}

/// Ends a Java command line with logging, the class path and the class.
pub(super) fn run_class(command: &mut Command, version: Version, class: &str) -> Result<()> {
    let folder = jars::fetch(version)?;
    command.args(logging(&folder)?);
    command.arg("-cp").arg(folder.join("*")).arg(class);
    Ok(())
}

/// Remote JMX without authentication, for this machine only.
pub(super) fn jmx(command: &mut Command, port: u16) {
    command.args([
        format!("-Dcom.sun.management.jmxremote.port={port}"),
        format!("-Dcom.sun.management.jmxremote.rmi.port={port}"),
        "-Dcom.sun.management.jmxremote.authenticate=false".to_owned(),
        "-Dcom.sun.management.jmxremote.ssl=false".to_owned(),
        "-Dcom.sun.management.jmxremote.host=127.0.0.1".to_owned(),
        "-Djava.rmi.server.hostname=127.0.0.1".to_owned(),
    ]);
}

fn java() -> OsString {
    let home = env::var_os("JAVA_HOME").map(|home| PathBuf::from(home).join("bin/java"));
    home.filter(|java| java.is_file()).map_or_else(|| "java".into(), PathBuf::into_os_string)
}

/// Warnings to standard error, through whichever back end a version brings.
fn logging(folder: &Path) -> Result<[String; 2]> {
    let log4j = folder.join("log4j.properties");
    if !log4j.is_file() {
        fs::write(&log4j, LOG4J)?;
    }
    Ok([
        "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn".to_owned(),
        format!("-Dlog4j.configuration=file:{}", log4j.display()),
    ])
}

const LOG4J: &str = "\
log4j.rootLogger=WARN, stderr
log4j.appender.stderr=org.apache.log4j.ConsoleAppender
log4j.appender.stderr.target=System.err
log4j.appender.stderr.layout=org.apache.log4j.PatternLayout
log4j.appender.stderr.layout.ConversionPattern=%d %p %m (%c)%n
";
