//! Several clients at one broker, audited: a plan in; the audit's document and exit code out.

use std::ffi::OsStr;

use anyhow::{Context, Result};
use serde_json::Value;
use xtask::kafka::{Broker, Config, Version};

use super::trips::create_topics;
use super::{Client, Plan, Trip};
use crate::binary;
use crate::dumpcap::Recorder;

/// What an audit says.
#[derive(Debug)]
pub struct Audited {
    /// Its document.
    pub report: Value,
    /// Its exit code.
    pub code: Option<i32>,
}

impl Audited {
    /// Starts a broker and a recording of it, lets the clients make their trips, and audits.
    pub fn gather(plan: &Plan<'_>) -> Result<Self> {
        let broker = Broker::start(&Config::new(plan.version)?)?;
        let port = broker.address().port();
        create_topics(&broker, plan.clients)?;
        let recorder = Recorder::start(&[port])?;
        for client in plan.clients {
            let &Plan { records, codec, .. } = plan;
            Trip { client, bootstrap: broker.address(), records, codec, login: None }.make()?;
        }
        let recording = recorder.stop()?;
        drop(broker);
        let port = port.to_string();
        let flags = ["audit", "-o", "json", "--ports", &port].map(OsStr::new);
        let output = binary::run(flags.into_iter().chain([recording.path().as_os_str()]))?;
        let report = serde_json::from_slice(&output.stdout).context("no document")?;
        Ok(Self { report, code: output.status.code() })
    }

    /// The entries of a client in one of its lists.
    pub fn of<'a>(&'a self, list: &str, client_id: &'a str) -> impl Iterator<Item = &'a Value> {
        let entries = self.report[list].as_array().into_iter().flatten();
        entries.filter(move |entry| entry["client_id"] == client_id)
    }
}

/// Whether a broker lets a client make its trip.
pub fn is_served(version: Version, client: &Client, records: u64) -> Result<bool> {
    let broker = Broker::start(&Config::new(version)?)?;
    create_topics(&broker, &[*client])?;
    let trip = Trip { client, bootstrap: broker.address(), records, codec: None, login: None };
    let outcome = trip.make();
    if let Err(error) = &outcome {
        println!("{error:#}");
    }
    Ok(outcome.is_ok())
}
