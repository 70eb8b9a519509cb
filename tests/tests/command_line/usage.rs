//! What is said when something is wrong, and the exit codes.

use tests::binary;

use crate::{assert_refused, capture, observer, replay};

#[test]
fn a_wrong_flag() {
    let run = observer(["replay", "x", "--port", "9092"]);
    assert_refused(
        &run,
        2,
        "unexpected argument '--port' found; a similar argument exists: '--ports' \
         (see `kafka-observer --help`)",
    );
}

#[test]
fn no_command_and_no_capture() {
    assert_refused(
        &observer([""; 0]),
        2,
        "a command is missing; `kafka-observer --help` lists them",
    );
    assert_refused(
        &observer(["replay"]),
        2,
        "the following required arguments were not provided: <FILE>... \
         (see `kafka-observer --help`)",
    );
}

#[test]
fn a_wrong_list_of_ports_on_the_command_line_or_in_the_environment() {
    let sentence = "invalid value '9092,x' for '--ports <PORTS>': \"x\" is neither a port nor a \
                    range: ports are numbers from 1 to 65535 (see `kafka-observer --help`)";
    assert_refused(&observer(["replay", "x", "--ports", "9092,x"]), 2, sentence);
    let mut command = binary::command().unwrap();
    let run = command.args(["replay", "x"]).env("KAFKA_OBSERVER_PORTS", "9092,x").output();
    assert_refused(&run.unwrap().into(), 2, sentence);
}

#[test]
fn flags_are_over_the_environment() {
    let file = crate::file(&capture("tests"));
    let mut command = binary::command().unwrap();
    command.args(["replay", file.path().to_str().unwrap()]).env("KAFKA_OBSERVER_PORTS", "1");
    let run: crate::Run = command.output().unwrap().into();
    assert_eq!(
        run.stderr,
        "kafka-observer: none of 6 packets is TCP on port 1: name the brokers' ports with \
         --ports\n"
    );
    let run: crate::Run = command.args(["--ports", "9092"]).output().unwrap().into();
    assert_eq!((run.stderr.as_str(), run.code), ("", Some(0)));
}

#[test]
fn a_variable_that_is_empty_is_not_set() {
    let file = crate::file(&capture("tests"));
    let mut command = binary::command().unwrap();
    command.args(["replay", file.path().to_str().unwrap()]);
    for name in ["PORTS", "LOCAL", "MAX_REQUEST", "LOG", "ENVOY_STATS", "NO_CLIENT_ID_LABEL"] {
        command.env(format!("KAFKA_OBSERVER_{name}"), "");
    }
    let run: crate::Run = command.output().unwrap().into();
    assert_eq!((run.stderr.as_str(), run.code), ("", Some(0)));
    assert_eq!(run.stdout, replay(&capture("tests"), &[]).stdout);
}

#[cfg(not(feature = "live"))]
#[test]
fn a_command_that_this_build_lacks() {
    for name in ["run", "observe", "top", "cleanup"] {
        let sentence = format!(
            "this build has no live capture, which `{name}` takes: build it with `cargo xtask build \
             --release`, or read captures with `replay`"
        );
        assert_refused(&observer([name, "--ports", "9092"]), 3, &sentence);
    }
}

#[test]
fn a_size_a_time_an_address_or_a_prefix_that_is_none() {
    for (flag, value, sentence) in [
        (
            "--max-request <SIZE>",
            "big",
            "\"big\" is no size: write bytes, or a number with K, M or G",
        ),
        (
            "--expire-after <TIME>",
            "0s",
            "\"0s\" is no time: write a number above 0 with ms, s, m or h, like 10m",
        ),
        (
            "--local <ADDR>",
            "foo",
            "\"foo\" is no IP address: write addresses like 10.0.0.1,fd00::1",
        ),
        (
            "--log <LEVEL>",
            "foo",
            "\"foo\" is no level: write off, error, warn, info, debug or trace",
        ),
        ("--log <LEVEL>", "", "\"\" is no level: write off, error, warn, info, debug or trace"),
        (
            "--envoy-stats <PREFIX>",
            "a-b",
            "\"a-b\" cannot be part of a metric's name: use letters, digits and _",
        ),
    ] {
        let name = flag.split(' ').next().unwrap();
        let run = observer(["replay", "x", name, value]);
        let said = format!(
            "invalid value '{value}' for '{flag}': {sentence} (see `kafka-observer --help`)"
        );
        assert_refused(&run, 2, &said);
    }
}

