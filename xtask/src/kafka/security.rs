//! Who may log in at a broker, and whether it asks what they may do: users in, a second listener
//! and lines of `server.properties` out.
//!
//! The PLAINTEXT listener stays open beside it: whoever connects there is `ANONYMOUS`.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::str::FromStr;

use anyhow::{Context, Result};

use super::{Config, Listener, Version, free_ports};

const NAME: &str = "SASL";
const PROTOCOL: &str = "SASL_PLAINTEXT";
const PLAIN: &str = "org.apache.kafka.common.security.plain.PlainLoginModule";
const SCRAM: &str = "org.apache.kafka.common.security.scram.ScramLoginModule";

/// A user that logs in with PLAIN: `alice=secret`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// The name, which is the principal's too.
    pub name: String,
    /// The password, as clear as PLAIN sends it.
    pub password: String,
}

impl FromStr for User {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        let parse = || {
            let (name, password) = text.split_once('=')?;
            let plain = |c: char| c.is_ascii_graphic() && !['"', '\\', ';'].contains(&c);
            let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric());
            let is_good = is_name && password.chars().all(plain);
            is_good.then(|| Self { name: name.to_owned(), password: password.to_owned() })
        };
        parse().context("that is no user: it looks like alice=secret, in letters and digits")
    }
}

impl Config {
    /// Adds a `SASL_PLAINTEXT` listener on a free port, for PLAIN by these users and for
    /// SCRAM-SHA-256 and -512 by those that are made while the broker runs. From 1.0 on.
    pub fn with_sasl(mut self, users: &[User]) -> Result<Self> {
        let [port] = free_ports()?;
        let address = SocketAddr::new(self.listen.ip(), port);
        self.listeners.push(Listener { name: NAME.into(), protocol: PROTOCOL.into(), address });
        let key = |mechanism| format!("listener.name.sasl.{mechanism}.sasl.jaas.config");
        Ok(self
            .set("sasl.enabled.mechanisms", "PLAIN,SCRAM-SHA-256,SCRAM-SHA-512")
            .set(&key("plain"), plain(users))
            .set(&key("scram-sha-256"), format!("{SCRAM} required;"))
            .set(&key("scram-sha-512"), format!("{SCRAM} required;")))
    }

    /// Where users log in, if they can.
    pub fn sasl(&self) -> Option<SocketAddr> {
        self.listeners.iter().find(|listener| listener.name == NAME).map(|l| l.address)
    }

    /// Refuses what is not allowed, but to `ANONYMOUS` (the brokers themselves among them) and to
    /// these users.
    #[must_use]
    pub fn with_authorizer(self, allowed: &[&str]) -> Self {
        let class = if self.version.is_kraft() {
            "org.apache.kafka.metadata.authorizer.StandardAuthorizer"
        } else if self.version >= Version::new(2, 4, 0) {
            "kafka.security.authorizer.AclAuthorizer"
        } else {
            "kafka.security.auth.SimpleAclAuthorizer"
        };
        let users: Vec<_> = std::iter::once(&"ANONYMOUS").chain(allowed).collect();
        let users: Vec<_> = users.iter().map(|user| format!("User:{user}")).collect();
        self.set("authorizer.class.name", class).set("super.users", users.join(";"))
    }
}

fn plain(users: &[User]) -> String {
    let mut line = format!("{PLAIN} required");
    for User { name, password } in users {
        // Writing to a string cannot fail.
        let _ = write!(line, " user_{name}=\"{password}\"");
    }
    line + ";"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(text: &str) -> User {
        text.parse().expect("a user")
    }

    #[test]
    fn users_are_read() {
        assert_eq!(user("alice=a=b"), User { name: "alice".into(), password: "a=b".into() });
        for text in ["alice", "=secret", "a b=c", "alice=\"", "alice=a;", "alice=a b"] {
            assert!(text.parse::<User>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_second_listener_is_for_users() {
        let config = Config::new(Version::LATEST).expect("ports");
        assert_eq!(config.sasl(), None);
        let config = config.with_sasl(&[user("a=1"), user("b=2")]).expect("a port");
        let address = config.sasl().expect("an address");
        assert_eq!(address.ip(), config.listen.ip());
        assert_eq!(
            config.properties["listener.name.sasl.plain.sasl.jaas.config"],
            format!("{PLAIN} required user_a=\"1\" user_b=\"2\";")
        );
    }

    #[test]
    fn each_version_has_its_authorizer() {
        let class = |version| {
            let config = Config::new(version).expect("ports").with_authorizer(&["admin"]);
            assert_eq!(config.properties["super.users"], "User:ANONYMOUS;User:admin");
            config.properties["authorizer.class.name"].clone()
        };
        assert!(class(Version::LATEST).ends_with(".StandardAuthorizer"));
        assert!(class(Version::V2_8).ends_with(".AclAuthorizer"));
        assert!(class(Version::new(1, 1, 1)).ends_with(".SimpleAclAuthorizer"));
    }
}
