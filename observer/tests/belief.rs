//! What the pipeline believes to be Kafka, and how it finds a lost step, as scripts.

mod script;

use observer::pipeline::Config;
use script::{Script, heartbeat, ports, prefixed, produce, produced, request, response};

#[test]
fn joined_in_midstream_the_first_whole_exchange_is_seen() {
    let mut script = Script::new();
    script.broker(&response(1, &[0; 2])).client(&heartbeat(2)).broker(&response(2, &[0; 2]));
    script.client(&heartbeat(3)).broker(&response(3, &[0; 2]));
    assert_eq!(
        script.said(),
        ["security plaintext", "Heartbeat v0 #2 1/1/0 ms", "Heartbeat v0 #3 1/1/0 ms"]
    );
}

#[test]
fn joined_within_a_frame_the_step_is_found_at_the_next() {
    let big = produce(1, 1, 200_000);
    for cut in [1, 4, 9, 30, 100_000, 199_999] {
        let mut script = Script::new();
        for part in big[cut..].chunks(1448) {
            script.client(part);
        }
        script.broker(&produced(1, 3));
        script.client(&produce(2, 1, 10)).broker(&produced(2, 3));
        script.client(&produce(3, 1, 10)).broker(&produced(3, 3));
        let said = script.said();
        assert!(said.contains(&"Produce v7 #3 1/1/0 ms".to_owned()), "{cut}: {said:?}");
        assert!(!said.iter().any(|s| s.contains("#1 ")), "{cut}: {said:?}");
    }
}

#[test]
fn a_known_header_confirms_at_once_an_unknown_one_with_its_response() {
    let mut script = Script::new().open();
    script.client(&request(1234, 5, 9, &[0; 30]));
    assert_eq!(script.said(), [""; 0]);
    script.broker(&response(9, &[0; 5]));
    assert_eq!(script.said(), ["security plaintext", "Unknown(1234) v5 #9 1/1/0 ms"]);
    script.client(&request(30_000, 5, 10, &[0; 30])).broker(&response(10, &[0; 5]));
    assert_eq!(script.said(), ["Unknown(30000) v5 #10 1/1/0 ms"]);
}

#[test]
fn joined_in_midstream_unknown_versions_are_found_by_an_answer() {
    let mut script = Script::new();
    script.broker(&[7; 50]);
    for id in 5..9 {
        script.client(&request(1, 99, id, &[0; 30])).broker(&response(id, &[0; 20]));
    }
    let found = [
        "security plaintext",
        "Fetch v99 #5 1/1/0 ms",
        "Fetch v99 #6 1/1/0 ms",
        "Fetch v99 #7 1/1/0 ms",
        "Fetch v99 #8 1/1/0 ms",
    ];
    assert_eq!(script.said(), found);
}

#[test]
fn several_unknown_requests_in_flight_are_found_by_an_answer() {
    let mut script = Script::new();
    for id in 5..9 {
        script.client(&request(1, 99, id, &[0; 30]));
    }
    script.broker(&response(4, &[0; 20])).broker(&response(5, &[0; 20]));
    script.broker(&[response(6, &[0; 20]), response(7, &[0; 20])].concat());
    let said = script.said();
    let ids: Vec<_> = said.iter().filter_map(|line| line.split(' ').nth(2)).collect();
    assert_eq!(ids, ["#5", "#6", "#7"], "{said:?}");
}

#[test]
fn an_answer_shows_no_unknown_request_where_anything_is_amiss() {
    let (asked, answered) = (request(1, 99, 5, &[0; 30]), response(5, &[0; 20]));
    let nameless = prefixed(&[&[0, 1, 0, 99, 0, 0, 0, 5][..], &[0; 30]].concat());
    for (client, broker) in [
        (&asked[..], &response(6, &[0; 20])[..]),
        (&asked[..asked.len() - 1], &answered[..]),
        (&asked[..], &answered[..answered.len() - 1]),
        (&[&[1][..], &asked].concat(), &answered),
        (&asked, &[&[1][..], &answered].concat()),
        (&asked, &response(5, &[])),
        (&nameless, &answered),
    ] {
        let mut script = Script::new();
        script.client(client).broker(broker);
        assert_eq!(script.said(), [""; 0], "{client:?}");
    }
    // It does not acknowledge all of the request.
    let mut script = Script::new();
    script.client(&asked).broker_behind(1, &answered);
    assert_eq!(script.said(), [""; 0]);
    // Either request may be meant.
    let mut script = Script::new();
    script.client(&asked).client(&asked).broker(&answered);
    assert_eq!(script.said(), [""; 0]);
}

