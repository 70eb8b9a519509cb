//! Recorded traffic once more, over the loopback interface.

use tests::guest::observes;

#[test]
fn live_capture_says_what_replay_says() {
    let captures = ["producer", "consumer", "group", "admin"]
        .map(|name| format!("{}/tests/captures/{name}.pcap", env!("CARGO_MANIFEST_DIR")));
    println!("{}", observes::check(&captures).expect("the same exchanges (it takes root)"));
}
