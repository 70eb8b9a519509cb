//! A broker whose responses never begin where a segment begins: joined at any byte, and behind a gap,
//! the step is found, and nothing false is paired.

mod script;

use std::collections::HashMap;
use std::time::Duration;

use observer::event::{Event, Outcome};
use observer::input::TcpFlags;
use script::{From, Script, heartbeat, request, response};

const EXCHANGES: i32 = 60;
/// Requests on their way at any time.
const IN_FLIGHT: i32 = 4;
/// Bytes of each response that its last segment carries.
const TAIL: usize = 5;
/// Responses that may be missed before the step is found.
const MISSED_AT_MOST: i32 = 4;

fn asked(id: i32) -> Vec<u8> {
    request(16, 0, id, &[])
}

/// ListGroups v0 with one group; a false pair is told by its size.
fn answer(id: i32) -> Vec<u8> {
    let name = vec![b'g'; 1 + (id * 7 % 40) as usize];
    let group = [&[0, name.len() as u8][..], &name, &[0, 0]].concat();
    response(id, &[&[0, 0, 0, 0, 0, 1][..], &group].concat())
}

/// What was answered, by correlation id.
type Answered = HashMap<i32, u32>;

fn observe(script: &mut Script, from: From, bytes: &[u8], answered: &mut Answered) {
    script.observe(from, TcpFlags::ACK, bytes, &mut |event: Event<'_>| note(&event, answered));
}

fn note(event: &Event<'_>, answered: &mut Answered) {
    if let Event::Exchange(exchange) = event
        && exchange.outcome == Outcome::Answered
    {
        let bytes = exchange.response_bytes.unwrap();
        answered.insert(exchange.header.correlation_id, bytes);
    }
}

/// Of these bytes of the broker nothing is seen, nor of what the client sent with them.
fn run(mut script: Script, unseen: impl Fn(usize) -> bool, is_client_seen: bool) -> Answered {
    let mut answered = Answered::new();
    let mut offset = 0;
    for id in 0..IN_FLIGHT {
        pass(&mut script, From::Client, &asked(id), is_client_seen || !unseen(0), &mut answered);
    }
    let stream: Vec<u8> = (0..EXCHANGES).flat_map(answer).collect();
    let mut end = 0;
    for id in 0..EXCHANGES {
        end += answer(id).len();
        let is_seen = is_client_seen || !unseen(offset);
        pass(&mut script, From::Client, &asked(id + IN_FLIGHT), is_seen, &mut answered);
        let segment = &stream[offset..end - TAIL];
        let first_seen =
            (offset..end - TAIL).find(|at| !unseen(*at)).map_or(segment.len(), |at| at - offset);
        pass(&mut script, From::Broker, &segment[..first_seen], false, &mut answered);
        pass(&mut script, From::Broker, &segment[first_seen..], true, &mut answered);
        offset = end - TAIL;
    }
    script.finish_with(&mut |event: Event<'_>| note(&event, &mut answered));
    for (id, bytes) in &answered {
        assert_eq!(*bytes as usize + 4, answer(*id).len(), "a false pair: {id}");
    }
    answered
}

fn pass(script: &mut Script, from: From, bytes: &[u8], is_seen: bool, answered: &mut Answered) {
    match bytes {
        [] => {}
        _ if is_seen => observe(script, from, bytes, answered),
        _ => drop(script.unseen(from, bytes)),
    }
}

/// The response that byte belongs to.
fn id_at(offset: usize) -> i32 {
    let mut end = 0;
    let is_within = |id: &i32| {
        end += answer(*id).len();
        offset < end
    };
    (0..EXCHANGES).find(is_within).unwrap()
}

/// From the response on that lies so many behind that byte, all are seen.
fn assert_in_step(answered: &Answered, seen_from: usize, behind: i32, case: &str) {
    let bound = id_at(seen_from) + 1 + behind + MISSED_AT_MOST;
    // The last one's end never comes.
    let missed: Vec<_> = (bound..EXCHANGES - 1).filter(|id| !answered.contains_key(id)).collect();
    assert_eq!(missed, [0; 0], "{case} {seen_from}");
}

#[test]
fn joined_at_any_byte() {
    for cut in 0..300 {
        let answered = run(Script::new(), |at| at < cut, false);
        // The requests that were on their way were not seen.
        assert_in_step(&answered, cut, IN_FLIGHT, "cut at");
    }
}

#[test]
fn behind_a_gap_from_and_to_any_byte() {
    for from in (0..300).step_by(7) {
        for len in [1, 4, 9, 30, 100, 333] {
            let gap = from..from + len;
            let answered = run(Script::new().open(), |at| gap.contains(&at), true);
            assert_in_step(&answered, gap.end, 0, "gap up to");
        }
    }
}

#[test]
fn two_numbers_inside_a_response_are_no_frames_though_they_are_whole() {
    let mut script = Script::new().open();
    script.client(&heartbeat(1)).client(&[heartbeat(5), heartbeat(6), heartbeat(7)].concat());
    script.unseen(From::Broker, &response(1, &[7; 20])[..20]);
    let inside = [&[9][..], &response(5, &[0; 2]), &response(6, &[0; 2]), &[9; 30]].concat();
    script.broker(&inside);
    // Three, of which one is no answer by its layout.
    let inside = [&[9][..], &response(5, &[0; 2]), &response(6, &[0; 4]), &response(7, &[0; 2])];
    script.broker(&inside.concat());
    for id in 5..8 {
        script.broker(&response(id, &[0; 2]));
    }
    script.wait(Duration::from_secs(3));
    let said = script.said();
    let answered: Vec<_> = said.iter().filter(|line| line.ends_with("ms")).collect();
    assert_eq!(
        answered,
        ["Heartbeat v0 #5 3/1/2 ms", "Heartbeat v0 #6 4/1/3 ms", "Heartbeat v0 #7 5/1/4 ms"],
        "{said:?}"
    );
}