#[test]
fn after_a_gap_unknown_versions_are_found_by_the_connections_own_client_id() {
    let mut script = Script::new().open();
    let pass = |script: &mut Script, id| {
        script.client(&request(1, 99, id, &[0; 30])).broker(&response(id, &[0; 20]));
    };
    script.client(&heartbeat(1)).broker(&response(1, &[0; 2]));
    pass(&mut script, 2);
    script.unseen(script::From::Client, &request(1, 99, 3, &[0; 30]));
    script.broker(&response(3, &[0; 20]));
    pass(&mut script, 4);
    pass(&mut script, 5);
    let said = script.said();
    let answered: Vec<_> = said.iter().filter(|line| line.starts_with("Fetch")).collect();
    assert_eq!(answered.len(), 3, "{said:?}");
    assert_eq!(answered.last().unwrap().as_str(), "Fetch v99 #5 1/1/0 ms");
}

#[test]
fn other_protocols_are_opaque_from_their_first_bytes() {
    for (bytes, said) in [
        (&b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"[..], vec!["command count only"]),
        (b"*1\r\n$4\r\nPING\r\n", vec!["command count only"]),
        (b"\x16\x03\x01\x02\x00\x01\x00", vec!["security tls", "command count only"]),
    ] {
        let mut script = Script::new().open();
        script.client(bytes).broker(b"whatever").client(bytes);
        assert_eq!(script.said(), said);
        assert_eq!(script.ledger().opaque, 2 * bytes.len() as u64 + 8);
    }
}

#[test]
fn what_is_never_in_step_is_discarded_then_opaque() {
    let mut config = Config::new(ports());
    config.exchange.max_request_bytes = 100_000;
    config.exchange.opaque_after_bytes = 100_000;
    let mut script = Script::with(config);
    for _ in 0..300 {
        script.client(&[0xee; 1000]);
    }
    assert_eq!(script.said(), ["command count only"]);
    let ledger = script.ledger();
    assert!(ledger.discarded > 200_000 && ledger.opaque > 0, "{ledger:?}");
}

#[test]
fn joined_within_the_largest_request_a_connection_is_still_kafka() {
    let mut config = Config::new(ports());
    config.exchange.max_request_bytes = 12 << 20;
    let mut script = Script::with(config);
    for _ in 0..1_190 {
        script.client(&[0xee; 10 << 10]);
    }
    script.broker(&response(1, &[0; 20]));
    script.client(&heartbeat(2)).broker(&response(2, &[0; 2])).client(&heartbeat(3));
    assert_eq!(script.said(), ["security plaintext", "Heartbeat v0 #2 1/1/0 ms"]);
}

#[test]
fn an_impossible_length_is_malformed_and_the_step_found_again() {
    let mut script = Script::new().open();
    script.client(&heartbeat(1)).broker(&response(1, &[0; 2]));
    script.client(&(-1_i32).to_be_bytes()).client(&heartbeat(2)).broker(&response(2, &[0; 2]));
    script.client(&0x7fff_ffff_i32.to_be_bytes()).client(&heartbeat(3));
    script.broker(&response(3, &[0; 2]));
    assert_eq!(
        script.said()[2..],
        [
            "malformed Request length_too_small",
            "resynchronised Request",
            "Heartbeat v0 #2 1/1/0 ms",
            "malformed Request length_too_large",
            "resynchronised Request",
            "Heartbeat v0 #3 1/1/0 ms"
        ]
    );
}

#[test]
fn raw_tokens_behind_sasl_handshake_v0_are_opaque() {
    let mut script = Script::new().open();
    script.client(&request(17, 0, 1, b"\0\x05PLAIN")).broker(&response(1, &[0; 12]));
    script.client(&prefixed(b"\0user\0secret")).broker(&prefixed(b""));
    script.client(&heartbeat(2)).broker(&response(2, &[0; 2]));
    assert_eq!(
        script.said(),
        [
            "security plaintext",
            "security sasl_plaintext",
            "SaslHandshake v0 #1 1/1/0 ms",
            "Heartbeat v0 #2 1/1/0 ms"
        ]
    );
    assert_eq!(script.ledger().opaque, 16 + 4);
}

#[test]
fn tls_joined_in_mid_stream_is_opaque_at_its_first_whole_record() {
    let mut script = Script::new();
    script.broker(&[0xee; 100]).client(b"\x17\x03\x03\x00\x04data").broker(&[0xee; 100]);
    assert_eq!(script.said(), ["security tls", "command count only"]);
    assert_eq!(script.ledger().opaque, 209);
}

#[test]
fn bytes_that_passed_before_a_request_are_no_answer_to_it() {
    let mut script = Script::new();
    // The rest of some response, whose numbers read like answers to what is asked later.
    script.broker(&[response(5, &[0; 2]), response(6, &[0; 2])].concat());
    script.client(&[heartbeat(5), heartbeat(6)].concat());
    script.broker(&response(5, &[0; 2])).broker(&response(6, &[0; 2]));
    assert_eq!(
        script.said(),
        ["security plaintext", "Heartbeat v0 #5 1/1/0 ms", "Heartbeat v0 #6 2/1/1 ms"]
    );
}

#[test]
fn numbers_inside_a_response_are_no_frames() {
    let mut script = Script::new().open();
    script.client(&heartbeat(1)).client(&[heartbeat(5), heartbeat(6)].concat());
    script.unseen(script::From::Broker, &response(1, &[7; 20])[..20]);
    // Off any segment's start: two lengths with the ids of requests in flight.
    let inside = [&[9][..], &response(5, &[0; 4]), &response(6, &[0; 4]), &[9]].concat();
    script.broker(&inside);
    script.broker(&response(5, &[0; 2])).broker(&response(6, &[0; 2]));
    script.wait(std::time::Duration::from_secs(3));
    let said = script.said();
    let answered: Vec<_> = said.iter().filter(|line| line.ends_with("ms")).collect();
    assert_eq!(answered, ["Heartbeat v0 #5 2/1/1 ms", "Heartbeat v0 #6 3/1/2 ms"], "{said:?}");
}

#[test]
fn what_a_request_holds_is_no_request() {
    // Whatever stands here, it reads as many requests, each right behind the one before it.
    let inside = [&[0, 0, 0, 26, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0][..], &[0; 16]].concat().repeat(20);
    let mut script = Script::new();
    script.client(&request(12, 99, 5, &inside)).broker(&response(5, &[0; 2]));
    script.client(&request(12, 99, 6, &[]));
    assert_eq!(script.said(), ["security plaintext", "Heartbeat v99 #5 1/-/- ms"]);
    assert_eq!(script.ledger().discarded, 0);
}

#[test]
fn a_first_request_may_have_a_long_client_id() {
    let mut frame = vec![0, 12, 0, 0, 0, 0, 0, 7, 1, 44];
    frame.extend([b'x'; 300]);
    frame.extend(b"\0\x01g\0\0\0\x01\0\x01m");
    let mut script = Script::new().open();
    script.client(&prefixed(&frame)).broker(&response(7, &[0; 2]));
    assert_eq!(script.said()[1..], ["Heartbeat v0 #7 1/1/0 ms"]);
}

#[test]
fn a_reset_of_an_older_connection_ends_nothing() {
    let mut script = Script::new().open();
    script.client(&heartbeat(1)).broker(&response(1, &[0; 2]));
    script.reseed(1 << 30);
    script.pass(script::From::Client, observer::input::TcpFlags::RST, &[]);
    script.reseed((1_u32 << 30).wrapping_neg());
    script.client(&heartbeat(2)).broker(&response(2, &[0; 2]));
    assert_eq!(script.said().last().map(String::as_str), Some("Heartbeat v0 #2 1/1/0 ms"));
}

#[test]
fn headers_inside_a_request_that_confirm_each_other_are_no_requests() {
    // The first reads as a whole Heartbeat, by its header, and where it ends there is another header.
    let inside =
        [&[7; 11][..], &request(12, 0, 90, &[7; 40]), &request(3, 1, 91, &[7; 40]), &[7; 99]];
    let inside = inside.concat();
    for split in [20, 60, 70, 120] {
        let mut script = Script::new();
        script.client(&inside[..split]).client(&inside[split..]);
        script.broker(&response(1, &[0; 20]));
        script.client(&heartbeat(2)).broker(&response(2, &[0; 2])).client(&heartbeat(3));
        let found = ["security plaintext", "Heartbeat v0 #2 1/1/0 ms"];
        assert_eq!(script.said(), found, "split at {split}");
    }
    // True ones at the same places are found.
    let behind = [&[7; 11][..], &heartbeat(90), &heartbeat(91)].concat();
    let mut script = Script::new();
    script.client(&behind[..20]).client(&behind[20..]).broker(&response(90, &[0; 2]));
    assert_eq!(script.said()[1..], ["Heartbeat v0 #90 2/-/- ms"]);
}
