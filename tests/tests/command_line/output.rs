//! What `replay` prints.

use std::process::Stdio;

use tests::binary;

use crate::{capture, observer, replay};

#[test]
fn by_default_a_table() {
    let run = replay(&capture("tests"), &[]);
    assert_eq!(
        run.stdout,
        "\
API          requests  answered  unanswered  p50 ms  p99 ms  broker p50 ms  broker p99 ms
ApiVersions         2         1      1 open   1.003   1.003          1.003          1.003
"
    );
    assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""));
}

#[test]
fn exchanges_as_json() {
    let run = replay(&capture("a\"b"), &["-o", "json", "--local", "10.0.0.2"]);
    let lines: Vec<&str> = run.stdout.lines().collect();
    assert_eq!(
        lines[0],
        concat!(
            r#"{"time":"2026-01-02T03:04:05.003000000Z","client":"10.0.0.1:40000","#,
            r#""broker":"10.0.0.2:9092","vantage":"broker","api_key":18,"api":"ApiVersions","#,
            r#""api_version":0,"correlation_id":7,"client_id":"a\"b","outcome":"answered","#,
            r#""request_bytes":13,"response_bytes":10,"duration_us":1000.0,"#,
            r#""broker_time_us":1000.0,"wait_us":0.0,"throttle_ms":null,"errors":{},"#,
            r#""topics":[],"group":null,"empty_fetch":false,"forwarded":null,"#,
            r#""undecoded":null,"validate_only":null}"#
        )
    );
    assert!(lines[1].contains(r#""correlation_id":8,"client_id":"a\"b","outcome":"open""#));
    assert_eq!((lines.len(), run.code), (2, Some(0)));
}

#[test]
fn exchanges_as_lines() {
    let run = replay(&capture("tests"), &["-o", "line"]);
    assert_eq!(
        run.stdout,
        "2026-01-02T03:04:05.003000000Z 10.0.0.1:40000 > 10.0.0.2:9092 ApiVersions v0 \
         client=\"tests\" answered 15 B > 10 B in 1.000 ms broker 1.000 ms wait 0.000 ms\n\
         2026-01-02T03:04:05.005000000Z 10.0.0.1:40000 > 10.0.0.2:9092 ApiVersions v0 \
         client=\"tests\" open 15 B\n"
    );
}

#[test]
fn captures_in_a_row_are_one_and_standard_input_is_one_of_them() {
    let first = crate::file(&capture("tests"));
    let mut child = binary::command()
        .unwrap()
        .args(["replay", first.path().to_str().unwrap(), "-", "-o", "line"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), &capture("tests")).unwrap();
    let output = child.wait_with_output().unwrap();
    let lines = String::from_utf8(output.stdout).unwrap();
    // The second file's packets are those of the first again: duplicates, not exchanges.
    assert_eq!((lines.lines().count(), output.status.code()), (2, Some(0)), "{lines}");
}

#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    let mut child = binary::command()
        .unwrap()
        .args(["replay", "-", "-o", "json"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    // It may end before it has read all.
    let _ = std::io::Write::write_all(&mut child.stdin.take().unwrap(), &capture("tests"));
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
}

#[test]
fn what_a_package_installs_is_printed() {
    let completions = observer(["completions", "bash"]);
    assert!(completions.code == Some(0) && completions.stdout.contains("complete -F"));
    let manual = observer(["man"]);
    assert!(manual.code == Some(0) && manual.stdout.contains(".TH kafka-observer 1"));
    assert!(observer(["--help"]).stdout.contains("replay"));
    assert!(observer(["--version"]).stdout.starts_with("kafka-observer "));
}

#[test]
fn what_cannot_be_printed_is_a_failure() {
    let capture = crate::file(&capture("tests"));
    let replay = ["replay", capture.path().to_str().unwrap()];
    for arguments in [&["--help"][..], &["--version"], &["man"], &replay] {
        let full = std::fs::File::create("/dev/full").unwrap();
        let run = binary::command().unwrap().args(arguments).stdout(full).output().unwrap();
        assert_eq!(run.status.code(), Some(1), "{arguments:?}");
        let said = String::from_utf8(run.stderr).unwrap();
        assert!(said.starts_with("kafka-observer: standard output cannot be written: "), "{said}");
    }
}
