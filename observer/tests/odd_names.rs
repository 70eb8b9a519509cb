//! Clients whose ids are longer than others, or no text, joined in mid-stream: Kafka allows any bytes.

mod script;

use script::{Script, prefixed, response};

/// Heartbeat v0 of a client with this id.
fn heartbeat(id: i32, name: &[u8]) -> Vec<u8> {
    let header = [&[0, 12, 0, 0][..], &id.to_be_bytes(), &(name.len() as i16).to_be_bytes()];
    prefixed(&[&header.concat()[..], name, b"\0\x01g\0\0\0\x01\0\x01m"].concat())
}

fn answered(script: &mut Script) -> usize {
    script.said().iter().filter(|line| line.ends_with("ms")).count()
}

#[test]
fn three_requests_in_a_row_show_them() {
    for name in [&b"a\tb"[..], &[b'x'; 300], &[0xff; 20], &[b'x'; 5000]] {
        let mut script = Script::new();
        script.broker(&[7; 50]);
        for id in 0..20 {
            script.client(&heartbeat(id, name)).broker(&response(id, &[0; 2]));
        }
        let found = answered(&mut script);
        assert!(found >= 17, "{found}, {} letters", name.len());
    }
}

#[test]
fn fewer_or_others_show_nothing() {
    let long = [b'x'; 300];
    let other = [&long[..299], b"y"].concat();
    let requests: [&[Vec<u8>]; 4] = [
        &[heartbeat(1, &long), heartbeat(2, &long)],
        &[heartbeat(1, &long), heartbeat(2, &other), heartbeat(3, &long)],
        &[heartbeat(1, &long), heartbeat(9000, &long), heartbeat(18_000, &long)],
        // Off a segment's first byte.
        &[[&[9][..], &(1..9).flat_map(|id| heartbeat(id, &long)).collect::<Vec<_>>()].concat()],
    ];
    for segments in requests {
        let mut script = Script::new();
        for (id, segment) in segments.iter().enumerate() {
            script.client(segment).broker(&response(id as i32, &[0; 2]));
        }
        assert_eq!(script.said(), [""; 0]);
    }
}
