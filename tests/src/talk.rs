//! Exchanges with record sets, in bytes.

use crate::wire::{request, response, string};

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
