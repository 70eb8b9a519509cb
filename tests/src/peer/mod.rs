//! A scripted client and broker, which speak Kafka's framing: delays in; an exchange for each
//! request, with what the peers' own clocks say of it, out.
//!
//! Every write is stamped before and after, so the truth is an interval that holds also when the
//! scheduler takes the processor away in between.

mod broker;
mod client;
mod pause;
mod truth;

use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow};

pub use truth::{Interval, Truth};

/// What the peers do.
#[derive(Clone, Copy, Debug)]
pub struct Script {
    /// How long the broker works on a request before it answers.
    pub delay: Duration,
    /// Requests sent before the first answer is waited for.
    pub in_flight: i32,
    /// How often that is done.
    pub rounds: i32,
    /// Requests and responses are written in two parts, that long apart.
    pub split: Option<Duration>,
}

/// When a message was written: its first byte and its last.
#[derive(Clone, Copy, Debug)]
struct Written {
    first: Span,
    last: Span,
}

/// Before and after the system call.
#[derive(Clone, Copy, Debug)]
struct Span {
    before: Instant,
    after: Instant,
}

/// Runs the script over one connection to a port of this machine.
pub fn converse(port: u16, script: &Script) -> Result<Vec<Truth>> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
    thread::scope(|scope| {
        let broker = scope.spawn(|| broker::serve(&accept(&listener)?, script));
        let stream = connect(port)?;
        let requests = client::run(&stream, script)?;
        // The broker serves until the connection ends.
        drop(stream);
        let responses = broker.join().map_err(|_| anyhow!("the broker panicked"))??;
        Ok(truth::of(&requests, &responses))
    })
}

fn accept(listener: &TcpListener) -> Result<TcpStream> {
    let (stream, _) = listener.accept()?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

fn connect(port: u16) -> Result<TcpStream> {
    let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// Writes a message, in two parts where the script says so.
fn write(mut stream: &TcpStream, message: &[u8], split: Option<Duration>) -> Result<Written> {
    use std::io::Write;

    let mut part = |bytes: &[u8]| -> Result<Span> {
        let before = Instant::now();
        stream.write_all(bytes)?;
        Ok(Span { before, after: Instant::now() })
    };
    let Some(pause) = split else {
        let whole = part(message)?;
        return Ok(Written { first: whole, last: whole });
    };
    // The length prefix itself is torn apart.
    let (head, tail) = message.split_at(2);
    let first = part(head)?;
    pause::until(first.after + pause);
    Ok(Written { first, last: part(tail)? })
}
