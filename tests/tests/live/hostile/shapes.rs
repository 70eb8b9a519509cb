//! What hostile peers send, each in one write that loopback passes as one skb.

use observer::source::live::Why;
use observer_common::sieve::MAX_FRAME;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use tests::wire::{frame, string};

/// What an skb takes of loopback's MTU.
const SKB: usize = 65_000;
/// The correlation id of the request that is answered.
pub const FETCHED: i32 = 2;

/// Bytes of one end, or of the other, behind a first exchange.
pub struct Shape {
    pub name: String,
    pub asked: Vec<u8>,
    pub answered: Vec<u8>,
    /// Why the sieve loses the step, if it does.
    pub falls: Option<Why>,
}

/// All of them.
pub fn shapes(seed: u64) -> Vec<Shape> {
    let mut rng = StdRng::seed_from_u64(seed);
    let mut shapes = Vec::new();
    for (name, asked, falls) in frames(&mut rng).into_iter().chain(requests(&mut rng)) {
        let name = format!("requests: {name}");
        shapes.push(Shape { name, asked, answered: Vec::new(), falls });
    }
    for (name, answered, falls) in frames(&mut rng).into_iter().chain(responses(&mut rng)) {
        let name = format!("responses: {name}");
        shapes.push(Shape { name, asked: fetch(), answered, falls });
    }
    shapes
}

type Bytes = (&'static str, Vec<u8>, Option<Why>);

/// Frames that are none, of either end.
fn frames(rng: &mut StdRng) -> Vec<Bytes> {
    let claimed = |len: i32| [&len.to_be_bytes()[..], &fill(&[0, 1, 2, 3])].concat();
    let mut random = random(rng);
    random[0] = 0xff;
    vec![
        ("a length of 2^31 - 1", claimed(i32::MAX), Some(Why::Length)),
        ("a length of -1", claimed(-1), Some(Why::Length)),
        ("a length of -2^31", claimed(i32::MIN), Some(Why::Length)),
        ("empty frames", fill(&[0; 4]), Some(Why::Length)),
        ("frames of one byte", fill(&[0, 0, 0, 1, 0]), Some(Why::Length)),
        ("random bytes", random, Some(Why::Length)),
    ]
}

fn requests(rng: &mut StdRng) -> Vec<Bytes> {
    let produce = |version: i16, body: &[u8]| {
        let head = [&[0, 0][..], &version.to_be_bytes(), &[0, 0, 0, 7], &string("client")].concat();
        [&head[..], body].concat()
    };
    // Null, acks, a timeout, and topics from here on; with a header's tagged fields before it, and without.
    let new = [&[0, 0][..], &[0, 1, 0, 0, 3, 0xe8]].concat();
    let old = [&[0xff, 0xff][..], &[0, 1, 0, 0, 3, 0xe8]].concat();
    let partitions = |count: i32, rest: &[u8]| {
        let topic = [&[0, 0, 0, 1][..], &string("orders"), &count.to_be_bytes()].concat();
        produce(3, &[&old[..], &topic, rest].concat())
    };
    let unknown = [&[0x7f, 0xff, 0, 0, 0, 0, 0, 7][..], &random(rng)].concat();
    vec![
        (
            "tagged fields without end",
            frame(&produce(9, &[&MOST[..], &fill(&[1, 0])].concat())),
            Some(Why::Work),
        ),
        (
            "a tagged field of 4 GiB",
            frame(&produce(9, &[&[1, 0][..], &MOST, &fill(&[7])].concat())),
            None,
        ),
        (
            "topics without end",
            huge(&produce(9, &[&new[..], &HALF, &fill(&[1, 1, 0])].concat())),
            Some(Why::Work),
        ),
        ("2^31 - 1 partitions", frame(&partitions(i32::MAX, &fill(&EMPTY))), None),
        ("2^29 partitions, as far as they come", huge(&partitions(1 << 29, &fill(&EMPTY))), None),
        ("-2 partitions", frame(&partitions(-2, &fill(&EMPTY))), None),
        (
            "a record set of 2^31 - 1 bytes",
            frame(&partitions(
                1,
                &[&[0; 4], &i32::MAX.to_be_bytes()[..], &fill(&[0; 61])].concat(),
            )),
            None,
        ),
        ("a random body", frame(&produce(9, &random(rng))), None),
        ("a random body of an older version", frame(&produce(3, &random(rng))), None),
        ("an API that nobody knows", frame(&unknown), None),
    ]
}

fn responses(rng: &mut StdRng) -> Vec<Bytes> {
    let answer = |body: &[u8]| [&FETCHED.to_be_bytes()[..], body].concat();
    // No tagged fields of the header, throttling, an error code, a session; topics from here on.
    let start = [0; 1 + 4 + 2 + 4];
    let partitions = [&[2, 7][..], b"orders", &MOST].concat();
    let nobodys = [&[0, 0, 0, 4][..], &[0x7f; 4]].concat();
    vec![
        (
            "tagged fields without end",
            frame(&answer(&[&MOST[..], &fill(&[1, 0])].concat())),
            Some(Why::Work),
        ),
        (
            "topics without end",
            huge(&answer(&[&start[..], &HALF, &fill(&[1, 1, 0])].concat())),
            Some(Why::Work),
        ),
        (
            "2^32 - 2 partitions",
            frame(&answer(&[&start[..], &partitions, &fill(&[0; 40])].concat())),
            None,
        ),
        ("a random body", frame(&answer(&random(rng))), None),
        ("answers to nobody", fill(&nobodys), None),
    ]
}

/// A partition without records.
const EMPTY: [u8; 8] = [0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff];
/// The most that a varint of 32 bits says, and a half of what the largest frame has bytes.
const MOST: [u8; 5] = [0xff, 0xff, 0xff, 0xff, 0xf];
const HALF: [u8; 5] = [0x80, 0x80, 0x80, 0x80, 2];

/// Fetch v12, of a client that names itself.
fn fetch() -> Vec<u8> {
    let head = [&[0, 1, 0, 12][..], &FETCHED.to_be_bytes(), &string("client"), &[0]].concat();
    frame(&[&head[..], &[0; 30]].concat())
}

/// The beginning of the largest frame.
fn huge(message: &[u8]) -> Vec<u8> {
    [&MAX_FRAME.to_be_bytes()[..], message].concat()
}

fn fill(with: &[u8]) -> Vec<u8> {
    with.iter().copied().cycle().take(SKB - 200).collect()
}

fn random(rng: &mut StdRng) -> Vec<u8> {
    let mut bytes = fill(&[0]);
    rng.fill_bytes(&mut bytes);
    bytes
}
