//! Three brokers that replicate to each other, of which one after the other goes and comes back
//! under load: what the observer counts of each is what it counts itself, in each of its runs.
//!
//! Needs root, for the recording. The long form, in which every broker stops and one is killed, is
//! `cargo test -p tests --release --test replicas -- --ignored`.

use tests::oracle::{Account, Exit, Replicas, Run, View};

/// The topic whose one partition belongs to the first node.
const SINGLE: &str = "single";

/// What must have been answered without an error: to followers, to brokers by controllers, and
/// between controllers.
const SUCCEEDED: &[&str] = &[
    "FetchFollower",
    "FetchConsumer",
    "OffsetForLeaderEpoch",
    "AlterPartition",
    "ElectLeaders",
    "BrokerRegistration",
    "Vote",
    "BeginQuorumEpoch",
];

/// Errors of leaders that are none, or of another epoch.
const OUTDATED: &[&str] =
    &["NOT_LEADER_OR_FOLLOWER", "FENCED_LEADER_EPOCH", "UNKNOWN_LEADER_EPOCH"];

/// What a broker counted of a run, whenever it was read, is what passed the wire.
fn hold_against_broker(run: &Run, view: &View) {
    let node = run.node_id;
    for quiet in &run.quiet {
        let account = Account::new(run, quiet, view);
        assert!(account.agrees(), "node {node}, {}, quiet:\n{account}", view.name);
        assert!(account.is_exact(), "node {node}, {}, quiet:\n{account}", view.name);
    }
    let account = Account::new(run, &run.counted, view);
    println!("node {node}, {}:\n{account}", view.name);
    assert!(account.agrees(), "node {node}, {}:\n{account}", view.name);
}

/// Followers, leaders and replicas in sync have changed as they must, and every kind of client was
/// told so.
fn check_changes(view: &View, runs: &[Run], exits: usize) {
    for api in SUCCEEDED {
        assert!(view.succeeded(api) > 0, "{}: no {api}", view.name);
    }
    let errors = view.errors();
    println!("{}: {errors:#?}", view.name);
    for api in ["Produce", "FetchConsumer", "FetchFollower"] {
        let is_told = |error: &&&str| errors.contains_key(&(api, **error));
        assert!(OUTDATED.iter().any(|error| is_told(&error)), "{}: {api}: {errors:#?}", view.name);
    }
    for run in runs {
        let broker = format!("broker=\"{}\"", run.listener);
        let bytes = view.metrics.sum("topic_replicated_bytes_total", &broker);
        assert!(bytes > 0, "{}: nobody follows node {}", view.name, run.node_id);
    }
    let leaders = view.leaders(SINGLE);
    let first = runs.iter().find(|run| run.node_id == 1).expect("a run").listener.to_string();
    let is_first: Vec<_> = leaders.iter().map(|leader| *leader == first).collect();
    let expected: Vec<_> = (0..=2 * exits).map(|number| number % 2 == 0).collect();
    assert_eq!(is_first, expected, "{}: leaders of {SINGLE}: {leaders:?}", view.name);
}

fn hold_against_brokers(exits: &[(usize, Exit)]) {
    let replicas = Replicas::gather(exits, cfg!(feature = "live")).expect("a cluster under load");
    let Replicas { runs, views, until } = &replicas;
    assert_eq!(runs.len(), 3 + exits.len());
    for view in views {
        view.check().unwrap_or_else(|error| panic!("{}: {error:#}", view.name));
        for run in runs {
            hold_against_broker(run, view);
        }
        check_changes(view, runs, exits.iter().filter(|(number, _)| *number == 0).count());
    }
    let (replayed, live) = views.split_first().expect("a view");
    assert_eq!(live.len(), usize::from(cfg!(feature = "live")));
    for live in live {
        live.check_like(replayed, *until).expect("live it is the same");
    }
    let is_forgetful = |run: &&Run| run.node_id != 1 && run.has_forgotten(SINGLE);
    assert!(runs.iter().any(|run| is_forgetful(&run)), "who led {SINGLE} once counts it no more");
}

#[test]
fn one_broker_stops_and_comes_back() {
    hold_against_brokers(&[(0, Exit::Stopped)]);
}

#[test]
#[ignore = "the long form, minutes"]
fn every_broker_stops_and_one_is_killed() {
    let stops = [0, 1, 2].map(|number| (number, Exit::Stopped));
    hold_against_brokers(&[&stops[..], &[(0, Exit::Killed)]].concat());
}
