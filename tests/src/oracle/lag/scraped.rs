//! What a running observer exports of groups: its metrics, read again and again, in; their history out.

use std::net::SocketAddr;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use anyhow::{Result, anyhow};

use super::history::{History, When};
use super::{before, now};
use crate::http;
use crate::oracle::Metrics;

/// Well below the time between two commits.
const EVERY: Duration = Duration::from_millis(50);
/// How late the observer knows at most what passes: twice the time between two looks at its ring
/// (`source::live::drain`).
const LATE: Duration = Duration::from_millis(400);

/// Reads the metrics until it is stopped.
pub struct Scraping {
    stop: Sender<()>,
    thread: JoinHandle<Result<History>>,
}

impl Scraping {
    /// Begins to read at this address what concerns a topic.
    pub fn start(address: SocketAddr, topic: &'static str) -> Self {
        let (stop, stopped) = mpsc::channel();
        let thread = thread::spawn(move || {
            let mut history = History::default();
            let mut last = before(now()?, LATE);
            while stopped.recv_timeout(EVERY) == Err(RecvTimeoutError::Timeout) {
                let begun = before(now()?, LATE);
                let (status, text) = http::get(address, "/metrics")?;
                // It may have been too busy to say anything in time.
                if status != 200 {
                    continue;
                }
                let metrics = Metrics::parse(&text)?;
                history.note_scrape(&metrics, topic, (last, now()?))?;
                last = begun;
            }
            Ok(history)
        });
        Self { stop, thread }
    }

    /// What was read.
    pub fn stop(self) -> Result<History> {
        drop(self.stop);
        self.thread.join().map_err(|_| anyhow!("the thread that reads metrics panicked"))?
    }
}

impl History {
    /// What has changed has done so within a time.
    fn note_scrape(&mut self, metrics: &Metrics, topic: &str, when: When) -> Result<()> {
        let labels = ["group", "topic", "partition"];
        let lags = metrics.by("group_lag", labels);
        for (key, committed) in metrics.by("group_committed_offset", labels) {
            let lag = lags.get(&key).map(|lag| i64::try_from(*lag)).transpose()?;
            let [group, of, partition] = &key;
            if of == topic {
                self.note(group, partition.parse()?, when, (i64::try_from(committed)?, lag));
            }
        }
        for ([group], members) in metrics.by("group_members", ["group"]) {
            self.note_members(&group, when, Some(usize::try_from(members)?));
        }
        Ok(())
    }
}
