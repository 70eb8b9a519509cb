//! A client that logs in as clients before 1.0 did: SaslHandshake v0, then raw tokens, each behind
//! its length, without a header.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Result, ensure};
use observer::protocol::api::ApiKey;

use crate::wire;

/// Its connection, which ends with this value.
#[derive(Debug)]
pub struct RawClient {
    stream: TcpStream,
    id: String,
    correlation_id: i32,
}

const PATIENCE: Duration = Duration::from_secs(30);

impl RawClient {
    /// Connects.
    pub fn connect(address: SocketAddr, id: &str) -> Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(Self { stream, id: id.to_owned(), correlation_id: 0 })
    }

    /// Logs in with PLAIN; whether the broker agreed. It closes the connection if not.
    pub fn login(&mut self, user: &str, password: &str) -> Result<bool> {
        let answer = self.ask(ApiKey::SASL_HANDSHAKE, &wire::string("PLAIN"))?;
        ensure!(answer.starts_with(&[0, 0]), "PLAIN is refused: {answer:?}");
        self.stream.write_all(&wire::frame(format!("\0{user}\0{password}").as_bytes()))?;
        Ok(matches!(self.read(), Ok(token) if token.is_empty()))
    }

    /// Asks for topics, of which there is none by this name.
    pub fn list_topics(&mut self) -> Result<()> {
        let topics = [&1_i32.to_be_bytes()[..], &wire::string("no-such-topic")].concat();
        self.ask(ApiKey::METADATA, &topics).map(drop)
    }

    /// Asks in version 0; the answer's body.
    fn ask(&mut self, api: ApiKey, body: &[u8]) -> Result<Vec<u8>> {
        self.correlation_id += 1;
        let request = wire::request(api.0, 0, self.correlation_id, &self.id, body);
        self.stream.write_all(&request)?;
        let answer = self.read()?;
        ensure!(answer.starts_with(&self.correlation_id.to_be_bytes()), "no answer: {answer:?}");
        Ok(answer[4..].to_vec())
    }

    fn read(&mut self) -> Result<Vec<u8>> {
        let mut length = [0; 4];
        self.stream.read_exact(&mut length)?;
        let mut frame = vec![0; usize::try_from(i32::from_be_bytes(length))?];
        self.stream.read_exact(&mut frame)?;
        Ok(frame)
    }
}
