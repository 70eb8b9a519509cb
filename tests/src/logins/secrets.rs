//! What must not be seen in any output: passwords in all forms that may be printed, and the messages
//! of logins.

use std::net::SocketAddr;

use anyhow::Result;

use crate::clients::{java, output};

/// Texts to look for.
#[derive(Clone, Debug, Default)]
pub struct Secrets(Vec<String>);

/// How messages of SCRAM begin or go on (RFC 5802).
const SCRAM: [&str; 6] = ["n,,n=", "c=biws", "i=4096", ",p=", ",s=", "v="];
/// Bytes of a nonce at least.
const SHORTEST_NONCE: usize = 10;
/// What comes before a client's nonce.
const NONCE_BEHIND: &[u8] = b",r=";

impl Secrets {
    /// Gives a user this password for SCRAM, and learns in which forms it may be printed.
    pub fn give(bootstrap: SocketAddr, user: &str, password: &str) -> Result<Self> {
        let mut command = java("4.4.0", "Secrets.java")?;
        command.args([&bootstrap.to_string(), user, password]);
        let mut secrets: Vec<_> = output(command)?.lines().map(str::to_owned).collect();
        secrets.extend(SCRAM.map(str::to_owned));
        Ok(Self(secrets))
    }

    /// Adds a text.
    pub fn add(&mut self, secret: &str) {
        self.0.push(secret.to_owned());
    }

    /// Adds the nonces of the SCRAM messages in a recording; returns how many.
    pub fn add_nonces(&mut self, recording: &[u8]) -> usize {
        let begins = recording.windows(NONCE_BEHIND.len()).enumerate();
        let begins = begins.filter(|(_, window)| *window == NONCE_BEHIND);
        let nonces: Vec<_> =
            begins.filter_map(|(at, _)| nonce(recording.get(at + NONCE_BEHIND.len()..)?)).collect();
        self.0.extend(nonces.iter().cloned());
        nonces.len()
    }

    /// The first of them that stands in a memory, but for those that are so short that they stand anywhere.
    pub fn find_in_memory(&self, memory: &[u8]) -> Option<&str> {
        self.find_of_length(SHORTEST_NONCE, memory)
    }

    /// The first of them that stands in an output.
    pub fn find(&self, output: &[u8]) -> Option<&str> {
        self.find_of_length(0, output)
    }

    fn find_of_length(&self, least: usize, bytes: &[u8]) -> Option<&str> {
        let text = String::from_utf8_lossy(bytes);
        let mut secrets = self.0.iter().map(String::as_str);
        secrets.find(|secret| secret.len() >= least && text.contains(secret))
    }
}

/// The text up to the next comma, or to what is none.
fn nonce(bytes: &[u8]) -> Option<String> {
    let is_part = |byte: &&u8| byte.is_ascii_graphic() && **byte != b',';
    let nonce: Vec<u8> = bytes.iter().take_while(is_part).copied().collect();
    // Shorter ones are no nonces, and stand anywhere.
    (nonce.len() >= SHORTEST_NONCE).then(|| String::from_utf8_lossy(&nonce).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_is_found() {
        let mut secrets = Secrets::default();
        secrets.add("open");
        assert_eq!(secrets.add_nonces(b"\0\0n,,n=a,r=0123456789ab\0\0r=12,r=xyz"), 1);
        assert_eq!(secrets.find(b"{\"a\":\"0123456789ab\"}"), Some("0123456789ab"));
        assert_eq!(secrets.find(b"reopened"), Some("open"));
        assert_eq!(secrets.find(b"xyz"), None);
        assert_eq!(secrets.find_in_memory(b"reopened"), None);
        assert_eq!(secrets.find_in_memory(b"\xff0123456789ab\0"), Some("0123456789ab"));
    }
}
