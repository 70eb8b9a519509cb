//! Clients without a name that use versions that no table knows: found in mid-stream, and behind a gap.

mod script;

use script::{From, Script, heartbeat, prefixed, response};

/// Metadata of an unknown version; `id_len` is that of a client id which is null, or empty.
fn nameless(id: i32, id_len: i16) -> Vec<u8> {
    let header = [&[0, 3, 0, 99][..], &id.to_be_bytes(), &id_len.to_be_bytes()].concat();
    prefixed(&[&header[..], &[0; 30]].concat())
}

fn ids(said: &[String]) -> Vec<&str> {
    said.iter().filter_map(|line| line.strip_suffix(" ms")?.split(' ').nth(2)).collect()
}

#[test]
fn joined_in_mid_stream_three_in_a_row_show_them() {
    for id_len in [0, -1] {
        let mut script = Script::new();
        script.broker(&[7; 50]);
        for id in 5..9 {
            script.client(&nameless(id, id_len)).broker(&response(id, &[0; 20]));
            assert!(id >= 7 || script.lines.is_empty(), "too soon");
        }
        assert_eq!(ids(&script.said()), ["#5", "#6", "#7", "#8"]);
    }
}

#[test]
fn pipelined_they_are_found_too() {
    let mut script = Script::new();
    for id in 5..10 {
        script.client(&nameless(id, 0));
    }
    for id in 5..10 {
        script.broker(&response(id, &[0; 20]));
    }
    assert_eq!(ids(&script.said()), ["#5", "#6", "#7", "#8", "#9"]);
}

#[test]
fn fewer_or_others_show_nothing() {
    let pairs = |pairs: &[(i32, i32)]| {
        let mut script = Script::new();
        for (asked, answered) in pairs {
            script.client(&nameless(*asked, 0)).broker(&response(*answered, &[0; 20]));
        }
        script.said()
    };
    assert_eq!(pairs(&[(5, 5), (6, 6)]), [""; 0]);
    assert_eq!(pairs(&[(5, 5), (5, 5), (5, 5), (5, 5)]), [""; 0]);
    assert_eq!(pairs(&[(5, 5), (7, 7), (9, 9), (11, 11)]), [""; 0]);
    assert_eq!(pairs(&[(5, 5), (6, 60), (7, 7), (8, 8)]), [""; 0]);
    assert_eq!(pairs(&[(7, 7), (6, 6), (5, 5)]), [""; 0]);
}

#[test]
fn behind_a_gap_they_are_found_by_the_version_they_have_used() {
    let mut script = Script::new().open();
    script.client(&heartbeat(1)).broker(&response(1, &[0; 2]));
    script.client(&nameless(2, 0)).broker(&response(2, &[0; 20]));
    script.unseen(From::Client, &nameless(3, 0)).broker(&response(3, &[0; 20]));
    for id in 4..6 {
        script.client(&nameless(id, 0)).broker(&response(id, &[0; 20]));
    }
    let said = script.said();
    assert!(ids(&said).contains(&"#5"), "{said:?}");
}
