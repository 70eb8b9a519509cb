//! Ports that change while the pipeline runs.

mod script;

use observer::event::Event;
use observer::ports::Ports;
use script::{From, Script, heartbeat, response};

fn watch(script: &mut Script, ports: &str) -> (usize, Vec<String>) {
    let ports: Ports = ports.parse().unwrap();
    let mut said = Vec::new();
    let ended = script.pipeline.set_ports(ports, &mut |event: Event<'_>| match event {
        Event::Exchange(exchange) => {
            let id = exchange.header.correlation_id;
            said.push(format!("#{id} {}", exchange.outcome.as_str()));
        }
        Event::ConnectionClosed { .. } => said.push("closed".to_owned()),
        _ => {}
    });
    (ended, said)
}

#[test]
fn connections_of_a_port_that_is_no_longer_watched_end() {
    let mut script = Script::new().open();
    script.client(&heartbeat(1)).broker(&response(1, &[0; 2])).client(&heartbeat(2));
    let said = ["#2 evicted".to_owned(), "closed".to_owned()];
    assert_eq!(watch(&mut script, "9093-9095"), (1, said.to_vec()));
    assert_eq!((script.pipeline.connections(), script.pipeline.inflight()), (0, 0));
    script.said();
    // What was in the ring before.
    let discarded = script.ledger().discarded;
    script.broker(&response(2, &[0; 2])).client(&heartbeat(3));
    assert_eq!(script.said(), [""; 0]);
    assert_eq!(script.ledger().discarded, discarded + 10 + 4 + 23);
    assert_eq!(script.pipeline.connections(), 0);
    assert_eq!(script.finish(), [""; 0]);
}

#[test]
fn connections_of_a_port_that_stays_go_on() {
    let mut script = Script::new().open();
    script.client(&heartbeat(1));
    assert_eq!(watch(&mut script, "1,9092"), (0, Vec::new()));
    script.broker(&response(1, &[0; 2]));
    assert_eq!(script.said(), ["security plaintext", "Heartbeat v0 #1 1/1/0 ms"]);
}

#[test]
fn a_port_that_is_watched_again_is_joined_in_mid_stream() {
    let mut script = Script::new().open();
    script.client(&heartbeat(1)).broker(&response(1, &[0; 2]));
    watch(&mut script, "1");
    script.unseen(From::Client, &heartbeat(2)).unseen(From::Broker, &response(2, &[0; 2]));
    script.said();
    watch(&mut script, "9092");
    script.client(&heartbeat(3)).broker(&response(3, &[0; 2]));
    script.client(&heartbeat(4)).broker(&response(4, &[0; 2]));
    let said = script.said().join("; ");
    assert!(said.ends_with("Heartbeat v0 #4 1/1/0 ms"), "{said}");
}
