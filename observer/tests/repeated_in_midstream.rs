//! Clients that give their requests one correlation id, joined in mid-stream with a request in flight that
//! nobody saw: its answer is not paired with the next request, nor is any behind it.

mod script;

use observer::event::{Event, Outcome};
use observer::input::TcpFlags;
use script::{From, Script, request, response};

/// Metadata v0 about a topic with a name of so many letters.
fn asked(id: i32, n: u8) -> Vec<u8> {
    request(3, 0, id, &[&[0, 0, 0, 1, 0, n][..], &vec![b't'; n.into()]].concat())
}

/// Its answer, from a broker with a name of as many letters.
fn answered(id: i32, n: u8) -> Vec<u8> {
    let broker = [&[0, 0, 0, 1, 0, 0, 0, 0, 0, n][..], &vec![b'b'; n.into()], &[0; 4]].concat();
    response(id, &[&broker[..], &[0; 4]].concat())
}

/// A connection on which two requests are in flight; how many were paired, rightly and falsely.
fn run(id: impl Fn(u8) -> i32) -> (usize, usize) {
    let mut script = Script::new();
    let ask = |n| asked(id(n), n);
    let answer = |n| answered(id(n), n);
    let (base, answer_base) = (asked(0, 0).len() as u32, answered(0, 0).len() as u32);
    let (mut right, mut wrong, mut ended) = (0, 0, 0);
    let mut check = |event: Event<'_>| {
        let Event::Exchange(exchange) = event else { return };
        ended += 1;
        if exchange.outcome == Outcome::Answered {
            let n = exchange.request_bytes + 4 - base;
            let is_right = exchange.response_bytes == Some(n + answer_base - 4);
            (right, wrong) = (right + usize::from(is_right), wrong + usize::from(!is_right));
        }
    };
    script.unseen(From::Client, &ask(0));
    for n in 1..60 {
        script.observe(From::Client, TcpFlags::ACK, &ask(n), &mut check);
        script.observe(From::Broker, TcpFlags::ACK, &answer(n - 1), &mut check);
    }
    script.finish_with(&mut check);
    assert_eq!(ended, 59, "each ends");
    (right, wrong)
}

#[test]
fn without_a_count_none_is_paired() {
    assert_eq!(run(|_| 0), (0, 0));
    assert_eq!(run(|_| 1), (0, 0));
    assert_eq!(run(|_| 42), (0, 0));
}

#[test]
fn where_ids_repeat_one_that_differs_may_come_again_too() {
    assert_eq!(run(|n| if n == 20 { 7 } else { 0 }), (0, 0));
}

#[test]
fn those_that_count_are_paired() {
    assert_eq!(run(i32::from), (58, 0));
    assert_eq!(run(|n| i32::from(n) + 1000), (58, 0));
}
