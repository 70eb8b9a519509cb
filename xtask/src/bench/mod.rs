//! `cargo xtask bench`: loads and contestants in; what each contestant costs a broker under each
//! load, as a table and JSON, and whether the sieve keeps its bounds, out.
//!
//! - `load`, `client`, `idle`: what is done to the broker, and who does it
//! - `contestant`: who watches, or stands between
//! - `stage`, `order`, `warm`, `switching`: runs, one after the other
//! - `cpu`, `bpf`, `metrics`, `decode`: what is measured of each
//! - `run`, `kept`: a run, and those made so far
//! - `spread`, `summary`, `table`, `verdict`, `history`: what all of them say

pub mod bpf;
mod client;
mod contestant;
mod cpu;
mod decode;
mod history;
mod idle;
mod kept;
mod load;
mod metrics;
mod order;
mod report;
mod run;
mod spread;
mod stage;
mod summary;
mod switching;
mod table;
mod verdict;
mod warm;

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Result, bail};
use clap::ValueEnum;

use crate::setup::{self, Purpose};
use crate::{build, interrupt, paths, privileges};
use bpf::Counting;
use contestant::Contestant;
use kept::Kept;
use load::Load;
use report::Report;
use run::{Job, Run};
use stage::Stage;

/// A broker that is not warm by then is measured as it is.
const MOST_WARM_UPS: usize = 15;

/// Measures what capture costs, beside other ways to see or pass on the same traffic.
#[derive(Default, clap::Args)]
pub struct Args {
    /// Only these loads [default: all].
    #[arg(long = "load", value_name = "LOAD", value_delimiter = ',')]
    loads: Vec<Load>,
    /// Only these contestants [default: all].
    #[arg(long = "contestant", value_name = "CONTESTANT", value_delimiter = ',')]
    contestants: Vec<Contestant>,
    /// How often all contestants run, forwards and back [default: 3, with --quick 1].
    #[arg(long)]
    turns: Option<u32>,
    /// Small runs, to see that all of it works: their numbers say little, and are not judged.
    #[arg(long)]
    quick: bool,
    /// Go on where a benchmark of the same binary was left: its runs are not made again.
    #[arg(long)]
    resume: bool,
    /// Compare with this result of another benchmark, too [default: tests/bench-reference.json, if that is
    /// there].
    #[arg(long, value_name = "FILE")]
    reference: Option<PathBuf>,
}

impl Args {
    /// Makes the runs, says what came of them. An error if a bound was not shown to hold.
    pub fn run(self) -> Result<()> {
        if let Err(lack) = privileges::capture() {
            bail!("{lack}: run `sudo -E env PATH=\"$PATH\" cargo xtask bench`");
        }
        let reference = history::reference(self.reference.as_deref())?;
        setup::ensure(Purpose::Bench)?;
        let observer = build::observer(true)?;
        let subject = report::subject(&observer)?;
        let folder = paths::target().join("bench");
        fs::create_dir_all(&folder)?;
        let kept = Kept::open(&folder.join("runs.jsonl"), self.resume, self.quick, &subject)?;
        let interrupted = interrupt::flag()?;
        let mut bench = Bench { args: self, subject, kept, interrupted, observer, folder };
        bench.make_runs()?;
        Report::of(&bench.kept.runs, bench.args.quick, bench.subject)?
            .tell(&bench.folder, &reference)
    }

    fn jobs(&self, load: Load, subject: &str) -> Vec<Job> {
        let turns = self.turns.unwrap_or(if self.quick { 1 } else { 3 });
        let order = order::abba(chosen(&self.contestants), turns);
        let job = |(pass, contestant)| {
            let subject = subject.to_owned();
            Job { load, contestant, pass, quick: self.quick, subject }
        };
        order.into_iter().filter(|&(pass, it)| it.takes_part(load, pass)).map(job).collect()
    }
}

struct Bench {
    args: Args,
    subject: String,
    kept: Kept,
    interrupted: Arc<AtomicBool>,
    observer: PathBuf,
    /// For what is kept, and for the stage while there is one.
    folder: PathBuf,
}

impl Bench {
    /// Makes those runs that are not kept yet.
    fn make_runs(&mut self) -> Result<()> {
        let loads = chosen(&self.args.loads).to_vec();
        let jobs = loads.into_iter().map(|load| (load, self.args.jobs(load, &self.subject)));
        let mut missing: Vec<_> = jobs.collect();
        for (_, jobs) in &mut missing {
            jobs.retain(|job| !self.kept.has(job));
        }
        missing.retain(|(_, jobs)| !jobs.is_empty());
        if missing.is_empty() {
            return Ok(());
        }
        println!("bench: starting a broker and its clients");
        let mut stage = Stage::start(self.observer.clone(), &self.folder)?;
        let _counting = Counting::start()?;
        for (load, jobs) in missing {
            let (most, is_warm) = self.warm_up(&mut stage, load)?;
            let paced = if load.is_paced() { (most / 2.0) as u32 } else { 0 };
            let rate = self.kept.rate(load).unwrap_or(paced);
            for job in jobs {
                self.check_interruption()?;
                let run = Run { unsteady: !is_warm, ..stage.measure(job, rate)? };
                println!("bench: {}", report::line(&run));
                self.kept.add(run)?;
            }
        }
        Ok(())
    }

    /// Runs the load alone until the broker's cost is steady; the records a second it took, and whether
    /// it became so.
    fn warm_up(&self, stage: &mut Stage, load: Load) -> Result<(f64, bool)> {
        let (most, mut costs) = (if self.args.quick { 1 } else { MOST_WARM_UPS }, Vec::new());
        loop {
            self.check_interruption()?;
            let (cost, rate) = stage.warm_up(load, self.args.quick)?;
            costs.push(cost);
            let load = name(load);
            println!("bench: {load} warms up: broker {} core-s/GB", table::number(cost));
            if warm::is_warm(&costs) {
                return Ok((rate, true));
            }
            if costs.len() == most {
                println!("bench: {load} is not steady after {most} runs; measured as it is");
                return Ok((rate, false));
            }
        }
    }

    fn check_interruption(&self) -> Result<()> {
        if self.interrupted.load(Ordering::Relaxed) {
            bail!("interrupted; --resume goes on from here");
        }
        Ok(())
    }
}

fn chosen<T: ValueEnum>(named: &[T]) -> &[T] {
    if named.is_empty() { T::value_variants() } else { named }
}

/// A load's or contestant's name on the command line.
fn name<T: ValueEnum + Copy>(value: T) -> String {
    value.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_contestant_runs_back_and_forth_under_each_load() {
        let contestants = vec![Contestant::None, Contestant::Sieve];
        let args = Args { contestants, turns: Some(2), quick: true, ..Args::default() };
        let jobs = args.jobs(Load::Record, "s");
        let order: Vec<_> = jobs.iter().map(|job| (job.pass, job.contestant)).collect();
        let expected = [
            (0, Contestant::None),
            (0, Contestant::Sieve),
            (1, Contestant::Sieve),
            (1, Contestant::None),
        ];
        assert_eq!(order[..4], expected);
        assert_eq!(jobs.len(), 8);
        assert!(jobs.iter().all(|job| job.quick && job.load == Load::Record));
    }

    #[test]
    fn all_loads_are_chosen_unless_some_are_named() {
        assert_eq!(chosen(&[Load::Fetch]), [Load::Fetch]);
        assert_eq!(chosen::<Load>(&[]).len(), 8);
        assert_eq!(name(Load::Produce30), "produce-30");
        assert_eq!(name(Contestant::Dumpcap128), "dumpcap-128");
    }
}
