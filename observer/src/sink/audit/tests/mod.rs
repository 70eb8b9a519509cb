//! Scripted events in, the report out.

mod parties;

use super::*;
use crate::event::{ClientSoftware, Fetcher};
use crate::sink::samples::{TIME, peers, request};

const FETCH: i16 = 1;
const FIND_COORDINATOR: i16 = 10;

/// A request of an API and version, sent so many seconds later.
fn sent(client_id: &str, api_key: i16, api_version: i16, seconds: u64) -> Request {
    let mut request = request(client_id);
    request.header.api_key = api_key;
    request.header.api_version = api_version;
    request.time = Some(Timestamp(TIME.0 + seconds * 1_000_000_000));
    request
}

fn named(name: &str, version: &str) -> ClientSoftware {
    ClientSoftware { name: name.into(), version: version.into(), client_id: None }
}

fn audited(requests: &[Request]) -> Report {
    let mut audit = Audit::new(100);
    tell(&mut audit, requests);
    audit.report(Unread::default())
}

fn tell(audit: &mut Audit, requests: &[Request]) {
    for request in requests {
        audit.event(Event::Request(request));
    }
}

#[test]
fn a_client_of_removed_versions_is_a_finding() {
    let report = audited(&[
        sent("old", FETCH, 3, 0),
        sent("old", FETCH, 2, 1),
        sent("old", FETCH, 3, 2),
        sent("old", 0, 2, 3),
        sent("old", FIND_COORDINATOR, 0, 4),
    ]);
    assert!(report.has_findings());
    assert_eq!(
        report.text(),
        "\
API versions that Kafka 4.4.0 no longer takes (KIP-896)
5 requests seen, 2026-01-02T03:04:05.000000006Z to 2026-01-02T03:04:09.000000006Z: 4 of such \
         versions, by 1 client

client \"old\", unknown library, 10.0.0.1 > 10.0.0.2:9092, 2026-01-02T03:04:05.000000006Z to \
         2026-01-02T03:04:08.000000006Z
  API      version  lowest taken  requests
  Produce       v2            v3         1
  Fetch         v2            v4         1
  Fetch         v3            v4         2
  -> no library was named: if it is, or is built on, one of these, upgrade it to this release or a \
         later one: Kafka's Java clients 2.1, librdkafka 1.8.2, kafka-python 2.0.2, KafkaJS 1.15, \
         Sarama 1.41 with a Config.Version of 2.1 or later, kafka-go 0.4.48; any other must learn \
         Produce v3, Fetch v4
"
    );
}

#[test]
fn versions_that_are_taken_or_unknown_are_no_finding() {
    let software = named("apache-kafka-java", "4.4.0");
    let mut audit = Audit::new(100);
    audit.event(Event::ClientSoftware { peers: peers(), software: &software });
    let taken = [sent("new", 0, 13, 0), sent("new", FETCH, 4, 0), sent("new", 3, 0, 0)];
    tell(&mut audit, &taken);
    tell(&mut audit, &[sent("new", FETCH, 99, 0), sent("new", 999, 0, 0), sent("new", -1, -1, 0)]);
    let report = audit.report(Unread::default());
    assert!(!report.has_findings());
    let text = report.text();
    assert!(text.ends_with(": no client used such a version\n"), "{text}");
    assert_eq!(text.lines().count(), 2, "nothing else to say: {text}");
}

#[test]
fn a_library_belongs_to_its_connection_until_that_closes() {
    let software = named("librdkafka", "1.6.0");
    let mut audit = Audit::new(100);
    audit.event(Event::ClientSoftware { peers: peers(), software: &software });
    let mut elsewhere = sent("a", FETCH, 3, 0);
    elsewhere.peers.client.port += 1;
    tell(&mut audit, &[sent("a", FETCH, 3, 0), elsewhere]);
    let closed = Event::ConnectionClosed { peers: peers(), security: Security::Plaintext };
    audit.event(closed);
    tell(&mut audit, &[sent("a", FETCH, 3, 0)]);
    let report = audit.report(Unread::default());
    let [unnamed, named] = &report.clients[..] else { panic!("{report:?}") };
    assert_eq!((unnamed.library.is_none(), unnamed.requests), (true, 2), "ports do not matter");
    assert_eq!(named.library.as_ref().unwrap().version, "1.6.0");
    assert_eq!(named.requests, 1);
    let upgrade = "upgrade to librdkafka 1.8.2 or later, for Fetch v4";
    assert_eq!(named.upgrade.as_deref(), Some(upgrade));
}

#[test]
fn what_brokers_send_is_listed_apart() {
    let mut follower = sent("broker-1-fetcher-0", FETCH, 3, 0);
    follower.header.fetcher = Fetcher::Follower;
    // Before its first fetch, the same follower asks for offsets, without saying who it is.
    let before = sent("broker-1-fetcher-0", 23, 0, 0);
    let mut offsets = sent("1", 2, 0, 0);
    offsets.replica = Some(1);
    let mut consumer = sent("c", 2, 0, 0);
    consumer.replica = Some(-1);
    let report = audited(&[before, follower, offsets, consumer, sent("2", 4, 0, 0)]);
    let ids = |senders: &[report::SenderUsage]| -> Vec<_> {
        senders.iter().map(|s| s.client_id.clone().unwrap()).collect()
    };
    assert_eq!(ids(&report.clients), ["c"]);
    assert_eq!(ids(&report.brokers), ["broker-1-fetcher-0", "1", "2"]);
    assert_eq!(report.unnamed.len(), 0);
    let gone = report.brokers.iter().find(|s| s.client_id.as_deref() == Some("2")).unwrap();
    assert_eq!((gone.versions[0].lowest_version, gone.upgrade.as_deref()), (None, None));
    assert!(report.text().contains("Brokers among themselves (not counted):"));
}

