//! A report for people: a table for each client, what to upgrade, and what the result is worth.

use std::fmt::Write as _;

use super::report::{LibraryName, Report, SenderUsage};
use crate::sink::table::Table;

/// The whole report.
pub fn text(report: &Report) -> String {
    let mut text = head(report);
    for client in &report.clients {
        // Writing to a string does not fail, here and below.
        let _ = write!(text, "\n{}{}", title(client), table(client));
        if let Some(upgrade) = &client.upgrade {
            let _ = writeln!(text, "  -> {upgrade}");
        }
    }
    let more = report.overflow.clients;
    if more > 0 {
        let _ =
            writeln!(text, "\n{more} such requests of further clients; --max-clients lists more");
    }
    for (name, senders, more) in [
        ("Brokers among themselves", &report.brokers, report.overflow.brokers),
        ("Early versions, which were never meant to stay", &report.early, report.overflow.early),
    ] {
        apart(&mut text, name, senders, more);
    }
    unnamed(&mut text, report);
    text
}

fn head(report: &Report) -> String {
    let Report { kafka, requests, clients, .. } = report;
    let times = times(report.first_time.as_deref(), report.last_time.as_deref());
    let mut text = format!("API versions that Kafka {kafka} no longer takes (KIP-896)\n");
    let _ = write!(text, "{requests} requests seen{times}: ");
    let _ = match clients.iter().map(|client| client.requests).sum::<u64>() {
        0 if !report.has_findings() => writeln!(text, "no client used such a version"),
        used => writeln!(
            text,
            "{used} of such versions, by {}",
            counted(clients.len() as u64, "client")
        ),
    };
    if report.encrypted_connections > 0 {
        let connections = counted(report.encrypted_connections, "encrypted connection");
        let _ = writeln!(text, "Not known: what was asked on {connections}.");
    }
    if report.unknown_connections > 0 {
        let connections = counted(report.unknown_connections, "connection");
        let _ = writeln!(
            text,
            "Not known: what was asked on {connections} on which nothing could be told to be Kafka."
        );
    }
    if report.missing_bytes > 0 {
        let bytes = counted(report.missing_bytes, "byte");
        let _ = writeln!(text, "Not known: what was asked in {bytes} that passed unseen.");
    }
    if report.overflow.senders > 0 {
        let requests = counted(report.overflow.senders, "request");
        let _ = writeln!(
            text,
            "Not known: whether {requests} came from clients or from brokers, for which there was \
             no room; brokers may be among the clients. --max-clients makes room."
        );
    }
    if report.unusable_bytes > 0 {
        let bytes = counted(report.unusable_bytes, "byte");
        let _ = writeln!(
            text,
            "Not known: what was asked in {bytes} that lay between no known boundaries of requests."
        );
    }
    text
}

/// Who it is. What a client calls itself is a literal, and cannot act on the terminal.
fn title(sender: &SenderUsage) -> String {
    let id = match &sender.client_id {
        Some(id) => format!("client {id:?}"),
        None => "client without an id".to_owned(),
    };
    let library = match &sender.library {
        Some(LibraryName { name, version }) => {
            format!("{} {}", name.escape_debug(), version.escape_debug())
        }
        None => "unknown library".to_owned(),
    };
    let times = times(sender.first_time.as_deref(), sender.last_time.as_deref());
    format!("{id}, {library}, {} > {}{times}\n", sender.address, sender.broker)
}

fn table(sender: &SenderUsage) -> String {
    let mut table = Table::new(&["  API", "version", "lowest taken", "requests"]);
    for used in &sender.versions {
        let lowest = used.lowest_version.map_or_else(|| "-".to_owned(), |low| format!("v{low}"));
        table.row(vec![
            format!("  {}", used.api),
            format!("v{}", used.api_version),
            lowest,
            used.requests.to_string(),
        ]);
    }
    table.text()
}

/// What is no finding.
fn apart(text: &mut String, name: &str, senders: &[SenderUsage], more: u64) {
    if senders.is_empty() && more == 0 {
        return;
    }
    let _ = writeln!(text, "\n{name} (not counted):");
    for sender in senders {
        let _ = write!(text, "{}{}", title(sender), table(sender));
    }
    if more > 0 {
        let _ = writeln!(text, "and {more} requests of further ones");
    }
}

fn unnamed(text: &mut String, report: &Report) {
    let Report { unnamed, overflow, .. } = report;
    if unnamed.is_empty() && overflow.unnamed == 0 {
        return;
    }
    let _ = writeln!(
        text,
        "\nHint: these clients named no library, so they are older than Kafka's Java clients 2.4, \
         of another make,\nor were connected before capture began. No request of theirs was of \
         such a version:"
    );
    for sender in unnamed {
        let _ = write!(text, "{}", title(sender));
    }
    if overflow.unnamed > 0 {
        let _ = writeln!(text, "and {} requests of further ones", overflow.unnamed);
    }
}

fn times(first: Option<&str>, last: Option<&str>) -> String {
    match (first, last) {
        (Some(first), Some(last)) => format!(", {first} to {last}"),
        _ => String::new(),
    }
}

fn counted(n: u64, what: &str) -> String {
    let plural = if n == 1 { "" } else { "s" };
    format!("{n} {what}{plural}")
}
