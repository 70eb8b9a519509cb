//! Clients whose correlation ids repeat, behind a lost message or joined in mid-stream: nothing false is paired.

mod script;

use observer::event::{Event, Outcome};
use observer::input::TcpFlags;
use script::{From, Script, request, response};

const EXCHANGES: u8 = 100;

/// Metadata v0 about a topic with a name of so many letters.
fn asked(id: i32, n: u8) -> Vec<u8> {
    request(3, 0, id, &[&[0, 0, 0, 1, 0, n][..], &vec![b't'; n.into()]].concat())
}

/// Its answer, from a broker with a name of as many letters.
fn answered(id: i32, n: u8) -> Vec<u8> {
    let broker = [&[0, 0, 0, 1, 0, 0, 0, 0, 0, n][..], &vec![b'b'; n.into()], &[0; 4]].concat();
    response(id, &[&broker[..], &[0; 4]].concat())
}

/// Exchanges of which so many are in flight, in a connection of which one message was not seen; how many
/// were paired, rightly and falsely.
fn run(mut script: Script, depth: u8, id: impl Fn(u8) -> i32, missed: (From, u8)) -> (u8, u8) {
    let (base, answer_base) = (asked(0, 0).len() as u32, answered(0, 0).len() as u32);
    let (mut right, mut wrong) = (0, 0);
    let mut check = |event: Event<'_>| {
        let Event::Exchange(exchange) = event else { return };
        if exchange.outcome == Outcome::Answered {
            let n = exchange.request_bytes + 4 - base;
            let is_right = exchange.response_bytes == Some(n + answer_base - 4);
            (right, wrong) = (right + u8::from(is_right), wrong + u8::from(!is_right));
        }
    };
    let mut send = |from, n: u8, bytes: &[u8]| {
        if missed == (from, n) {
            script.unseen(from, bytes);
        } else {
            script.observe(from, TcpFlags::ACK, bytes, &mut check);
        }
    };
    for n in 0..EXCHANGES {
        send(From::Client, n, &asked(id(n), n));
        if let Some(n) = (n + 1).checked_sub(depth) {
            send(From::Broker, n, &answered(id(n), n));
        }
    }
    script.finish_with(&mut check);
    (right, wrong)
}

#[test]
fn behind_a_lost_response_one_id_for_all_shows_nothing() {
    for depth in [1, 2, 5] {
        let opened = Script::new().open();
        assert_eq!(run(opened, depth, |_| 0, (From::Broker, 50)), (50, 0), "{depth} in flight");
    }
}

#[test]
fn behind_a_lost_request_one_id_for_all_shows_nothing() {
    for depth in [1, 2, 5] {
        let opened = Script::new().open();
        let (right, wrong) = run(opened, depth, |_| 0, (From::Client, 50));
        assert!((51 - depth..=50).contains(&right), "{right}, {depth} in flight");
        assert_eq!(wrong, 0, "{depth} in flight");
        let opened = Script::new().open();
        let (_, wrong) = run(opened, depth, |n| i32::from(n % 3), (From::Client, 50));
        assert_eq!(wrong, 0, "{depth} in flight, ids that go round");
    }
}

#[test]
fn behind_any_lost_request_ids_that_go_round_show_nothing() {
    for round in 2..=4 {
        for depth in 1..=round + 1 {
            for lost in 0..12 {
                let ids = |n: u8| i32::from(n % round);
                let (_, wrong) = run(Script::new().open(), depth, ids, (From::Client, lost));
                assert_eq!(wrong, 0, "{round} ids, {depth} in flight, number {lost} lost");
            }
        }
    }
}

#[test]
fn in_mid_stream_ids_that_go_round_show_nothing() {
    for (round, depth) in [(2, 3), (2, 5), (3, 4), (4, 5)] {
        let ids = |n: u8| i32::from(n % round) + 50;
        let (_, wrong) = run(Script::new(), depth, ids, (From::Client, 0));
        assert_eq!(wrong, 0, "{round} ids, {depth} in flight");
    }
}

#[test]
fn those_that_count_are_paired() {
    for depth in [1, 2, 5] {
        let opened = Script::new().open();
        let (right, wrong) = run(opened, depth, i32::from, (From::Broker, 50));
        assert_eq!((right, wrong), (EXCHANGES - depth, 0), "{depth} in flight");
        let opened = Script::new().open();
        let (right, wrong) = run(opened, depth, i32::from, (From::Client, 50));
        assert_eq!((right, wrong), (EXCHANGES - depth, 0), "{depth} in flight");
        let wrapping = |n: u8| (i32::MAX - 50).wrapping_add(n.into());
        let joined = run(Script::new(), depth, wrapping, (From::Client, 0));
        assert_eq!(joined, (EXCHANGES - depth, 0), "{depth} in flight");
    }
}

#[test]
fn behind_a_connections_first_request_one_id_for_all_shows_nothing() {
    for depth in [1, 2, 5] {
        for id in [0, 7] {
            let opened = Script::new().open();
            assert_eq!(run(opened, depth, |_| id, (From::Client, 0)), (0, 0), "{depth} in flight");
        }
        let opened = Script::new().open();
        let counting = run(opened, depth, i32::from, (From::Client, 0));
        assert_eq!(counting, (EXCHANGES - depth, 0), "{depth} in flight");
    }
}

#[test]
fn a_request_from_before_a_loss_does_not_say_that_none_is_unseen() {
    let mut script = Script::new().open();
    script.client(&asked(0, 0)).client(&asked(1, 1)).client(&asked(2, 2));
    script.broker(&answered(0, 0)).unseen(From::Client, &asked(0, 3)).client(&asked(1, 4));
    script.broker(&answered(1, 1)).broker(&answered(2, 2));
    script.client(&asked(2, 5)).client(&asked(0, 6)).said();
    script.broker(&answered(0, 3));
    assert_eq!(script.said(), ["Metadata v0 #0 lost", "unmatched unknown_id"]);
}

#[test]
fn a_request_amid_the_first_response_tells_of_it() {
    for next in [7, 8] {
        let mut script = Script::new().open();
        script.unseen(From::Client, &asked(7, 0)).client(&asked(7, 1));
        let answer = answered(7, 0);
        script.broker(&answer[..12]).client(&asked(next, 2)).broker(&answer[12..]);
        let told: Vec<_> = script.said().into_iter().filter(|line| line.contains("#7")).collect();
        let paired = if next == 7 { "Metadata v0 #7 lost" } else { "Metadata v0 #7 3/1/0 ms" };
        assert_eq!(told, [paired], "{next}");
    }
}

#[test]
fn two_answers_with_the_first_id_are_nobodys() {
    let mut script = Script::new();
    script.unseen(From::Client, &asked(7, 0)).client(&asked(7, 1));
    script.broker(&answered(7, 0)).broker(&answered(7, 1));
    let unmatched = "unmatched before_attach";
    let said = ["security plaintext", "Metadata v0 #7 lost", unmatched, unmatched];
    assert_eq!(script.finish(), said);
}
