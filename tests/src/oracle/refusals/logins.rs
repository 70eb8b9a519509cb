//! Requests that a broker answers while a client logs in, which it does not count: exchange records
//! in; those that it counts out.

use std::collections::BTreeSet;
use std::net::SocketAddr;

use crate::record::Record;

/// The request that ends a login.
const LAST: &str = "SaslAuthenticate";

/// Leaves out what came before the end of each login at this listener.
pub fn counted(records: &[Record], listener: SocketAddr) -> Vec<Record> {
    let listener = listener.to_string();
    let mut records = records.to_vec();
    records.sort_by_key(|record| record.time);
    let mut logged_in = BTreeSet::new();
    records.retain(|record| {
        if record.broker != listener {
            return true;
        }
        if record.api == LAST {
            logged_in.insert(record.client.clone());
        }
        logged_in.contains(&record.client)
    });
    records
}
