//! Runs that are kept: a file with a line of JSON for each, added to as they come, so that what was
//! interrupted can go on.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result};

use super::load::Load;
use super::run::{Job, Run};

/// The runs of a benchmark so far.
#[derive(Debug)]
pub struct Kept {
    file: File,
    /// In the order in which they were made.
    pub runs: Vec<Run>,
}

impl Kept {
    /// Opens the file; to go on keeps the runs that are of the same size and binary.
    pub fn open(path: &Path, resume: bool, quick: bool, subject: &str) -> Result<Self> {
        let named = || format!("cannot keep runs in {}", path.display());
        let text =
            if resume { fs::read_to_string(path).unwrap_or_default() } else { String::new() };
        let mut runs = read(&text);
        runs.retain(|run| run.job.quick == quick && run.job.subject == subject);
        let mut kept = Self { file: File::create(path).with_context(named)?, runs: Vec::new() };
        runs.into_iter().try_for_each(|run| kept.add(run))?;
        Ok(kept)
    }

    /// Whether the run has been made.
    pub fn has(&self, job: &Job) -> bool {
        self.runs.iter().any(|run| run.job == *job)
    }

    /// Keeps a run.
    pub fn add(&mut self, run: Run) -> Result<()> {
        writeln!(self.file, "{}", serde_json::to_string(&run)?)?;
        self.runs.push(run);
        Ok(())
    }

    /// At which rate the runs of this load were made, if any were.
    pub fn rate(&self, load: Load) -> Option<u32> {
        self.runs.iter().find(|run| run.job.load == load).map(|run| run.rate)
    }
}

/// Lines that are whole; one may have been cut when the benchmark ended.
fn read(text: &str) -> Vec<Run> {
    text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::super::contestant::Contestant;
    use super::super::run::tests::run;
    use super::*;

    fn path(folder: &tempfile::TempDir) -> std::path::PathBuf {
        folder.path().join("runs.jsonl")
    }

    #[test]
    fn runs_are_there_again() {
        let folder = tempfile::tempdir().expect("a folder");
        let first = run(Load::Record, Contestant::Sieve, 0, 1.0);
        let mut kept = Kept::open(&path(&folder), false, false, "s").expect("opened");
        kept.add(first.clone()).expect("kept");
        let kept = Kept::open(&path(&folder), true, false, "s").expect("opened");
        assert!(kept.has(&first.job) && kept.rate(Load::Record) == Some(0));
        assert_eq!(kept.runs, std::slice::from_ref(&first));
        let other = Job { pass: 1, ..first.job };
        assert!(!kept.has(&other) && kept.rate(Load::Fetch).is_none());
    }

    #[test]
    fn a_cut_line_and_runs_of_another_binary_or_size_are_left_out() {
        let folder = tempfile::tempdir().expect("a folder");
        let good = run(Load::Record, Contestant::Sieve, 0, 1.0);
        let (mut small, mut other) = (good.clone(), good.clone());
        small.job.quick = true;
        other.job.subject = "t".to_owned();
        let lines =
            [small, other, good.clone()].map(|run| serde_json::to_string(&run).expect("JSON"));
        let text = format!("{}\n{}", lines.join("\n"), &lines[0][..40]);
        fs::write(path(&folder), text).expect("written");
        let kept = Kept::open(&path(&folder), true, false, "s").expect("opened");
        assert_eq!(kept.runs, [good]);
    }

    #[test]
    fn runs_say_whether_the_broker_was_warm() {
        let mut made = run(Load::Record, Contestant::Sieve, 0, 1.0);
        made.unsteady = true;
        let text = serde_json::to_string(&made).expect("JSON");
        let older = text.replace("\"unsteady\":true,", "");
        let read: Vec<_> =
            read(&format!("{text}\n{older}")).iter().map(|run| run.unsteady).collect();
        assert_eq!(read, [true, false]);
    }

    #[test]
    fn without_resuming_all_begins_anew() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut kept = Kept::open(&path(&folder), false, false, "s").expect("opened");
        kept.add(run(Load::Record, Contestant::Sieve, 0, 1.0)).expect("kept");
        assert!(Kept::open(&path(&folder), false, false, "s").expect("opened").runs.is_empty());
        assert!(Kept::open(&path(&folder), true, false, "s").expect("opened").runs.is_empty());
    }
}
