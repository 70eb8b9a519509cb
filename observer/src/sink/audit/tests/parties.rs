//! Who is a client and who a broker: the audit and the daemon's metric agree, and nobody is hidden.

use super::*;
use crate::event::Inner;
use crate::protocol::api::ApiKey;
use crate::sink::metrics::{self, Metrics};

/// Samples of the daemon's metric, by client id, API and version.
fn counted(metrics: &Metrics) -> Vec<(String, String, String)> {
    let text = metrics::text(&metrics.gather(&metrics::health::Health::default())).unwrap();
    let own = |line: &&str| line.starts_with("kafka_observer_deprecated_requests_total{");
    let label = |line: &str, name: &str| {
        line.split_once(&format!("{name}=\"")).unwrap().1.split_once('"').unwrap().0.to_owned()
    };
    let each = |line: &str| {
        let name = format!("{} v{}", label(line, "api"), label(line, "api_version"));
        (label(line, "client_id"), name, line.rsplit_once(' ').unwrap().1.to_owned())
    };
    text.lines().filter(own).map(each).collect()
}

#[test]
fn the_daemon_counts_the_same_requests() {
    let follower = |id: &str| {
        let mut fetch = sent(id, FETCH, 3, 0);
        (fetch.header.fetcher, fetch.replica) = (Fetcher::Follower, Some(1));
        fetch
    };
    let consumer = |id: &str| {
        let mut fetch = sent(id, FETCH, 3, 0);
        (fetch.header.fetcher, fetch.replica) = (Fetcher::Consumer, Some(-1));
        fetch
    };
    let asking = |id: &str, replica| Request { replica, ..sent(id, 2, 0, 0) };
    let epochs = |id: &str| sent(id, ApiKey::OFFSET_FOR_LEADER_EPOCH.0, 0, 0);
    let requests = [
        epochs("broker-1-fetcher-0"),
        follower("broker-1-fetcher-0"),
        epochs("broker-1-fetcher-0"),
        asking("1", Some(1)),
        sent("2", 4, 0, 0),
        epochs("c"),
        consumer("c"),
        epochs("c"),
        asking("c", Some(-1)),
        asking("unseen", None),
        epochs("silent"),
        epochs(""),
        sent("p", 0, 2, 0),
        sent("new", 0, 13, 0),
        sent("share", 78, 0, 0),
        sent("new", 999, 0, 0),
    ];
    let (mut audit, mut metrics) =
        (Audit::new(100), Metrics::new(metrics::Options::default()).unwrap());
    for request in &requests {
        audit.event(Event::Request(request));
        metrics.event(Event::Request(request));
    }
    metrics.settle();
    let report = audit.report(Unread::default());
    let mut listed: Vec<_> = report
        .clients
        .iter()
        .flat_map(|client| {
            client.versions.iter().map(|used| {
                let name = format!("{} v{}", used.api, used.api_version);
                (client.client_id.clone().unwrap(), name, used.requests.to_string())
            })
        })
        .collect();
    let mut counted = counted(&metrics);
    counted.sort();
    listed.sort();
    assert_eq!(counted, listed);
    let ids: Vec<_> = report.clients.iter().map(|c| c.client_id.clone().unwrap()).collect();
    assert_eq!(ids, ["c", "", "p", "silent", "unseen"]);
    assert_eq!(report.brokers.len(), 3);
}

/// The list's bound is not that of who is told apart.
#[test]
fn a_short_list_makes_no_finding_of_a_broker() {
    let mut audit = Audit::new(1);
    for id in ["1", "2"] {
        let mut fetch = sent(id, FETCH, 4, 0);
        (fetch.header.fetcher, fetch.replica) = (Fetcher::Follower, Some(1));
        tell(&mut audit, &[fetch, sent(id, ApiKey::OFFSET_FOR_LEADER_EPOCH.0, 0, 0)]);
    }
    let report = audit.report(Unread::default());
    assert!(!report.has_findings(), "{report:?}");
    assert_eq!((report.brokers.len(), report.overflow.brokers, report.overflow.senders), (1, 1, 0));
    assert!(!report.overflow.is_none());
}

#[test]
fn who_could_not_be_told_apart_is_said() {
    let mut audit = Audit::new(1);
    for id in 0..=MAX_SENDERS {
        tell(&mut audit, &[sent(&id.to_string(), ApiKey::OFFSET_FOR_LEADER_EPOCH.0, 0, 0)]);
    }
    let report = audit.report(Unread::default());
    assert_eq!((report.overflow.senders, report.has_findings()), (1, true));
    assert!(report.text().contains("whether 1 request came from clients"), "{}", report.text());
}

/// The audit and the daemon judge what a broker forwards, once, by its own client's id.
#[test]
fn a_forwarded_request_is_its_clients() {
    let envelope = |api_key, api_version| {
        let client_id = Some("admin".into());
        let forwarded = Some(Inner { api_key, api_version, client_id });
        Request { forwarded, ..sent("1", 58, 0, 0) }
    };
    let (mut audit, mut metrics) =
        (Audit::new(100), Metrics::new(metrics::Options::default()).unwrap());
    let (old, new) = (envelope(ApiKey::CREATE_TOPICS, 1), envelope(ApiKey::CREATE_TOPICS, 7));
    for request in [old, new, envelope(ApiKey::CONTROLLED_SHUTDOWN, 1)] {
        audit.event(Event::Request(&request));
        metrics.event(Event::Request(&request));
    }
    let report = audit.report(Unread::default());
    let [admin] = &report.clients[..] else { panic!("{report:?}") };
    assert_eq!((admin.client_id.as_deref(), admin.requests), (Some("admin"), 1));
    assert_eq!((&*admin.versions[0].api, admin.versions[0].api_version), ("CreateTopics", 1));
    assert_eq!((report.requests, report.brokers.len(), report.unnamed.len()), (3, 1, 0));
    assert_eq!(&*report.brokers[0].versions[0].api, "ControlledShutdown", "no client sends it");
    assert_eq!(counted(&metrics), [("admin".into(), "CreateTopics v1".into(), "1".into())]);
}

#[test]
fn a_request_without_an_answer_is_a_finding() {
    // As long as it is in flight it is no exchange, and an audit may end before it is one.
    let report = audited(&[sent("old", 11, 0, 0), sent("old", FETCH, 3, 0)]);
    assert_eq!((report.clients.len(), report.requests), (1, 2));
}

#[test]
fn a_client_is_not_hidden_by_a_broker_of_its_name() {
    let mut nameless = sent("", FETCH, 3, 0);
    nameless.header.client_id = None;
    let mut shutdown = sent("", 7, 0, 0);
    shutdown.header.client_id = None;
    let report = audited(&[shutdown, nameless, sent("1", 4, 0, 0), sent("1", 0, 2, 0)]);
    let ids: Vec<_> = report.clients.iter().map(|c| c.client_id.as_deref()).collect();
    assert_eq!(ids, [None, Some("1")]);
}
