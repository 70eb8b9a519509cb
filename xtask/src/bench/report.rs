//! What a benchmark says: its runs in; a table, ratios with their bounds, JSON and history out.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::SystemTime;

use anyhow::{Context, Result, ensure};
use sha2::{Digest, Sha256};

use super::history::{self, Entry};
use super::run::Run;
use super::table::{self, number, percent};
use super::{name, summary, verdict};
use crate::paths;

/// A benchmark that is over.
pub struct Report(Entry);

impl Report {
    /// Of these runs. Small ones are not judged.
    pub fn of(runs: &[Run], quick: bool, subject: String) -> Result<Self> {
        let rows = summary::rows(runs);
        let judged = if quick { &[] } else { runs };
        let (verdicts, unjudged) =
            (verdict::verdicts(&rows, judged), verdict::unjudged(&rows, judged));
        let time = humantime::format_rfc3339_seconds(SystemTime::now()).to_string();
        let machine = machine()?;
        let commit = commit();
        Ok(Self(Entry { time, commit, subject, machine, quick, rows, verdicts, unjudged }))
    }

    /// Prints and keeps it. An error if a bound was not shown to hold.
    pub fn tell(&self, folder: &Path, reference: &[Entry]) -> Result<()> {
        let Self(entry) = self;
        println!("\n{}", table::text(&entry.rows));
        if entry.quick {
            println!("bench: small runs are not judged");
        }
        for verdict in &entry.verdicts {
            println!("{verdict}");
        }
        for sentence in &entry.unjudged {
            println!("not judged: {sentence}");
        }
        let path = folder.join("history.jsonl");
        for sentence in history::regressions(entry, &history::read(&path)) {
            println!("WORSE   {sentence}");
        }
        for why in reference.iter().filter_map(|other| history::difference(entry, other)) {
            println!("bench: the reference is no comparison: {why}");
        }
        for sentence in history::regressions(entry, reference) {
            println!("WORSE   than the reference: {sentence}");
        }
        history::append(&path, entry)?;
        let result = folder.join("result.json");
        fs::write(&result, serde_json::to_string_pretty(entry)?)?;
        println!("bench: {}; history in {}", result.display(), path.display());
        let broken = entry.verdicts.iter().filter(|verdict| !verdict.holds).count();
        ensure!(broken == 0, "{broken} of {} bounds were not shown to hold", entry.verdicts.len());
        Ok(())
    }
}

/// What tells one binary from another.
pub fn subject(binary: &Path) -> Result<String> {
    let digest = Sha256::digest(fs::read(binary)?);
    let head = digest.first_chunk().context("a digest is longer")?;
    Ok(format!("{:016x}", u64::from_be_bytes(*head)))
}

/// A run, while others go on.
pub fn line(run: &Run) -> String {
    let did = format!(
        "{} {} {}: {} MB and {} requests in {} s; broker {} core-s, contestant {} ({} %)",
        name(run.job.load),
        name(run.job.contestant),
        run.job.pass,
        number(run.wire_bytes as f64 / 1e6),
        run.requests,
        number(run.seconds),
        number(run.broker_cpu),
        number(run.cost()),
        percent(run.broker_share()),
    );
    let kernel =
        run.kernel_cpu.map(|kernel| format!(", of which in the kernel {}", number(kernel)));
    let replay = run.decoded.map(|decoded| format!(", replay {}", number(decoded.replay)));
    let lost = run.lost().filter(|&lost| lost > 0).map(|lost| format!("; lost {lost}"));
    let pending = run.captured.map(|captured| captured.pending).filter(|&pending| pending > 0);
    let pending = pending.map(|bytes| format!("; {bytes} bytes were still pending"));
    did + &[kernel, replay, lost, pending].map(Option::unwrap_or_default).concat()
}

fn machine() -> Result<String> {
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease")?;
    Ok(format!("Linux {}, {} processors", kernel.trim(), thread::available_parallelism()?))
}

/// The checkout's commit; empty where it is no checkout.
fn commit() -> String {
    let git = |arguments: &[&str]| {
        let output =
            Command::new("git").args(arguments).current_dir(paths::root()).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    let commit = git(&["rev-parse", "--short", "HEAD"]).unwrap_or_default();
    let is_changed = git(&["status", "--porcelain", "-uno"]).is_some_and(|said| !said.is_empty());
    if is_changed { commit + "+" } else { commit }
}

#[cfg(test)]
mod tests {
    use super::super::contestant::Contestant;
    use super::super::load::Load;
    use super::super::metrics::Captured;
    use super::super::run::tests::run;
    use super::*;

    #[test]
    fn small_runs_are_not_judged() {
        let runs = [run(Load::Record, Contestant::Sieve, 0, 9.0)];
        let report = |quick| Report::of(&runs, quick, "s".to_owned()).expect("a report");
        assert!(report(true).0.verdicts.is_empty());
        assert!(report(false).0.verdicts.iter().any(|verdict| !verdict.holds));
        assert!(report(true).0.unjudged.is_empty() && !report(false).0.unjudged.is_empty());
    }

    #[test]
    fn a_broken_bound_is_an_error() {
        let folder = tempfile::tempdir().expect("a folder");
        let told = |cost, quick| {
            let runs = [run(Load::Record, Contestant::Sieve, 0, cost)];
            Report::of(&runs, quick, "s".to_owned()).expect("a report").tell(folder.path(), &[])
        };
        assert!(told(9.0, false).is_err());
        assert!(told(9.0, true).is_ok() && told(0.1, false).is_ok());
        assert_eq!(history::read(&folder.path().join("history.jsonl")).len(), 3);
    }

    #[test]
    fn what_was_pending_is_told() {
        let mut run = run(Load::Record, Contestant::Sieve, 1, 2.0);
        let captured = |pending| Captured { seen: 1 << 30, pending, ..Captured::default() };
        run.captured = Some(captured(12));
        assert!(line(&run).ends_with("(20.0 %); 12 bytes were still pending"), "{}", line(&run));
        run.captured = Some(captured(0));
        assert!(line(&run).ends_with("(20.0 %)"), "{}", line(&run));
    }

    #[test]
    fn a_run_is_a_line() {
        let text = line(&run(Load::Record, Contestant::Envoy, 1, 2.0));
        assert!(text.starts_with("record envoy 1: 1000 MB and 1000000 requests"), "{text}");
        assert!(text.ends_with("contestant 2.00 (20.0 %)"), "{text}");
    }
}
