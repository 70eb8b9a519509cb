//! Ended requests, by API and version.

use xtask::kafka::Version;

use super::Account;
use super::traffic::Counting;
use crate::jmx::Reading;
use crate::oracle::differences::{NOT_COUNTED, common_name, wire_name};
use crate::record::Record;

/// What is counted.
pub(super) const KIND: &str = "requests";

/// Adds what a record tells.
pub(super) fn take(account: &mut Account, record: &Record, counting: Counting) {
    let is_unanswered = counting == Counting::Unknown;
    let is_unwrapped = record.is_clean() || record.is_refused_inside() || is_unanswered;
    if let Some(inside) = record.forwarded.as_ref().filter(|_| is_unwrapped) {
        let version = inside.api_version.to_string();
        account.row(KIND, common_name(&inside.api), &version).add(1, counting);
    }
    if !NOT_COUNTED.contains(&&*record.api) {
        let version = record.api_version.to_string();
        account.row(KIND, common_name(&record.api), &version).add(1, counting);
    }
}

/// Adds what the broker says.
pub(super) fn read(account: &mut Account, reading: &Reading) {
    for ((name, version), count) in &reading.requests {
        let api = wire_name(name, Version::LATEST).filter(|api| !NOT_COUNTED.contains(api));
        if let Some(api) = api {
            account.row(KIND, api, &version.to_string()).broker += count;
        }
    }
}
