//! Benchmarks of before: a file with a line of JSON for each; what a new one is worse in, out.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use super::contestant::Contestant;
use super::summary::{Row, find};
use super::table::percent;
use super::verdict::Verdict;
use crate::paths;

/// A benchmark.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// When it ended (RFC 3339).
    pub time: String,
    /// The checkout's commit; ends in `+` where that was changed.
    pub commit: String,
    /// What was measured: a hash of our binary.
    pub subject: String,
    /// Kernel and number of processors: others are no comparison.
    pub machine: String,
    /// Whether its runs were small.
    pub quick: bool,
    /// What came of it.
    pub rows: Vec<Row>,
    /// What that says; nothing of small runs.
    pub verdicts: Vec<Verdict>,
    /// What was promised and not judged.
    #[serde(default)]
    pub unjudged: Vec<String>,
}

/// A cost may rise by so much before it counts as more.
const TOLERATED: f64 = 1.1;

/// The benchmark that a fresh checkout has.
pub const REFERENCE: &str = "tests/bench-reference.json";

/// The benchmarks in the file, oldest first; lines that cannot be read are left out.
pub fn read(path: &Path) -> Vec<Entry> {
    let text = fs::read_to_string(path).unwrap_or_default();
    text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

/// The benchmark in a file like `result.json`; nothing where none is named and the usual one is not there.
pub fn reference(named: Option<&Path>) -> Result<Vec<Entry>> {
    let usual = paths::root().join(REFERENCE);
    let path = named.unwrap_or(&usual);
    if named.is_none() && !path.exists() {
        return Ok(Vec::new());
    }
    let odd = || format!("{} is no result of a benchmark", path.display());
    let text = fs::read_to_string(path).with_context(odd)?;
    Ok(vec![serde_json::from_str(&text).with_context(odd)?])
}

/// Adds one.
pub fn append(path: &Path, entry: &Entry) -> Result<()> {
    let mut file = File::options()
        .create(true)
        .append(true)
        .open(path)
        .with_context(|| format!("cannot write {}", path.display()))?;
    Ok(writeln!(file, "{}", serde_json::to_string(entry)?)?)
}

/// Why another benchmark is no comparison, if it is none.
pub fn difference(now: &Entry, other: &Entry) -> Option<String> {
    if other.machine != now.machine {
        Some(format!("another machine, {}", other.machine))
    } else if other.quick != now.quick {
        Some("small runs beside full ones".to_owned())
    } else if other.subject == now.subject {
        Some("the same binary".to_owned())
    } else {
        None
    }
}

/// What our capture costs more of the broker's time than when another binary was last measured: a sentence for
/// each. Of seconds nothing is said, as a machine is faster on one day than on another.
pub fn regressions(now: &Entry, before: &[Entry]) -> Vec<String> {
    let ours = now
        .rows
        .iter()
        .filter(|row| matches!(row.contestant, Contestant::Sieve | Contestant::Plain));
    ours.filter_map(|row| {
        let (entry, old) = last(now, before, row)?;
        let (new, was) = (row.broker_share, old.broker_share);
        let is_more = new.median > was.median * TOLERATED && new.low > was.high;
        is_more.then(|| {
            format!(
                "{} {} costs more than at {} ({}): {} % of the broker, was {}",
                super::name(row.load),
                super::name(row.contestant),
                entry.commit,
                entry.time,
                percent(new.median),
                percent(was.median)
            )
        })
    })
    .collect()
}

/// The last comparable entry of another binary that has such a row.
fn last<'a>(now: &Entry, before: &'a [Entry], row: &Row) -> Option<(&'a Entry, &'a Row)> {
    let mut comparable = before.iter().rev().filter(|entry| difference(now, entry).is_none());
    comparable.find_map(|entry| Some((entry, find(&entry.rows, row.load, row.contestant)?)))
}

#[cfg(test)]
mod tests {
    use super::super::load::Load;
    use super::super::run::tests::run;
    use super::super::summary::rows;
    use super::*;

    fn entry(subject: &str, costs: [f64; 2]) -> Entry {
        let runs = costs.map(|cost| run(Load::Record, Contestant::Sieve, 0, cost));
        Entry {
            time: "2030-01-01T00:00:00Z".to_owned(),
            commit: subject.to_owned(),
            subject: subject.to_owned(),
            machine: "m".to_owned(),
            quick: false,
            rows: rows(&runs),
            verdicts: Vec::new(),
            unjudged: Vec::new(),
        }
    }

    #[test]
    fn a_higher_cost_beyond_the_spread_shows() {
        let before = [entry("old", [1.0, 1.1])];
        let said = regressions(&entry("new", [1.3, 1.4]), &before);
        assert_eq!(said.len(), 1, "{said:?}");
        assert!(said[0].contains("record sieve costs more than at old"), "{said:?}");
        assert_eq!(regressions(&entry("new", [1.05, 1.6]), &before), [""; 0], "they overlap");
        assert_eq!(regressions(&entry("new", [1.11, 1.12]), &before), [""; 0], "it is little");
    }

    #[test]
    fn a_slower_machine_is_no_higher_cost() {
        let (was, mut now) = (entry("old", [1.0, 1.1]), entry("new", [1.0, 1.1]));
        let row = &mut now.rows[0];
        for seconds in [&mut row.cost_per_gb, &mut row.broker_per_gb] {
            for second in [&mut seconds.low, &mut seconds.median, &mut seconds.high] {
                *second *= 3.0;
            }
        }
        assert_eq!(regressions(&now, &[was]), [""; 0]);
    }

    #[test]
    fn what_is_no_comparison_says_why() {
        let now = entry("new", [1.0, 1.0]);
        let why = |other: &Entry| difference(&now, other);
        assert_eq!(why(&entry("old", [1.0, 1.0])), None);
        assert_eq!(why(&now).as_deref(), Some("the same binary"));
        let other = Entry { machine: "n".to_owned(), ..now.clone() };
        assert_eq!(why(&other).as_deref(), Some("another machine, n"));
    }

    #[test]
    fn only_other_binaries_on_like_machines_are_compared() {
        let now = entry("new", [2.0, 2.0]);
        let other = Entry { machine: "n".to_owned(), ..entry("old", [1.0, 1.0]) };
        let small = Entry { quick: true, ..entry("old", [1.0, 1.0]) };
        assert_eq!(regressions(&now, &[entry("new", [1.0, 1.0]), other, small]), [""; 0]);
        let later = [entry("old", [1.0, 1.0]), entry("newer", [2.0, 2.0])];
        assert_eq!(regressions(&now, &later), [""; 0], "the last one counts");
    }

    #[test]
    fn a_reference_is_a_result() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("result.json");
        assert!(reference(Some(&path)).is_err(), "it is named, and not there");
        let old = entry("old", [1.0, 1.0]);
        fs::write(&path, serde_json::to_string_pretty(&old).expect("JSON")).expect("written");
        assert_eq!(reference(Some(&path)).expect("read"), [old]);
        fs::write(&path, "{}").expect("written");
        assert!(reference(Some(&path)).is_err(), "it is something else");
        reference(None).expect("none, or a good one");
    }

    #[test]
    fn entries_are_there_again() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("history.jsonl");
        assert_eq!(read(&path), []);
        let entries = [entry("a", [1.0, 2.0]), entry("b", [3.0, 4.0])];
        entries.iter().try_for_each(|entry| append(&path, entry)).expect("written");
        assert_eq!(read(&path), entries);
    }
}
