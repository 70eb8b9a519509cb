//! Exchanges in, what is shown of groups out.

use crate::decode::Facts;
use crate::event::{Event, Handler};
use crate::groups::samples::{answered, at, member, members, of};
use crate::protocol::api::ApiKey;
use crate::sink::metrics::health::Health;
use crate::sink::metrics::{Metrics, Options, text};
use crate::time::{Timestamp, WallClock};

const AT: &str = r#"broker="10.0.0.9:9092""#;

/// Two partitions of a group of two: committed 10 s ago, watermarks told 4 s ago.
fn metrics(options: Options, groups: &[&str]) -> Metrics {
    let mut metrics = Metrics::new(options).unwrap();
    let mut pass = |now, key, request, response| {
        metrics.time(now);
        metrics.event(Event::Exchange(&answered(key, request, response)));
    };
    for group in groups {
        let leads = Facts { generation: Some(3), ..members("", &["a", "a", "b"]) };
        pass(at(0), ApiKey::JOIN_GROUP, member(group, "a", -1), leads);
        let commit = member(group, "a", 3).with("t", &[(0, 5), (1, 6)]);
        pass(at(0), ApiKey::OFFSET_COMMIT, commit, Facts::default());
    }
    let fetched = Facts::default().with("t", &[(0, 8), (1, 8)]);
    pass(at(6), ApiKey::FETCH, Facts::default(), fetched);
    metrics.time(at(10));
    metrics
}

fn samples(metrics: &Metrics, name: &str) -> Vec<String> {
    let text = text(&metrics.gather(&Health::default())).unwrap();
    let prefix = format!("kafka_observer_{name}{{");
    text.lines().filter_map(|line| line.strip_prefix(&prefix)).map(str::to_owned).collect()
}

