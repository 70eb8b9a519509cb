//! Dialogues of one API and version: messages that Kafka's own classes wrote in, frames out.

use std::collections::BTreeMap;

use anyhow::Result;
use observer::event::Side;

use crate::capture_writer::{Conversation, Frame, Link, Order, Unit, pcap};
use crate::messages::{Message, Plan, decoded, messages};
use crate::wire::frame;

/// The broker's port in [`conversation`].
pub const PORT: u16 = 31_092;

/// A connection that has begun.
pub fn conversation() -> Conversation {
    let (client, broker) = (([10, 0, 0, 1], 40_000).into(), ([10, 0, 0, 2], PORT).into());
    Conversation::new(client, broker, 1_000_000_000, 1_000_000).open()
}

/// A capture of one, which ends.
pub fn capture(talk: Conversation) -> Vec<u8> {
    let link = Link::Ethernet(&[]);
    let segments = talk.close().segments();
    let frames: Vec<_> = segments.iter().map(|segment| Frame::of(link, segment)).collect();
    pcap(Order::Little, Unit::Nanosecond, link.number(), &frames)
}

/// What a client asks, and what it is answered.
#[derive(Debug)]
pub struct Dialogue {
    /// API key and version.
    pub layout: (i16, i16),
    /// Frames of requests and of their responses.
    pub frames: Vec<(Vec<u8>, Vec<u8>)>,
}

/// A dialogue for each API and version.
pub fn dialogues(per_layout: u32) -> Result<Vec<Dialogue>> {
    let mut sides: BTreeMap<(i16, i16), [Vec<Vec<u8>>; 2]> = BTreeMap::new();
    for message in messages(Plan::of_each(per_layout))? {
        let message = message?;
        let [requests, responses] = sides.entry((message.api_key, message.version)).or_default();
        match message.side {
            Side::Request => requests.push(request(&message, requests.len())),
            Side::Response => responses.push(response(&message, responses.len())),
        }
    }
    let dialogue = |(layout, [requests, responses]): (_, [Vec<_>; 2])| Dialogue {
        layout,
        frames: requests.into_iter().zip(responses).collect(),
    };
    Ok(sides.into_iter().map(dialogue).collect())
}

fn request(message: &Message, id: usize) -> Vec<u8> {
    let key_and_version = [message.api_key.to_be_bytes(), message.version.to_be_bytes()].concat();
    frame(&[key_and_version, (id as i32).to_be_bytes().to_vec(), decoded::bytes(message)].concat())
}

fn response(message: &Message, id: usize) -> Vec<u8> {
    frame(&[(id as i32).to_be_bytes().to_vec(), decoded::bytes(message)].concat())
}
