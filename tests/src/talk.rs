//! Exchanges with record sets or secrets, in bytes.

use crate::wire::{frame, heartbeat, heartbeat_answer, request, response, string};

/// Produce v3 of one batch with `len` bytes of records, and its answer.
pub fn produce(id: i32, len: usize) -> [Vec<u8>; 2] {
    let set = record_set(1, len);
    let body = [
        [&[0xff, 0xff, 0xff, 0xff][..], &number(1_000)].concat(),
        [number(1), string("orders"), number(1), number(0), number(set.len() as i32)].concat(),
        set,
    ];
    let topic = [number(1), string("orders"), number(1), number(0)].concat();
    let answer = response(id, &[topic, vec![0; 2 + 8 + 8 + 4]].concat());
    [request(0, 3, id, "client", &body.concat()), answer]
}

/// Fetch v4 of one partition, and its answer: a batch with `len` bytes of records.
pub fn fetch(id: i32, len: usize) -> [Vec<u8>; 2] {
    let topic = [number(1), string("orders"), number(1), number(0)].concat();
    let limits = [number(-1), number(500), number(1), number(1 << 20), vec![0]].concat();
    let asked = [&limits[..], &topic, &[0; 8], &number(1 << 20)].concat();
    let set = record_set(1, len);
    let head = [vec![0; 2 + 8 + 8], number(-1), number(set.len() as i32)].concat();
    let answer = response(id, &[number(0), topic, head, set].concat());
    [request(1, 4, id, "client", &asked), answer]
}

/// Produce v9 of so many topics without partitions, in three bytes each, and its answer.
pub fn produce_of_topics(id: i32, topics: u32) -> [Vec<u8>; 2] {
    // No transactional id, acks, a timeout.
    let body = [&[0, 0, 1, 0, 0, 3, 0xe8][..], &bare_topics(topics), &[0]].concat();
    // No tagged fields, no topics, no throttling, no tagged fields.
    [flexible_request(0, 9, id, &body), response(id, &[0, 1, 0, 0, 0, 0, 0])]
}

/// Fetch v12, and its answer of so many topics without partitions, in three bytes each.
pub fn fetch_of_topics(id: i32, topics: u32) -> [Vec<u8>; 2] {
    let limits = [number(-1), number(500), number(1), number(1 << 20), vec![0]].concat();
    // No session, no topics, none to be forgotten, no rack, no tagged fields.
    let asked = [&limits[..], &number(0), &number(-1), &[1, 1, 1, 0]].concat();
    let answer = [&[0; 1 + 4 + 2 + 4][..], &bare_topics(topics), &[0]].concat();
    [flexible_request(1, 12, id, &asked), response(id, &answer)]
}

fn bare_topics(count: u32) -> Vec<u8> {
    let more = |shift: u32| (count + 1) >> shift;
    let count_bytes = [more(0) as u8 | 0x80, more(7) as u8 | 0x80, more(14) as u8 & 0x7f];
    // An empty name, no partitions, no tagged fields.
    [&count_bytes[..], &[1, 1, 0].repeat(count as usize)].concat()
}

/// A request whose header ends with tagged fields, of which there are none.
fn flexible_request(key: i16, version: i16, id: i32, body: &[u8]) -> Vec<u8> {
    request(key, version, id, "client", &[&[0], body].concat())
}

/// What a client logs in with in [`tokens`] and [`logins`].
pub const TOKEN: &[u8] = b"\0user\0a-password";
/// What it is answered in [`logins`].
pub const SALT: &[u8] = b"a-password-salted";

/// SaslHandshake v0, a raw token and a request behind it, and what they are answered.
pub fn tokens() -> [[Vec<u8>; 2]; 3] {
    [handshake(0), [frame(TOKEN), frame(b"")], [heartbeat(2, "c"), heartbeat_answer(2)]]
}

/// SaslHandshake v1, and SaslAuthenticate in a version without tagged fields and one with them.
pub fn logins() -> [[Vec<u8>; 2]; 3] {
    let token = [&number(TOKEN.len() as i32), TOKEN].concat();
    let salt = [&[0, 0, 0xff, 0xff], &number(SALT.len() as i32)[..], SALT, &[0; 8]].concat();
    let older = [request(36, 1, 2, "c", &token), response(2, &salt)];
    let token = [&[0, TOKEN.len() as u8 + 1], TOKEN, &[0]].concat();
    let salt = [&[0, 0, 0, 0, SALT.len() as u8 + 1], SALT, &[0; 8 + 1]].concat();
    [handshake(1), older, [request(36, 2, 3, "c", &token), response(3, &salt)]]
}

fn handshake(version: i16) -> [Vec<u8>; 2] {
    let mechanisms = [&[0, 0][..], &number(1), &string("PLAIN")].concat();
    [request(17, version, 1, "c", &string("PLAIN")), response(1, &mechanisms)]
}

/// A batch of so many records in `len` bytes.
pub fn record_set(records: i32, len: usize) -> Vec<u8> {
    let mut set = vec![0; 61 + len];
    set[8..12].copy_from_slice(&(49 + len as i32).to_be_bytes());
    set[16] = 2;
    set[23..27].copy_from_slice(&(records - 1).to_be_bytes());
    set[57..61].copy_from_slice(&records.to_be_bytes());
    set
}

fn number(n: i32) -> Vec<u8> {
    n.to_be_bytes().to_vec()
}
