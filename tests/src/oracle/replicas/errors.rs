//! Errors in responses, by API and name.

use super::Account;
use super::traffic::Counting;
use crate::jmx::Reading;
use crate::oracle::differences::{REFUSED_INSIDE, UNCOUNTED_API, common_name};
use crate::record::{Record, Topic};

const KIND: &str = "errors";
/// Those of the load's topics and of the groups' offsets.
const ALL_PARTITIONS: u64 = 13;
/// What `ErrorsPerSec` calls the absence of an error.
const NO_ERROR: &str = "NONE";

/// Adds what the records tell.
pub(super) fn take(account: &mut Account, record: &Record, counting: Counting) {
    for (api, errors) in record.told().filter(|(api, _)| *api != UNCOUNTED_API) {
        for (error, count) in errors {
            account.row(KIND, common_name(api), error).add(*count, counting);
        }
    }
    if let Some(inside) = record.forwarded.as_ref().filter(|_| record.is_refused_inside()) {
        account.row(KIND, &inside.api, REFUSED_INSIDE).add(1, counting);
    }
}

/// Adds what a request without an answer tells: the broker may have counted one that refuses each of
/// its partitions.
pub(super) fn take_unanswered(account: &mut Account, record: &Record) {
    let named = |topics: &Vec<Topic>| topics.iter().map(|topic| topic.partitions).sum();
    let refusals = record.topics.as_ref().and_then(named).unwrap_or(ALL_PARTITIONS).max(1);
    let inside = record.forwarded.iter().map(|inside| &inside.api);
    for api in inside.chain([&record.api]) {
        for row in account.rows_of(KIND, common_name(api)) {
            row.add(refusals, Counting::Unknown);
        }
    }
}

/// Adds what the broker says.
pub(super) fn read(account: &mut Account, reading: &Reading) {
    for ((api, error), count) in &reading.errors {
        // Fetches of both kinds are counted together, besides.
        if error != NO_ERROR && common_name(api) == api {
            account.row(KIND, api, error).broker += count;
        }
    }
}
