//! The sieve in the kernel, of messages in two segments, wherever they are split: it tells the same records
//! as on the host.

use std::collections::BTreeSet;
use std::iter::once;
use std::ops::Range;

use observer::input::Flow;
use rand::SeedableRng;
use rand::rngs::StdRng;
use tests::many_sets::many_sets;
use tests::sieve::both::{Both, Compared, Talks};
use tests::sieve::told::{Told, copied};
use tests::talk::{SALT, TOKEN, fetch, logins, produce, tokens};

use crate::sieve::with_data;

/// Bytes of the longest message of many sets.
const LEN: Range<usize> = 600..1_200;

/// What a client asks, and what it is answered.
struct Dialogue {
    name: String,
    exchanges: Vec<[Vec<u8>; 2]>,
}

/// A connection, and where its segments are to end in each direction.
struct Split(Flow, [BTreeSet<usize>; 2]);

#[test]
fn sets_split_at_every_place() {
    // Produce and Fetch, without tagged fields and with them.
    let many = [(0, 3), (0, 9), (1, 4), (1, 12)].map(|layout| {
        let exchanges = vec![exchange_of(layout)];
        Dialogue { name: format!("many sets, {layout:?}"), exchanges }
    });
    let pipelined = at_once(&[produce(1, 30), fetch(2, 30), produce(3, 0)]);
    let pipelined = Dialogue { name: "pipelined".to_owned(), exchanges: vec![pipelined] };
    let compared = split_each(many.iter().chain([&pipelined]));
    assert!(compared.records.values().flatten().any(|record| record.kept.len() > 3));
}

#[test]
fn logins_split_at_every_place() {
    let tokens = Dialogue { name: "tokens".to_owned(), exchanges: tokens().to_vec() };
    let frames = Dialogue { name: "frames".to_owned(), exchanges: logins().to_vec() };
    let compared = split_each([&tokens, &frames]);
    let copied = copied(compared.records.values().flatten());
    let has = |text: &[u8]| copied.windows(text.len()).any(|window| window == text);
    assert!(has(b"PLAIN"));
    for part in TOKEN.windows(4).chain(SALT.windows(4)) {
        assert!(!has(part), "{part:?}");
    }
}

/// Messages of Kafka's own classes: the oldest and the newest version of each API with words of its own.
#[test]
fn every_api_with_data_split_at_every_place() {
    let all = with_data(1);
    let key = |at: usize| all.get(at).map(|dialogue| dialogue.layout.0);
    let is_first_or_last =
        |at: usize| [at.wrapping_sub(1), at + 1].iter().any(|it| key(*it) != key(at));
    let dialogues = (0..all.len()).filter(|at| is_first_or_last(*at)).map(|at| &all[at]);
    let mut both = Both::start();
    let mut splits = Vec::new();
    both.talk(|talks| {
        for generated in dialogues {
            let exchanges = generated.frames.iter().cloned().map(<[_; 2]>::from).collect();
            let dialogue = Dialogue { name: format!("{:?}", generated.layout), exchanges };
            splits.push(dialogue.split_at(1..dialogue.longest(), talks));
        }
    });
    check(both, &splits);
}

/// Sends each dialogue over a connection for each place at which its longest message can be split.
fn split_each<'a>(dialogues: impl IntoIterator<Item = &'a Dialogue> + Send) -> Compared {
    let mut both = Both::start();
    let mut splits = Vec::new();
    both.talk(|talks| {
        for dialogue in dialogues {
            let places = 1..dialogue.longest();
            splits.extend(places.map(|at| dialogue.split_at(at..at + 1, talks)));
        }
    });
    check(both, &splits)
}

fn check(both: Both, splits: &[Split]) -> Compared {
    let compared = both.compare();
    assert_eq!(compared.falls, []);
    for Split(flow, ends) in splits {
        let seen = [*flow, flow.reversed()].map(|flow| ends_of(&compared.skbs[&flow]));
        assert_eq!(seen, *ends, "TCP split something else");
    }
    let ends = splits.iter().flat_map(|Split(_, ends)| ends).map(BTreeSet::len).sum::<usize>();
    println!("{ends} segments of {} connections", splits.len());
    compared
}

impl Dialogue {
    /// Bytes of the longest message.
    fn longest(&self) -> usize {
        self.exchanges.iter().flatten().map(Vec::len).max().unwrap_or_default()
    }

    /// Sends it over one connection, once for each of these places, at which each message is split.
    fn split_at(&self, places: Range<usize>, talks: &mut Talks) -> Split {
        let mut pair = talks.connect(format!("{}, split at {places:?}", self.name));
        let (mut lens, mut ends) = ([0, 0], [BTreeSet::new(), BTreeSet::new()]);
        for at in places {
            for exchange in &self.exchanges {
                let mut note = |side: usize| {
                    let (len, before) = (exchange[side].len(), lens[side]);
                    ends[side].extend([before + at.min(len), before + len]);
                    lens[side] += len;
                };
                note(0);
                note(1);
                let mut first = once(at);
                pair.request_in(&exchange[0], || first.next().unwrap_or(usize::MAX));
                let mut first = once(at);
                pair.respond_in(&exchange[1], || first.next().unwrap_or(usize::MAX));
            }
        }
        let flow = pair.flow();
        pair.close();
        Split(flow, ends)
    }
}

/// Exchanges as one: all is asked before it is answered.
fn at_once(exchanges: &[[Vec<u8>; 2]]) -> [Vec<u8>; 2] {
    [0, 1].map(|side| exchanges.iter().flat_map(|exchange| &exchange[side]).copied().collect())
}

/// Where segments with payload end, behind the direction's first byte.
fn ends_of(skbs: &[Told]) -> BTreeSet<usize> {
    let with_payload = skbs.iter().filter(|skb| skb.wire_len > 0);
    with_payload.map(|skb| skb.seq.plus(skb.wire_len).since(skbs[0].seq) as usize).collect()
}

/// One with many sets of this API and version.
fn exchange_of(layout: (u8, u8)) -> [Vec<u8>; 2] {
    let mut rng = StdRng::seed_from_u64(1);
    let is_it = |[request, response]: &[Vec<u8>; 2]| {
        (request[5], request[7]) == layout && LEN.contains(&request.len().max(response.len()))
    };
    std::iter::repeat_with(|| many_sets(1, &mut rng)).find(is_it).expect("they do not end")
}
