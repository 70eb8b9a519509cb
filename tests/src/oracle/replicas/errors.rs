//! Errors in responses, by API and name.

use super::Account;
use super::traffic::Counting;
use crate::jmx::Reading;
use crate::oracle::differences::{REFUSED_INSIDE, UNCOUNTED_API, common_name};
use crate::record::Record;

const KIND: &str = "errors";
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

/// Adds what the broker says.
pub(super) fn read(account: &mut Account, reading: &Reading) {
    for ((api, error), count) in &reading.errors {
        // Fetches of both kinds are counted together, besides.
        if error != NO_ERROR && common_name(api) == api {
            account.row(KIND, api, error).broker += count;
        }
    }
}
