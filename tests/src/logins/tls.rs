//! TLS: a listener with a certificate of its own, and a client that holds a connection to it.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail};
use xtask::kafka::{Config, Listener, free_port};

use crate::clients::{Program, output};

const PASSWORD: &str = "changeit";

/// Adds a listener with TLS, whose keys lie in this folder.
pub(super) fn add_listener(mut config: Config, folder: &Path) -> Result<(Config, SocketAddr)> {
    let keys = folder.join("keys.p12");
    let mut command = Command::new("keytool");
    command.args(["-genkeypair", "-alias", "broker", "-keyalg", "EC", "-dname", "CN=broker"]);
    command.args(["-storetype", "PKCS12", "-storepass", PASSWORD, "-keystore"]).arg(&keys);
    output(command)?;
    let address = SocketAddr::new(config.listen.ip(), free_port()?);
    config.listeners.push(Listener { name: "TLS".into(), protocol: "SSL".into(), address });
    let config = config
        .set("ssl.keystore.location", keys.display())
        .set("ssl.keystore.type", "PKCS12")
        .set("ssl.keystore.password", PASSWORD)
        .set("ssl.key.password", PASSWORD);
    Ok((config, address))
}

/// A connection, which ends with this value.
#[derive(Debug)]
pub struct TlsConnection(Child);

impl TlsConnection {
    /// Connects, asks something, and returns when it was answered.
    pub fn open(address: SocketAddr) -> Result<Self> {
        let mut command = Program::PythonFile("tls_connection.py").command()?;
        command.env("BOOTSTRAP", address.to_string());
        let command = command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().context("cannot run Python")?;
        let mut said = String::new();
        let out = process.stdout.take().context("no standard output")?;
        let connection = Self(process);
        BufReader::new(out).read_line(&mut said)?;
        if said.trim() != "connected" {
            bail!("no TLS connection to {address}");
        }
        Ok(connection)
    }
}

impl Drop for TlsConnection {
    fn drop(&mut self) {
        // Fails only for a process that has already ended.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
