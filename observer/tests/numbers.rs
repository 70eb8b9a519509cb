//! Small numbers inside of data, which read as frames: they are none, in mid-stream, behind a loss, and
//! from a connection's first byte.

mod script;

use script::{From, Script, heartbeat, prefixed, produce, response};

fn ints(numbers: &[u32]) -> Vec<u8> {
    numbers.iter().flat_map(|n| n.to_be_bytes()).collect()
}

/// What reads as ControlledShutdown, then as a request of 64 MiB.
fn row() -> Vec<u8> {
    ints(&[12, 7 << 16, 1, 2, 64 << 20, 4 << 16, 3, 0])
}

fn heartbeats(script: &mut Script, ids: std::ops::Range<i32>) {
    for id in ids {
        script.client(&heartbeat(id)).broker(&response(id, &[0; 2]));
    }
}

fn answered(said: &[String]) -> usize {
    said.iter().filter(|line| line.starts_with("Heartbeat v0 #") && line.ends_with("ms")).count()
}

#[test]
fn in_mid_stream_they_are_no_requests() {
    let mut script = Script::new();
    script.client(&[&[0x5a; 40][..], &row(), &[0x5a; 40]].concat());
    heartbeats(&mut script, 100..300);
    let said = script.finish();
    assert_eq!(answered(&said), 200, "{said:?}");
}

#[test]
fn behind_a_loss_they_are_no_requests() {
    let mut script = Script::new().open();
    heartbeats(&mut script, 1..10);
    let value = [&[0x5a; 300][..], &row(), &[0x5a; 300]].concat();
    let asked = [&produce(10, 1, 100)[..], &value].concat();
    script.unseen(From::Client, &asked[..100]).client(&asked[100..]);
    script.broker(&response(10, &[0; 20]));
    heartbeats(&mut script, 100..300);
    assert_eq!(answered(&script.finish()), 209);
}

#[test]
fn the_tail_of_a_response_is_no_response() {
    let mut script = Script::new();
    script.client(&heartbeat(6)).client(&heartbeat(7));
    let mut tail = ints(&[1000, 6]);
    tail.resize(1004, 0x5a);
    script.broker(&[0x5a; 1448]).broker(&tail);
    assert_eq!(answered(&script.said()), 0);
    script.broker(&response(6, &[0; 2])).broker(&response(7, &[0; 2]));
    assert_eq!(answered(&script.said()), 2);
}

#[test]
fn a_large_answer_is_refuted_by_its_beginning() {
    let mut script = Script::new();
    script.client(&heartbeat(6));
    let mut large = ints(&[200_000, 6]);
    large.resize(200_004, 0x5a);
    for part in large.chunks(1448) {
        script.broker(part);
    }
    script.broker(&response(6, &[0; 2])).client(&heartbeat(7));
    assert_eq!(script.said().last().map(String::as_str), Some("Heartbeat v0 #6 140/1/139 ms"));
}

#[test]
fn a_postgresql_client_is_not_kafka() {
    let text = b"\0\x03\0\0user\0app\0database\0orders\0client_encoding\0UTF8\0DateStyle\0ISO\0\
        TimeZone\0Europe/Berlin\0extra_float_digits\x002\0\0";
    // Its length counts itself.
    let startup = [&ints(&[text.len() as u32 + 4])[..], text].concat();
    let mut script = Script::new().open();
    script.client(&startup).broker(b"R\0\0\0\x08\0\0\0\0Z\0\0\0\x05I");
    for _ in 0..50 {
        script.client(b"Q\0\0\0\x0dSELECT 1\0").broker(b"C\0\0\0\x0dSELECT 1\0Z\0\0\0\x05I");
    }
    assert_eq!(script.finish(), [""; 0]);
}

#[test]
fn a_first_request_in_parts_is_believed_when_it_is_whole() {
    let asked = heartbeat(1);
    for cut in 1..asked.len() {
        let mut script = Script::new().open();
        script.client(&asked[..cut]);
        assert_eq!(script.said(), [""; 0]);
        script.client(&asked[cut..]).broker(&response(1, &[0; 2]));
        assert_eq!(script.said(), ["security plaintext", "Heartbeat v0 #1 2/1/0 ms"]);
    }
}

#[test]
fn a_false_step_is_left_when_the_client_goes_on() {
    // Requests within data, of which the last claims 64 MiB.
    let claim = [&ints(&[64 << 20])[..], b"\0\0\0\x07\0\0\0\x03\0\x03app"].concat();
    let inside = [&[0x5a; 40][..], &heartbeat(1), &heartbeat(2), &claim, &[0x5a; 40]].concat();
    let mut script = Script::new();
    script.client(&inside).broker(&response(99, &[0; 20]));
    heartbeats(&mut script, 100..200);
    let said = script.finish();
    assert!(answered(&said) > 85, "{said:?}");
}

/// Two headers of one client, as far as they go: a whole Produce v0, and one that claims to be of 54 MiB.
#[test]
fn what_reaches_far_shows_nothing_before_it() {
    let app = b"\0\x03app";
    let first = [&[0, 0, 0, 0, 0, 0, 0, 19][..], app, &[0; 10]].concat();
    let names = b"\0\0\0\0\0\0\0\0\x03\x61\x70\x70";
    let far = [&[3, 97, 112, 112, 0, 0, 0, 0, 0, 0, 0, 60][..], app, names, &[0; 60]].concat();
    let value = [&[0x5a; 40][..], &prefixed(&first), &far, &[0x5a; 40]].concat();
    let mut script = Script::new();
    script.client(&value);
    for id in 100..200 {
        script.client(&heartbeat(id)).broker(&response(id, &[0; 2]));
    }
    let said = script.finish();
    assert_eq!(said.iter().filter(|line| line.ends_with("ms")).count(), 100, "{said:#?}");
    assert!(!said.iter().any(|line| line.starts_with("Produce")), "{said:#?}");
}

/// Requests that are larger than what is held, in segments that begin anywhere.
#[test]
fn large_requests_are_found_by_the_two_behind_one() {
    let stream: Vec<u8> = (0..10).flat_map(|id| script::produce(id, 1, 300_000)).collect();
    let len = stream.len() / 10;
    let mut script = Script::new();
    let mut answered = 0;
    for (n, part) in stream[1000..].chunks(1448).enumerate() {
        script.client(part);
        if (1000 + (n + 1) * 1448) / len > answered {
            script.broker(&script::produced(answered as i32, 3));
            answered += 1;
        }
    }
    let said = script.finish();
    let found = said.iter().filter(|line| line.ends_with("ms")).count();
    assert!(found >= 6, "{said:#?}");
}
