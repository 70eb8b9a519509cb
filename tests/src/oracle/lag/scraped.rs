//! What a running observer exports of groups: its metrics, read again and again, in; their history out.

use std::net::SocketAddr;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use anyhow::{Result, anyhow};

use super::history::History;
use super::now;
use crate::http;
use crate::oracle::Metrics;

/// Well below the time between two commits.
const EVERY: Duration = Duration::from_millis(50);

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
            while stopped.recv_timeout(EVERY) == Err(RecvTimeoutError::Timeout) {
                let metrics = Metrics::parse(&http::get(address, "/metrics")?.1)?;
                history.note_scrape(&metrics, topic)?;
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
    fn note_scrape(&mut self, metrics: &Metrics, topic: &str) -> Result<()> {
        let now = now()?;
        let labels = ["group", "topic", "partition"];
        let lags = metrics.by("group_lag", labels);
        for (key, committed) in metrics.by("group_committed_offset", labels) {
            let lag = lags.get(&key).map(|lag| i64::try_from(*lag)).transpose()?;
            let [group, of, partition] = &key;
            if of == topic {
                self.note(group, partition.parse()?, now, (i64::try_from(committed)?, lag));
            }
        }
        for ([group], members) in metrics.by("group_members", ["group"]) {
            self.note_members(&group, now, Some(usize::try_from(members)?));
        }
        Ok(())
    }
}
