//! Logins: what comes behind them is decoded, failed ones are errors, and nothing of what proves who
//! somebody is stands in any output.
//!
//! Needs root, for the capture and the recording, and what `cargo xtask setup` brings.

use std::sync::{Mutex, PoisonError};

use observer::protocol::api::ApiKey;
use tests::clients::{Client, JAVA_NEW, JAVA_OLD, Login, OTHERS, Seen, Trip};
use tests::logins::{Outputs, RawClient, Secrets, TlsConnection, USER, Watched};
use tests::oracle::differing;
use xtask::kafka::Version;

const PASSWORD: &str = "open-sesame-9";
const WRONG: &str = "wrong-sesame-7";
const RECORDS: u64 = 50;
/// What the values of all records begin with.
const VALUE: &str = "value of record ";
const PLAIN: &str = "PLAIN";
const SCRAM: [&str; 2] = ["SCRAM-SHA-256", "SCRAM-SHA-512"];
/// Those of the other clients that know SCRAM by themselves.
const WITH_SCRAM: [&str; 5] = ["librdkafka", "kafka-python", "aiokafka", "kafkajs", "franz-go"];
const FAILED: &str = r#"error="SASL_AUTHENTICATION_FAILED""#;

/// Brokers beside each other starve each other.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// Logs in at a broker.
struct Logins<'a>(&'a Watched);

impl Logins<'_> {
    /// Whether it succeeded, as it should with the right password only.
    fn make(&self, client: &Client, mechanism: &str, password: &str) -> bool {
        let login = Login { mechanism, user: USER, password };
        let bootstrap = self.0.sasl;
        // Each record that cannot be sent would be another attempt to log in.
        let records = if password == PASSWORD { RECORDS } else { 1 };
        let trip = Trip { client, bootstrap, records, codec: None, login: Some(login) };
        let made = trip.make();
        let as_expected = made.is_ok() == (password == PASSWORD);
        assert!(as_expected, "{}, {mechanism}: {made:?}", client.id);
        made.is_ok()
    }
}

