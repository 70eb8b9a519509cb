//! What a client is asked to do: a round trip in, a client that has made it out.

use std::net::SocketAddr;

use anyhow::{Context, Result};

use super::Client;
use super::program::output;

/// Records that a client produces, reads back in a group, and commits.
#[derive(Clone, Copy, Debug)]
pub struct Trip<'a> {
    /// Who.
    pub client: &'a Client,
    /// A broker.
    pub bootstrap: SocketAddr,
    /// How many records.
    pub records: u64,
    /// With which codec.
    pub codec: Option<&'a str>,
    /// As whom.
    pub login: Option<Login<'a>>,
}

/// A login with SASL.
#[derive(Clone, Copy, Debug)]
pub struct Login<'a> {
    /// `PLAIN`, `SCRAM-SHA-256` or `SCRAM-SHA-512`.
    pub mechanism: &'a str,
    /// The user.
    pub user: &'a str,
    /// The user's password.
    pub password: &'a str,
}

impl Trip<'_> {
    /// Makes it. The topic must exist.
    pub fn make(&self) -> Result<()> {
        let Client { id, program, is_new_group, .. } = self.client;
        let mut command = program.command()?;
        command
            .env("BOOTSTRAP", self.bootstrap.to_string())
            .env("TOPIC", self.client.topic())
            .env("GROUP", self.client.group())
            .env("CLIENT", id)
            .env("COUNT", self.records.to_string());
        if let Some(codec) = self.codec {
            command.env("COMPRESSION", codec);
        }
        if *is_new_group {
            command.env("PROTOCOL", "consumer");
        }
        if let Some(Login { mechanism, user, password }) = self.login {
            command.env("MECHANISM", mechanism).env("LOGIN", user).env("PASSWORD", password);
        }
        output(command).map(drop).with_context(|| format!("the round trip of {id}"))
    }
}

impl Client {
    /// The topic it produces to.
    pub fn topic(&self) -> String {
        format!("trip-{}", self.id)
    }

    /// The group it reads in.
    pub fn group(&self) -> String {
        format!("readers-{}", self.id)
    }
}
