//! Many random schedules, none of which may differ from the oracle. `STREAM_SCHEDULES` sets how many,
//! `STREAM_SEED` runs the one that failed.

use std::time::Duration;

use observer::input::Seq;
use observer::stream::{Budget, Direction, Limits};
use observer::time::Timestamp;

use crate::recorder::Recorder;
use crate::schedule::{Piece, Random, Sender, Sent, Step};
use crate::world::{Tally, World};

const SCHEDULES: u64 = 100_000;

#[test]
fn random_schedules_do_not_differ_from_the_oracle() {
    let setting = |name| std::env::var(name).ok().map(|value| value.parse::<u64>().unwrap());
    let one = setting("STREAM_SEED");
    let count = setting("STREAM_SCHEDULES").unwrap_or(SCHEDULES);
    let mut tally = Tally::default();
    for seed in one.map_or(0..count, |seed| seed..seed + 1) {
        let mut steps = Vec::new();
        if let Err(difference) = run(seed, &mut steps, &mut tally) {
            let steps: Vec<_> = steps.iter().map(|step| format!("{step:?}\n")).collect();
            panic!("STREAM_SEED={seed}\n{}{difference}", steps.concat());
        }
    }
    println!("{count} schedules: {tally:?}");
    if one.is_none() {
        let Tally { bytes, duplicate, discarded, gaps, restarts, wraps } = tally;
        let seen =
            [bytes, duplicate, discarded, gaps[0], gaps[1], gaps[2], gaps[3], restarts, wraps];
        assert!(seen.iter().all(|n| *n > count / 100), "a schedule must try everything: {seen:?}");
    }
}

fn run(seed: u64, steps: &mut Vec<(usize, Step)>, tally: &mut Tally) -> Result<(), String> {
    let random = &mut Random(seed);
    let limits = Limits {
        direction_bytes: 80 + random.below(1200) as usize,
        hole_timeout: Duration::from_millis(1 + random.below(20)),
        grace_time: Duration::from_millis(1),
        grace_segments: 2 + random.below(31) as u32,
    };
    let budget = 80 + random.below(1600) as usize;
    let mut world = World::new([isn(random), isn(random)], limits, budget);
    for lane in 0..2 {
        if random.percent(50) {
            world.start(lane);
        }
    }
    let mut senders = [Sender::new(random), Sender::new(random)];
    let mut now = 1_000_000_000;
    for _ in 0..20 + random.below(40) {
        now = pass(now, random);
        let lane = random.below(2) as usize;
        let oracle = &world.lanes[lane].oracle;
        let (next, idle) = (oracle.next, oracle.held() == 0);
        let step = senders[lane].step(Timestamp(now), next, idle, random);
        steps.push((lane, step.clone()));
        world.step(lane, &step)?;
    }
    world.finish(tally)
}

/// Sources that break every rule: nothing panics, and every byte still has one fate.
#[test]
fn whatever_comes_every_byte_is_accounted() {
    for seed in 0..20_000 {
        let random = &mut Random(seed);
        let (mut direction, mut budget) = (Direction::new(), Budget::new(1 << 10));
        let (mut sink, mut pushed, mut counted) = (Recorder::default(), 0, 0);
        for _ in 0..20 {
            let time = Timestamp(random.next() >> random.below(64));
            let sent = any_segment(time, random);
            let limits = Limits { direction_bytes: 512, ..Limits::default() };
            pushed += u64::from(sent.wire_len);
            let fate =
                sent.with_segment(0, |s| direction.push(s, time, &limits, &mut budget, &mut sink));
            counted += fate.duplicate + fate.discarded;
            let ack = Seq(any_number(random));
            direction.acknowledged(ack, time, &limits, &mut budget, &mut sink);
            let accounted = sink.delivered + counted + direction.held();
            assert_eq!(accounted, pushed, "seed {seed}");
            assert!(budget.used() <= 512, "seed {seed}");
        }
        direction.finish(&mut budget, &mut sink);
        assert_eq!((sink.delivered + counted, budget.used()), (pushed, 0), "seed {seed}");
    }
}

fn any_segment(time: Timestamp, random: &mut Random) -> Sent {
    let piece = |random: &mut Random| Piece {
        offset: any_number(random),
        bytes: vec![7; random.below(40) as usize],
        frame_start: random.percent(50),
    };
    let chunks = (0..random.below(4)).map(|_| piece(random)).collect();
    Sent { time, offset: any_number(random).into(), wire_len: any_number(random), chunks }
}

/// Any magnitude is as likely as any other.
fn any_number(random: &mut Random) -> u32 {
    (random.next() as u32) >> random.below(32)
}

/// Just before a wrap, of the whole range and of its half, or anywhere.
fn isn(random: &mut Random) -> u32 {
    let edge = [0, 1 << 31, random.next() as u32][random.below(3) as usize];
    edge.wrapping_sub(random.below(60) as u32)
}

/// Time mostly creeps, now and then leaps, and may step back a little.
fn pass(now: u64, random: &mut Random) -> u64 {
    match random.below(100) {
        0..5 => now - random.below(50_000),
        5..10 => now + random.below(30_000_000),
        _ => now + random.below(300_000),
    }
}