/// What must hold of all logins: all is understood, and nothing is told that should not be.
fn check(outputs: &Outputs, secrets: &mut Secrets, in_clear: &[&[u8]]) {
    let cut_off = outputs.said.check_understood().expect("all is understood");
    let found = differing(&outputs.live.records, &outputs.replayed, outputs.until);
    assert!(found.compared > 50 && found.facts.is_empty(), "live it is the same: {found:#?}");
    // Now and then one is seen late: see there.
    assert!(found.times.len() <= 1, "live it is the same: {:#?}", found.times);
    for metrics in [&outputs.metrics, &outputs.live.metrics] {
        metrics.check_balance().expect("both ledgers balance");
        for name in ["malformed_requests_total", "malformed_responses_total", "resyncs_total"] {
            assert_eq!(metrics.sum(name, ""), 0, "{name}");
        }
        assert_eq!(metrics.sum("unmatched_responses_total", ""), 0);
        assert_eq!(metrics.sum("decode_errors_total", ""), cut_off);
        assert_eq!(metrics.sum("stream_bytes_total", r#"fate="discarded""#), 0);
    }
    for text in in_clear.iter().chain(&[VALUE.as_bytes()]) {
        let passed = outputs.recording.windows(text.len()).any(|window| window == *text);
        assert!(passed, "{} passed the wire", String::from_utf8_lossy(text));
    }
    assert!(secrets.add_nonces(&outputs.recording) > 0, "SCRAM passed the wire");
    secrets.add(WRONG);
    secrets.add(VALUE);
    for (what, output) in &outputs.all {
        let found = secrets.find(output);
        assert_eq!(found, None, "a secret in {what}");
    }
    assert!(outputs.all[0].1.len() > 1_000, "observe printed something");
    assert_eq!(secrets.find_in_memory(&outputs.memory), None, "a secret in the observer's memory");
    let topics = outputs.live.scraped.split("topic=\"").nth(1).expect("a topic");
    let topic = topics.split('"').next().expect("its name").as_bytes();
    let copied = outputs.all.iter().find(|(what, _)| *what == "what the kernel copied");
    for bytes in [&copied.expect("what it copied").1, &outputs.memory] {
        assert!(bytes.windows(topic.len()).any(|text| text == topic), "what is told is there");
    }
}

/// The versions in which clients of this id said hello.
fn handshakes(outputs: &Outputs, id: &str) -> Vec<i16> {
    let handshakes = outputs.said.exchanges.iter().filter(|exchange| {
        exchange.api_key() == ApiKey::SASL_HANDSHAKE
            && exchange.header.client_id.as_deref() == Some(id)
    });
    let mut versions: Vec<_> = handshakes.map(|exchange| exchange.header.api_version).collect();
    versions.sort_unstable();
    versions.dedup();
    versions
}

#[test]
fn clients_of_today_log_in() {
    let _guard = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let java = JAVA_NEW[0];
    let clients = [&OTHERS[..], &[java]].concat();
    let watched = Watched::start(Version::LATEST, PASSWORD, &clients).expect("a broker");
    let mut trips = vec![0; clients.len()];
    let logins = Logins(&watched);
    for (client, trips) in clients.iter().zip(&mut trips) {
        *trips += u64::from(logins.make(client, PLAIN, PASSWORD));
        if WITH_SCRAM.contains(&client.id) || client.id == java.id {
            for mechanism in SCRAM {
                *trips += u64::from(logins.make(client, mechanism, PASSWORD));
            }
        }
    }
    for mechanism in [PLAIN, SCRAM[0]] {
        logins.make(&java, mechanism, WRONG);
    }
    let (outputs, mut secrets) = watched.stop().expect("outputs");
    check(&outputs, &mut secrets, &[PASSWORD.as_bytes(), WRONG.as_bytes(), b"n,,n=alice"]);
    for (client, trips) in clients.iter().zip(trips) {
        let seen = Seen::new(&outputs.said, client);
        assert_eq!(seen.produced_records(), Some(RECORDS * trips), "{}", client.id);
        assert_eq!(seen.committed(), (RECORDS * trips) as i64, "{}", client.id);
        println!("{}: SaslHandshake {:?}", client.id, handshakes(&outputs, client.id));
    }
    assert_eq!(handshakes(&outputs, java.id), [1]);
    let failed = outputs.metrics.sum("request_errors_total", FAILED);
    assert!(failed >= 2, "{failed} failed logins");
    assert_eq!(outputs.live.metrics.sum("request_errors_total", FAILED), failed);
}

#[test]
fn clients_of_old_log_in_with_raw_tokens() {
    let _guard = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let old = JAVA_OLD[1];
    let watched = Watched::start(Version::V3_9, PASSWORD, &[old]).expect("a broker");
    let logins = Logins(&watched);
    for mechanism in [PLAIN, SCRAM[0]] {
        logins.make(&old, mechanism, PASSWORD);
    }
    let mut raw = RawClient::connect(watched.sasl, "raw").expect("connected");
    assert!(raw.login(USER, PASSWORD).expect("an answer"));
    raw.list_topics().expect("an answer");
    watched.await_metric("connections_by_mechanism", r#"mechanism="PLAIN""#, 1).expect("agreed");
    watched.await_metric("connections", r#"security="sasl_plaintext""#, 1).expect("a login");
    drop(raw);
    watched.await_metric("connections_by_mechanism", "", 0).expect("gone");
    let mut stranger = RawClient::connect(watched.sasl, "stranger").expect("connected");
    assert!(!stranger.login(USER, WRONG).expect("an end"), "not let in");
    let tls = TlsConnection::open(watched.tls).expect("a TLS connection");
    watched.await_metric("connections", r#"security="tls""#, 1).expect("seen to be TLS");
    drop(tls);
    watched.await_metric("connections", r#"security="tls""#, 0).expect("gone");
    let (outputs, mut secrets) = watched.stop().expect("outputs");
    check(&outputs, &mut secrets, &[PASSWORD.as_bytes(), WRONG.as_bytes(), b"n,,n=alice"]);
    let seen = Seen::new(&outputs.said, &old);
    assert_eq!(seen.produced_records(), Some(RECORDS * 2));
    for id in [old.id, "raw", "stranger"] {
        assert_eq!(handshakes(&outputs, id), [0], "{id}");
    }
    let asked = |e: &&observer::event::Exchange| e.header.client_id.as_deref() == Some("raw");
    let asked = outputs.said.exchanges.iter().filter(asked).map(|e| e.header.api().to_string());
    assert_eq!(asked.collect::<Vec<_>>(), ["SaslHandshake", "Metadata"]);
    assert!(outputs.metrics.sum("stream_bytes_total", r#"fate="opaque""#) > 0, "tokens, TLS");
}
