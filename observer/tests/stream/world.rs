//! Two directions under one budget, each beside its oracle: every step is done by both, and compared.

use observer::input::Seq;
use observer::ledger::GapReason;
use observer::stream::{Budget, Direction, Limits, Pushed};

use crate::oracle::Oracle;
use crate::recorder::{Out, Recorder};
use crate::schedule::Step;

#[derive(Default)]
pub struct Lane {
    isn: u32,
    direction: Direction,
    pub oracle: Oracle,
    sink: Recorder,
    /// How much of the outputs was compared.
    compared: usize,
    pushed: u64,
    counted: Pushed,
}

pub struct World {
    pub lanes: [Lane; 2],
    limits: Limits,
    limit: usize,
    budget: Budget,
}

/// How often the interesting things happened.
#[derive(Debug, Default)]
pub struct Tally {
    pub bytes: u64,
    pub duplicate: u64,
    pub discarded: u64,
    pub gaps: [u64; GapReason::ALL.len()],
    pub restarts: u64,
    pub wraps: u64,
}

impl World {
    pub fn new(isns: [u32; 2], limits: Limits, limit: usize) -> Self {
        let lanes = isns.map(|isn| Lane { isn, ..Lane::default() });
        Self { lanes, limits, limit, budget: Budget::new(limit) }
    }

    pub fn start(&mut self, lane: usize) {
        let lane = &mut self.lanes[lane];
        lane.direction.start_at(Seq(lane.isn));
        lane.oracle.start_at(0);
    }

    pub fn step(&mut self, index: usize, step: &Step) -> Result<(), String> {
        let room = self.limit - self.lanes[1 - index].oracle.cost();
        let Self { lanes, limits, budget, .. } = self;
        let Lane { isn, direction, oracle, sink, .. } = &mut lanes[index];
        let (mut got, mut wanted) = (Pushed::default(), Pushed::default());
        match step {
            Step::Push(sent) => {
                got =
                    sent.with_segment(*isn, |s| direction.push(s, sent.time, limits, budget, sink));
                wanted = oracle.push(sent, limits, room);
                lanes[index].pushed += u64::from(sent.wire_len);
            }
            Step::Acknowledged(ack, now) => {
                let seq = Seq(*isn).plus(*ack as u32);
                direction.acknowledged(seq, *now, limits, budget, sink);
                oracle.acknowledged(*ack, *now, limits, room);
            }
            Step::Tick(now) => {
                direction.tick(*now, limits, budget, sink);
                oracle.give_up(*now, limits, room);
            }
        }
        same("pushed", &got, &wanted)?;
        self.lanes[index].count(got);
        self.check(index)
    }

    /// Both directions end; what happened is added to the tally.
    pub fn finish(mut self, tally: &mut Tally) -> Result<(), String> {
        for index in 0..2 {
            let Lane { direction, oracle, sink, .. } = &mut self.lanes[index];
            direction.finish(&mut self.budget, sink);
            oracle.finish();
            self.check(index)?;
            same("held at the end", &self.lanes[index].direction.held(), &0)?;
            self.lanes[index].tally(tally);
        }
        same("budget at the end", &self.budget.used(), &0)
    }

    fn check(&mut self, index: usize) -> Result<(), String> {
        let costs = self.lanes.each_ref().map(|lane| lane.oracle.cost());
        self.lanes[index].check()?;
        same("budget", &self.budget.used(), &costs.iter().sum())?;
        if self.budget.used() > self.limit || costs[index] > self.limits.direction_bytes {
            return Err(format!("held above the bounds: {costs:?}"));
        }
        Ok(())
    }
}

impl Lane {
    fn count(&mut self, pushed: Pushed) {
        self.counted.duplicate += pushed.duplicate;
        self.counted.discarded += pushed.discarded;
    }

    fn check(&mut self) -> Result<(), String> {
        let from = self.compared;
        same("output", &self.sink.outs.get(from..), &self.oracle.outs.get(from..))?;
        self.compared = self.sink.outs.len();
        same("held", &self.direction.held(), &self.oracle.held())?;
        let next = self.oracle.next.map(|next| Seq(self.isn).plus(next as u32));
        same("next", &self.direction.next(), &next)?;
        let Pushed { duplicate, discarded } = self.counted;
        let accounted = self.sink.delivered + duplicate + discarded + self.direction.held();
        same("bytes accounted", &accounted, &self.pushed)
    }

    fn tally(&self, tally: &mut Tally) {
        tally.bytes += self.pushed;
        tally.duplicate += self.counted.duplicate;
        tally.discarded += self.counted.discarded;
        tally.wraps += (self.sink.delivered + u64::from(self.isn)) >> 32;
        for out in &self.sink.outs {
            match out {
                Out::Gap { reason, .. } => tally.gaps[*reason as usize] += 1,
                Out::Restart => tally.restarts += 1,
                Out::Byte { .. } | Out::Elided { .. } => {}
            }
        }
    }
}

fn same<T: PartialEq + std::fmt::Debug>(what: &str, got: &T, wanted: &T) -> Result<(), String> {
    if got == wanted {
        return Ok(());
    }
    Err(format!("{what} differs\n   got {got:?}\nwanted {wanted:?}"))
}