#[test]
fn a_group_is_shown_where_its_coordinator_is() {
    let metrics = metrics(Options::default(), &["g"]);
    let of_group = |value| vec![format!(r#"{AT},group="g",vantage="broker"}} {value}"#)];
    assert_eq!(samples(&metrics, "group_members"), of_group(2));
    assert_eq!(samples(&metrics, "group_generation"), of_group(3));
    assert_eq!(samples(&metrics, "group_rebalances_total"), of_group(1));
    assert_eq!(samples(&metrics, "group_commits_total"), of_group(1));
    let of_partition = |group: &str, index, value| {
        format!(r#"{AT},{group}partition="{index}",topic="t",vantage="broker"}} {value}"#)
    };
    let g = r#"group="g","#;
    let both = |group, a, b| [of_partition(group, 0, a), of_partition(group, 1, b)];
    assert_eq!(samples(&metrics, "group_committed_offset"), both(g, 5, 6));
    assert_eq!(samples(&metrics, "group_lag"), both(g, 3, 2));
    assert_eq!(samples(&metrics, "partition_high_watermark"), both("", 8, 8));
    let ages = samples(&metrics, "group_lag_sample_age_seconds");
    assert_eq!(
        &ages[..2],
        [
            r#"broker="10.0.0.9:9092",group="g",partition="0",sample="committed",topic="t",vantage="broker"} 10"#,
            r#"broker="10.0.0.9:9092",group="g",partition="0",sample="high_watermark",topic="t",vantage="broker"} 4"#
        ]
    );
    let last = samples(&metrics, "group_last_commit_timestamp_seconds");
    assert_eq!(
        last,
        [format!(r#"{AT},group="g",topic="t",vantage="broker"}} {}"#, at(0).0 / 1_000_000_000)]
    );
}

#[test]
fn a_commits_time_is_the_wall_clocks() {
    let metrics = metrics(Options::default(), &["g"]);
    let health = Health { wall: WallClock::ahead(3_600_000_000_000), ..Health::default() };
    let text = text(&metrics.gather(&health)).unwrap();
    let hour_later = at(3600).0 / 1_000_000_000;
    let last = text.lines().find(|l| l.contains("group_last_commit_timestamp_seconds{")).unwrap();
    assert!(last.ends_with(&format!(" {hour_later}")), "{last}");
    assert!(text.contains(r#"sample="committed",topic="t",vantage="broker"} 10"#));
}

#[test]
fn partitions_can_be_summed_up() {
    let options = Options { by_partition: false, ..Options::default() };
    let metrics = metrics(options, &["g"]);
    let sum = |name, group: &str, value| {
        let labels = format!(r#"{AT},{group}topic="t",vantage="broker"}} {value}"#);
        assert_eq!(samples(&metrics, name), [labels], "{name}");
    };
    sum("group_committed_offset", r#"group="g","#, 11);
    sum("group_lag", r#"group="g","#, 5);
    sum("partition_high_watermark", "", 16);
    assert_eq!(samples(&metrics, "group_lag_sample_age_seconds").len(), 2);
}

#[test]
fn groups_above_the_cap_are_counted_and_have_no_gauges() {
    let options = Options { max_label_values: 1, ..Options::default() };
    let metrics = metrics(options, &["g", "h", "i"]);
    for name in ["group_members", "group_generation", "group_last_commit_timestamp_seconds"] {
        let samples = samples(&metrics, name);
        assert!(samples.len() == 1 && samples[0].contains(r#"group="g""#), "{samples:?}");
    }
    assert_eq!(
        samples(&metrics, "group_commits_total"),
        [
            format!(r#"{AT},group="g",vantage="broker"}} 1"#),
            format!(r#"{AT},group="other",vantage="broker"}} 2"#)
        ]
    );
    let overflows = samples(&metrics, "series_overflow_total");
    assert!(!overflows.contains(&r#"label="group"} 0"#.to_owned()), "{overflows:?}");
}

#[test]
fn a_group_that_is_gone_has_no_gauges() {
    let mut metrics = metrics(Options::default(), &["g"]);
    let deleted = answered(ApiKey::DELETE_GROUPS, of("g"), of("g"));
    metrics.event(Event::Exchange(&deleted));
    assert!(samples(&metrics, "group_lag").is_empty());
    assert!(samples(&metrics, "group_members").is_empty());
}

#[test]
fn a_group_that_is_called_other_has_gauges() {
    let metrics = metrics(Options::default(), &["other"]);
    let lags = samples(&metrics, "group_lag");
    assert!(lags.len() == 2 && lags[0].contains(r#"group="other""#), "{lags:?}");
}

#[test]
fn names_that_are_cut_to_the_same_are_shown_once() {
    let options = Options { max_label_len: 1, ..Options::default() };
    let metrics = metrics(options, &["ga", "gb"]);
    assert_eq!(samples(&metrics, "group_members").len(), 1);
}

#[test]
fn without_times_there_is_no_time_of_a_commit() {
    let mut metrics = Metrics::new(Options::default()).unwrap();
    let commit = member("g", "a", 3).with("t", &[(0, 5)]);
    let exchange = answered(ApiKey::OFFSET_COMMIT, commit, Facts::default());
    assert_eq!(metrics.now, Timestamp::default());
    metrics.event(Event::Exchange(&exchange));
    assert_eq!(samples(&metrics, "group_committed_offset").len(), 1);
    assert!(samples(&metrics, "group_last_commit_timestamp_seconds").is_empty());
}

#[test]
fn looking_for_what_is_idle_counts_nothing() {
    let options = Options { max_label_values: 1, max_topics: 1, ..Options::default() };
    let sweep = options.idle / 9;
    let mut metrics = metrics(options, &["g", "h", "i"]);
    let fetched = Facts::default().with("u", &[(0, 8)]);
    metrics.event(Event::Exchange(&answered(ApiKey::FETCH, Facts::default(), fetched)));
    let before = samples(&metrics, "series_overflow_total");
    for n in 1..=5 {
        metrics.time(at(10).plus(sweep * n));
    }
    assert_eq!(samples(&metrics, "series_overflow_total"), before);
    assert!(before.iter().filter(|s| !s.ends_with(" 0")).count() >= 2, "{before:?}");
}
