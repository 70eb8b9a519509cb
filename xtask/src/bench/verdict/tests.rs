//! Runs made up for it, and what is said of them.

use super::super::contestant::Contestant::{self, Dumpcap, Empty, Envoy, None as Alone, Sieve};
use super::super::decode::Decoded;
use super::super::metrics::Captured;
use super::super::run::tests::run;
use super::super::summary::rows;
use super::*;

fn judged(runs: &[Run]) -> Vec<Verdict> {
    verdicts(&rows(runs), runs)
}

fn one(runs: &[Run], what: &str) -> Option<Verdict> {
    judged(runs).into_iter().find(|verdict| verdict.what.starts_with(what))
}

#[test]
fn the_share_of_the_broker_has_a_bound() {
    let costing = |cost| [run(Load::Produce30, Sieve, 0, cost)];
    let share = |cost| one(&costing(cost), "sieve's cost").expect("a verdict");
    assert!(share(0.2).holds && !share(0.21).holds);
    assert!(one(&[run(Load::Idle, Sieve, 0, 9.0)], "sieve's cost").is_none(), "nothing promised");
}

#[test]
fn what_the_counting_costs_is_part_of_the_share() {
    let sieve = run(Load::Produce30, Sieve, 0, 0.21);
    let mut empty = run(Load::Produce30, Empty, 0, 0.0);
    empty.kernel_cpu = Some(0.028);
    let share = |runs: &[Run]| one(runs, "sieve's cost").expect("a verdict");
    let verdict = share(&[empty, sieve.clone()]);
    assert_eq!(verdict.note, "of which 0.280 % is the counting itself (an empty program)");
    assert!(!verdict.holds, "the whole is judged");
    assert_eq!(share(&[run(Load::Record, Empty, 0, 0.1), sieve]).note, "", "of another load");
}

#[test]
fn what_was_pending_is_noted_beside_what_was_lost() {
    let pending = |pending| {
        let mut run = run(Load::Produce30, Sieve, 0, 0.1);
        run.captured = Some(Captured { seen: 1 << 30, pending, ..Captured::default() });
        let verdict = one(&[run.clone(), run], "bytes the sieve lost").expect("a verdict");
        (verdict.holds, verdict.note)
    };
    assert_eq!(pending(0), (true, String::new()));
    assert_eq!(pending(6), (true, "12 bytes were still pending".to_owned()));
}

#[test]
fn others_must_cost_many_times_as_much() {
    let against = |load, other, cost| [run(load, Sieve, 0, 1.0), run(load, other, 0, cost)];
    let envoy = |load, cost| one(&against(load, Envoy, cost), "Envoy's").expect("a verdict").holds;
    assert!(envoy(Load::Record, 8.0) && !envoy(Load::Record, 7.9));
    assert!(envoy(Load::Fetch, 20.0) && !envoy(Load::Fetch, 19.0));
    let dumpcap =
        |load, cost| one(&against(load, Dumpcap, cost), "dumpcap's").expect("a verdict").holds;
    assert!(dumpcap(Load::Tail30, 4.0) && !dumpcap(Load::Tail30, 3.0));
    assert!(dumpcap(Load::Record, 1.0) && !dumpcap(Load::Record, 0.9));
}

#[test]
fn what_was_not_measured_has_no_verdict() {
    let nothing = [run(Load::Record, Contestant::Plain, 0, 1.0)];
    assert_eq!(judged(&nothing), []);
}

#[test]
fn nothing_holds_of_a_broker_that_was_not_steady() {
    let (steady, mut unsteady) =
        (run(Load::Record, Sieve, 0, 0.1), run(Load::Record, Envoy, 0, 9.0));
    unsteady.unsteady = true;
    let runs = [steady, unsteady];
    let envoy = one(&runs, "Envoy's").expect("a verdict");
    assert_eq!(envoy.note, "the broker had not become steady");
    assert!(!envoy.holds && envoy.to_string().starts_with("UNSURE"), "{envoy}");
    let share = one(&runs, "sieve's cost").expect("a verdict");
    assert!(share.holds && share.note.is_empty(), "Envoy is no part of it: {share}");
    let mut switched = run(Load::Record, Contestant::OnOff, 0, 0.0);
    switched.throughput = Some(vec![0.99, 1.0, 1.0, 0.995]);
    switched.unsteady = true;
    let throughput = one(&[switched], "throughput").expect("a verdict");
    assert!(
        throughput.note.starts_with("+-") && throughput.note.ends_with("steady"),
        "{throughput}"
    );
}