#[test]
fn an_early_version_is_listed_apart() {
    let report = audited(&[sent("share", 78, 0, 0)]);
    assert!(!report.has_findings());
    assert_eq!(report.early[0].versions[0].lowest_version, Some(1));
    assert!(report.unnamed.is_empty());
}

#[test]
fn a_client_that_names_no_library_is_a_hint() {
    let greeting = [sent("named", 18, 0, 0), sent("named", 17, 1, 0), sent("named", 36, 1, 0)];
    let mut audit = Audit::new(100);
    tell(&mut audit, &greeting);
    let software = named("apache-kafka-java", "3.9.1");
    audit.event(Event::ClientSoftware { peers: peers(), software: &software });
    tell(&mut audit, &[sent("named", FETCH, 11, 0)]);
    let closed = Event::ConnectionClosed { peers: peers(), security: Security::Plaintext };
    audit.event(closed);
    tell(&mut audit, &[sent("nameless", FETCH, 11, 0), sent("old", FETCH, 11, 0)]);
    tell(&mut audit, &[sent("old", FETCH, 3, 0)]);
    let report = audit.report(Unread::default());
    let [nameless] = &report.unnamed[..] else { panic!("{report:?}") };
    assert_eq!(nameless.client_id.as_deref(), Some("nameless"));
    assert_eq!((nameless.requests, nameless.versions.len()), (1, 0));
}

#[test]
fn clients_beyond_the_bound_are_counted_and_still_findings() {
    let mut audit = Audit::new(1);
    tell(&mut audit, &[sent("nameless", FETCH, 11, 0), sent("other", FETCH, 11, 0)]);
    for id in 0..1000 {
        tell(&mut audit, &[sent(&id.to_string(), FETCH, 3, 0)]);
    }
    let report = audit.report(Unread::default());
    assert_eq!((report.clients.len(), report.overflow.clients), (1, 999), "hints take no room");
    assert_eq!((report.unnamed.len(), report.overflow.unnamed), (1, 1));
    assert!(report.text().contains("999 such requests of further clients"));
}

#[test]
fn what_could_not_be_read_is_said() {
    let mut audit = Audit::new(1);
    let (was, is) = (Security::Unknown, Security::Tls);
    audit.event(Event::ConnectionOpened(peers()));
    audit.event(Event::ConnectionSecurity { peers: peers(), was, is });
    audit.event(Event::ConnectionOpened(peers()));
    let report = audit.report(Unread { missing_bytes: 77, unusable_bytes: 1 });
    assert_eq!((report.encrypted_connections, report.unknown_connections), (1, 1));
    assert_eq!(
        report.text(),
        "\
API versions that Kafka 4.4.0 no longer takes (KIP-896)
0 requests seen: no client used such a version
Not known: what was asked on 1 encrypted connection.
Not known: what was asked on 1 connection on which nothing could be told to be Kafka.
Not known: what was asked in 77 bytes that passed unseen.
Not known: what was asked in 1 byte that lay between no known boundaries of requests.
"
    );
}

#[test]
fn the_document_has_every_field() {
    let mut request = sent("a\n\u{1b}", FETCH, 3, 0);
    request.time = None;
    let mut json = Vec::new();
    audited(&[request]).write_json(&mut json).unwrap();
    let (first, lists) = (
        r#"{"kafka":"4.4.0","first_time":null,"last_time":null,"requests":1,"#,
        r#"}],"brokers":[],"early":[],"unnamed":[],"#,
    );
    let json = String::from_utf8(json).unwrap();
    assert!(json.starts_with(first) && json.contains(lists), "{json}");
    assert!(json.contains(concat!(
        r#""encrypted_connections":0,"unknown_connections":0,"missing_bytes":0,"unusable_bytes":0,"#,
        r#""clients":[{"client_id":"a\n\u001b","#,
        r#""library":null,"address":"10.0.0.1","broker":"10.0.0.2:9092","first_time":null,"#,
        r#""last_time":null,"requests":1,"versions":[{"api_key":1,"api":"Fetch","api_version":3,"#,
        r#""lowest_version":4,"requests":1}],"upgrade":"no library was named:"#,
    )));
    let overflow = r#""overflow":{"clients":0,"brokers":0,"early":0,"unnamed":0,"senders":0}}"#;
    assert_eq!((json.ends_with(&format!("{overflow}\n")), json.lines().count()), (true, 1));
}

#[test]
fn text_from_the_wire_cannot_act_on_the_terminal() {
    let software = named("\u{1b}[2J", "\u{202e}\n");
    let mut audit = Audit::new(1);
    audit.event(Event::ClientSoftware { peers: peers(), software: &software });
    tell(&mut audit, &[sent("\u{1b}[2J", FETCH, 3, 0)]);
    let text = audit.report(Unread::default()).text();
    assert!(text.chars().all(|c| c == '\n' || !c.is_control()), "{text:?}");
    assert!(!text.contains('\u{202e}'), "{text:?}");
}
