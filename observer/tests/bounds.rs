//! Small bounds of a connection: what finds no room is counted.

mod script;

use std::time::Duration;

use observer::tables::{Evictions, Table};
use script::{From, Script, heartbeat, response};

fn evicted(table: Table, n: usize) -> Evictions {
    let mut evictions = Evictions::default();
    evictions.add(table, n);
    evictions
}

#[test]
fn ids_of_requests_without_an_answer_are_remembered_within_a_bound() {
    let mut script = Script::new().open();
    for id in 0..65 {
        script.client(&heartbeat(id));
    }
    script.wait(Duration::from_mins(11));
    assert_eq!(*script.pipeline.evictions(), evicted(Table::Unanswered, 1));
    script.said();
    script.broker(&response(0, &[0; 2])).broker(&response(1, &[0; 2]));
    assert_eq!(script.said(), ["unmatched unknown_id", "unmatched late"]);
}

#[test]
fn responses_that_come_before_their_requests_are_whole_wait_within_a_bound() {
    let mut script = Script::new().open();
    script.client(&heartbeat(0)).broker(&response(0, &[0; 2]));
    let late = heartbeat(1);
    script.unseen(From::Client, &late[..9]).client(&late[9..]);
    let responses: Vec<u8> = (100..165).flat_map(|id| response(id, &[0; 2])).collect();
    script.broker(&responses);
    assert_eq!(*script.pipeline.evictions(), evicted(Table::EarlyResponses, 1));
}
