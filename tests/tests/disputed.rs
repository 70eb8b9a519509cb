//! Layouts that two releases have in different ways under one version: what the older's own classes
//! write is decoded where it is the newer's too, and else says nothing but that it was not decoded.

use observer::decode::{Decoder, Facts, Message as Begin, Names, Undecoded};
use observer::event::Side;
use observer::protocol::api::ApiKey;
use observer::protocol::pieces::Pieces;
use observer::protocol::schema::{LAYOUTS, Layout};
use observer::tables::Evictions;
use tests::messages::{Message, Plan, decoded, messages_of};
use xtask::kafka::Version;

const PER_LAYOUT: u32 = 500;

fn facts(decoder: &mut Decoder, message: &Message) -> Facts {
    let bytes = decoded::bytes(message);
    let mut evictions = Evictions::default();
    let mut body = decoder.begin(Begin {
        api_key: ApiKey(message.api_key),
        side: message.side,
        version: message.version,
        len: bytes.len() as u32,
        wrapped: None,
    });
    decoder.feed(&mut body, Pieces::of(&bytes), &mut evictions);
    *decoder.end(body, &mut evictions)
}

/// How many messages were decoded, and how many not.
fn check(layout: &Layout, version: i16) -> (u32, u32) {
    let plan = Plan {
        api: Some(layout.api_key.0),
        version: Some(version),
        side: Some(layout.side),
        ..Plan::of_each(PER_LAYOUT)
    };
    let mut decoder = Decoder::new(Names::new(10_000, 10_000));
    let (mut whole, mut not) = (0, 0);
    for message in messages_of(Version::V3_9, plan) {
        let message = message.expect("a message");
        let facts = facts(&mut decoder, &message);
        if facts.undecoded.is_some() {
            let undecoded = facts.undecoded;
            assert_eq!(facts, Facts { undecoded, ..Facts::default() }, "{message}");
            assert!(matches!(
                undecoded,
                Some(Undecoded::Malformed | Undecoded::Cut | Undecoded::Long)
            ));
            not += 1;
        } else {
            // What differs is said of partitions.
            let partitions = facts.topics.iter().map(|topic| topic.partitions).sum::<u32>();
            assert_eq!((partitions, facts.partitions), (0, vec![]), "{message}");
            whole += 1;
        }
    }
    (whole, not)
}

#[test]
fn the_older_form_of_a_disputed_layout_says_nothing_wrong() {
    let mut seen = Vec::new();
    for layout in &LAYOUTS {
        for version in layout.disputed {
            let (whole, not) = check(layout, *version);
            assert_eq!(whole + not, PER_LAYOUT, "{} v{version}", layout.api_key);
            assert!(whole > 0 && not > whole, "{whole} decoded, {not} not");
            seen.push((layout.api_key, layout.side, *version));
        }
    }
    assert_eq!(seen, [(ApiKey::READ_SHARE_GROUP_STATE_SUMMARY, Side::Response, 0)]);
}