#[test]
fn who_was_not_run_is_missed() {
    let sieve = |load| run(load, Sieve, 0, 0.1);
    let runs = [
        sieve(Load::Tail30),
        run(Load::Tail30, Dumpcap, 0, 1.0),
        sieve(Load::Fetch),
        run(Load::Latency, Contestant::Plain, 0, 1.0),
    ];
    let said = unjudged(&rows(&runs), &runs);
    let of = |what: &str| -> Vec<_> { said.iter().filter(|said| said.contains(what)).collect() };
    assert_eq!(
        of("Envoy's"),
        [
            "tail-30, fetch: Envoy's cost / sieve's (not run: envoy)",
            "latency: Envoy's cost / sieve's (not run: sieve, envoy)"
        ]
    );
    assert!(of("dumpcap's").iter().all(|said| !said.contains("tail-30")), "{said:?}");
    assert_eq!(of("p99"), ["latency: p99 with sieve / without (not run: none, sieve)"]);
    assert_eq!(
        of("throughput"),
        ["tail-30, fetch: throughput with sieve / without (not run: on-off)"]
    );
    assert!(of("broker's").is_empty(), "it was judged, or not promised: {said:?}");
    assert_eq!(
        of("in the ring"),
        ["tail-30, fetch: bytes in the ring / on the wire (too little was measured)"]
    );
}

#[test]
fn what_is_in_the_ring_has_a_bound() {
    let mut sieve = run(Load::Fetch, Sieve, 0, 0.1);
    let captured = Captured { seen: 1_000_000, ring: 900, ..Captured::default() };
    let ring = |captured, sieve: &mut Run| {
        sieve.captured = Some(captured);
        one(std::slice::from_ref(sieve), "bytes in the ring").expect("a verdict")
    };
    assert!(ring(captured, &mut sieve).holds);
    assert!(!ring(Captured { ring: 1_100, ..captured }, &mut sieve).holds);
}

#[test]
fn nothing_may_be_lost() {
    let mut sieve = run(Load::Idle, Sieve, 0, 0.1);
    let mut losing = |lost| {
        sieve.captured = Some(Captured { seen: sieve.wire_bytes, lost, ..Captured::default() });
        one(std::slice::from_ref(&sieve), "bytes the sieve lost").expect("a verdict").holds
    };
    assert!(losing(0) && !losing(1));
}

#[test]
fn throughput_is_compared_each_time() {
    let verdict = |ratios: &[f64]| {
        let mut switched = run(Load::Produce1, Contestant::OnOff, 0, 0.0);
        switched.throughput = Some(ratios.to_vec());
        let runs = [run(Load::Produce1, Sieve, 0, 0.1), switched];
        one(&runs, "throughput").expect("a verdict")
    };
    assert!(verdict(&[0.99, 1.0, 1.0, 0.995]).holds);
    assert!(!verdict(&[0.98, 0.97, 0.98, 0.975]).holds);
    let wide = verdict(&[0.9, 1.1, 1.0, 1.0]);
    assert!(!wide.holds && wide.to_string().starts_with("UNSURE"), "{wide}");
    assert!(wide.note.ends_with("take more --turns"), "{wide}");
    assert!(!verdict(&[1.0]).holds, "one run shows nothing");
}

#[test]
fn latency_may_differ_as_much_as_it_does_without() {
    let timed = |contestant, pass, p99| {
        let mut run = run(Load::Latency, contestant, pass, 0.1);
        run.latency_ms = Some([1.0, p99, 9.0]);
        run
    };
    let verdict = |alone: [f64; 2], with| {
        let runs = [timed(Alone, 0, alone[0]), timed(Alone, 1, alone[1]), timed(Sieve, 0, with)];
        one(&runs, "p99").expect("a verdict")
    };
    assert!(verdict([2.0, 2.0], 2.1).holds && !verdict([2.0, 2.0], 2.2).holds);
    let loose = verdict([2.0, 3.0], 3.5);
    assert!(loose.holds && loose.note.contains("1.50"), "{loose}");
}

#[test]
fn tshark_is_left_behind() {
    let mut decoded = run(Load::Record, Contestant::Tshark, 0, 0.1);
    decoded.decoded = Some(Decoded { tshark: 29.0, replay: 1.0 });
    let verdict = one(&[decoded], "tshark's").expect("a verdict");
    assert!(!verdict.holds);
    let text = verdict.to_string();
    assert!(
        text.starts_with("BROKEN  record ") && text.contains("29.0  (at least 30.0)"),
        "{text}"
    );
}