#[test]
fn a_bound_that_bounds_everything_or_nothing() {
    for (flag, value, sentence) in [
        ("--max-connections <N>", "0", "write a number from 1 to 100000000"),
        ("--max-inflight <N>", "0", "write a number from 1 to 100000000"),
        ("--max-inflight-per-connection <N>", "0", "write a number from 1 to 100000000"),
        ("--max-inflight <N>", "-1", "write a number from 1 to 100000000"),
        ("--max-connections <N>", "9999999999999", "write a number from 1 to 100000000"),
        ("--max-label-values <N>", "0", "write a number from 1 to 100000000"),
        ("--max-client-id-values <N>", "0", "write a number from 1 to 100000000"),
        ("--max-group-values <N>", "0", "write a number from 1 to 100000000"),
        ("--max-label-length <N>", "0", "write a number from 1 to 32767"),
        ("--max-series <N>", "0", "write a number from 1 to 100000000"),
        ("--max-buffered <SIZE>", "0", "0 is too small: 64K at least"),
        ("--max-buffered <SIZE>", "9999G", "9999G is too large: 1024G at most"),
        ("--max-buffered-per-direction <SIZE>", "1", "1 is too small: 64K at least"),
        ("--max-request <SIZE>", "0", "0 is too small: 1K at least"),
        ("--max-request <SIZE>", "3G", "3G is too large: 2147483647 at most"),
        ("--series-idle <TIME>", "100y", "100y is too long: ten years at most"),
        (
            "--ports <PORTS>",
            "-1",
            "\"-1\" is neither a port nor a range: ports are numbers from 1 to 65535",
        ),
    ] {
        let name = flag.split(' ').next().unwrap();
        let said = format!(
            "invalid value '{value}' for '{flag}': {sentence} (see `kafka-observer --help`)"
        );
        assert_refused(&observer(["replay", "x", name, value]), 2, &said);
    }
}

#[test]
fn a_capture_that_is_not_there_or_is_none() {
    assert_refused(
        &observer(["replay", "/nowhere/x.pcap"]),
        2,
        "there is no file /nowhere/x.pcap: name a pcap or pcapng file, or -",
    );
    assert_refused(&observer(["replay", "/"]), 2, "/ is a directory: name the captures in it");
    let run = replay(b"something else", &["-o", "json"]);
    assert!(run.stderr.contains("is not a capture: it is neither pcap nor pcapng"));
    assert_eq!((run.code, run.stderr.lines().count()), (Some(1), 1));
}

#[test]
fn a_capture_with_nothing_to_read() {
    let said = |capture: &[u8], ports: &str| {
        let run = replay(capture, &["--ports", ports]);
        assert_eq!(run.code, Some(0));
        run.stderr.strip_prefix("kafka-observer: ").unwrap_or_default().trim_end().to_owned()
    };
    let whole = capture("tests");
    assert_eq!(
        said(&whole[..24], "9092"),
        "there is no packet: look at the filter that was captured with"
    );
    assert_eq!(
        said(&whole, "9093"),
        "none of 6 packets is TCP on port 9093: name the brokers' ports with --ports"
    );
    let mut fragments = whole.clone();
    let fragmented = packets(&whole).map(|at| fragments[at + ETHERNET_LEN + FLAGS] |= MORE).count();
    assert_eq!(
        said(&fragments, "9092"),
        format!(
            "none of 6 packets is TCP on port 9092, but {fragmented} are IP fragments, which are not \
             put together: capture where packets are whole, as on the hosts themselves"
        )
    );
    let mut mixed = whole.clone();
    packets(&whole).take(2).for_each(|at| mixed[at + ETHERNET_LEN + FLAGS] |= MORE);
    assert_eq!(
        said(&mixed, "9093"),
        "none of 6 packets is TCP on port 9093, and 2 are IP fragments, which are not put together: \
         name the brokers' ports with --ports"
    );
}

const ETHERNET_LEN: usize = 14;
/// Where the flags of an IPv4 header are, and the one that says that more fragments follow.
const FLAGS: usize = 6;
const MORE: u8 = 0x20;

/// Where the packets of a little-endian pcap file begin.
fn packets(file: &[u8]) -> impl Iterator<Item = usize> {
    let next = |record: usize| {
        let len = file.get(record + 8..record + 12)?;
        Some(record + 16 + u32::from_le_bytes(len.try_into().unwrap()) as usize)
    };
    let records = std::iter::successors(Some(24), move |record| next(*record));
    records.take_while(|record| *record < file.len()).map(|record| record + 16)
}

#[test]
fn a_truncated_capture_gives_what_could_be_read() {
    let capture = capture("tests");
    let run = replay(&capture[..capture.len() - 5], &["-o", "line"]);
    assert_eq!(run.stdout.lines().count(), 1, "{}", run.stdout);
    assert!(run.stderr.contains("is truncated: it ends within "), "{}", run.stderr);
    assert_eq!((run.code, run.stderr.lines().count()), (Some(1), 1));
}
