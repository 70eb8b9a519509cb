//! Lines for people: one exchange in, one line out.

use std::io::{self, Write};

use super::clock::{millis, rfc3339};
use crate::event::Exchange;

/// Topics, and errors, that a line names.
const MAX_TOPICS: usize = 3;
const MAX_ERRORS: usize = 3;

/// Writes an exchange as one line.
pub fn write(exchange: &Exchange, out: &mut impl Write) -> io::Result<()> {
    let Exchange { peers, header, outcome, .. } = exchange;
    if let Some(time) = exchange.wall_time() {
        write!(out, "{} ", rfc3339(time))?;
    }
    write!(out, "{} > {}", peers.client, peers.broker)?;
    write!(out, " {} v{}", header.api(), header.api_version)?;
    if let Some(client_id) = &header.client_id {
        // As a literal: what a client calls itself cannot act on the terminal.
        write!(out, " client={client_id:?}")?;
    }
    write!(out, " {} {} B", outcome.as_str(), exchange.request_bytes)?;
    if let Some(bytes) = exchange.response_bytes {
        write!(out, " > {bytes} B")?;
    }
    let times =
        [("in", exchange.duration), ("broker", exchange.broker_time), ("wait", exchange.wait)];
    for (name, time) in times {
        if let Some(time) = time {
            write!(out, " {name} {} ms", millis(time))?;
        }
    }
    bodies(exchange, out)?;
    writeln!(out)
}

/// What the bodies say, as far as it is worth a word.
fn bodies(exchange: &Exchange, out: &mut impl Write) -> io::Result<()> {
    if let Some(group) = exchange.group() {
        write!(out, " group={group:?}")?;
    }
    let topics = exchange.topics().unwrap_or_default();
    for topic in topics.iter().take(MAX_TOPICS) {
        match (&topic.name, topic.id) {
            (Some(name), _) => write!(out, " topic={name:?}")?,
            (None, Some(id)) => write!(out, " topic-id={id}")?,
            (None, None) => {}
        }
        if let Some(bytes) = topic.bytes {
            write!(out, " {bytes} B")?;
        }
    }
    if let Some(more) = topics.len().checked_sub(MAX_TOPICS).filter(|more| *more > 0) {
        write!(out, " and {more} topics")?;
    }
    for error in exchange.errors().take(MAX_ERRORS) {
        write!(out, " {}", error.code)?;
        if error.count > 1 {
            write!(out, " x{}", error.count)?;
        }
    }
    if let Some(why) = exchange.undecoded() {
        write!(out, " undecoded={}", why.as_str())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Outcome;
    use crate::sink::samples::exchange;

    fn written(exchange: &Exchange) -> String {
        let mut line = Vec::new();
        write(exchange, &mut line).unwrap();
        String::from_utf8(line).unwrap()
    }

    #[test]
    fn an_exchange_is_one_line() {
        assert_eq!(
            written(&exchange("producer-1")),
            "2026-01-02T03:04:05.000000006Z 10.0.0.1:40000 > 10.0.0.2:9092 Produce v9 \
             client=\"producer-1\" answered 1234 B > 56 B in 1.234 ms broker 1.100 ms \
             wait 0.000 ms topic=\"orders\" 1100 B NOT_LEADER_OR_FOLLOWER\n"
        );
    }

    #[test]
    fn what_is_not_known_is_left_out() {
        let mut exchange = exchange("");
        exchange.header.client_id = None;
        exchange.outcome = Outcome::Expired;
        (exchange.time, exchange.response_bytes, exchange.duration) = (None, None, None);
        (exchange.broker_time, exchange.wait) = (None, None);
        (exchange.request, exchange.response) = (None, None);
        let line = "10.0.0.1:40000 > 10.0.0.2:9092 Produce v9 expired 1234 B\n";
        assert_eq!(written(&exchange), line);
    }

    #[test]
    fn a_client_id_cannot_act_on_the_terminal() {
        let line = written(&exchange("\u{1b}[2J\n\u{202e}x"));
        assert!(line.contains(r#"client="\u{1b}[2J\n\u{202e}x""#), "{line}");
        assert_eq!(line.matches('\n').count(), 1);
    }
}
