//! Truncated, damaged and foreign files: no panic, what could be read, one clear sentence.

use std::io::{self, Read};

use observer::source::replay::{Damage, Problem};
use proptest::prelude::*;
use tests::capture_writer::{Clock, Link, Order, Pcapng, Unit, pcap};
use tests::replayed::{Replayed, replay};

use super::{ETHERNET, conversation_v4, conversation_v6, frames};

/// Files of every kind, small ones.
fn files() -> Vec<Vec<u8>> {
    let mut files = Vec::new();
    for order in Order::ALL {
        for unit in Unit::ALL {
            files.push(pcap(order, unit, 1, &frames(ETHERNET, &conversation_v4())));
        }
        let cooked = Link::Cooked2 { packet_type: 4, ifindex: 2, vlan: &[0x8100] };
        let clock = Clock { resolution: Some(0xa0), offset_s: 3600 };
        let mut file = Pcapng::new(order)
            .interface(cooked.number(), 0, clock)
            .interface(1, 0, Clock::DEFAULT)
            .block(0x8000_0001, &[0; 4])
            .block(10, &[0; 20])
            .block(4, &[0; 8]);
        for frame in frames(cooked, &conversation_v6()) {
            file = file.enhanced(0, &frame);
        }
        file = file.section(order).interface(1, 0, Clock::DEFAULT);
        for frame in frames(ETHERNET, &conversation_v4()) {
            file = file.obsolete(0, &frame).simple(&frame);
        }
        files.push(file.bytes());
    }
    files
}

fn message(bytes: &[u8]) -> String {
    replay(bytes).result.unwrap_err().to_string()
}

#[test]
fn a_file_cut_anywhere_gives_what_is_before_the_cut() {
    for file in files() {
        let whole = replay(&file[..]);
        whole.result.unwrap();
        let mut longest = 0;
        for cut in 0..file.len() {
            let Replayed { seen, result, .. } = replay(&file[..cut]);
            assert!(whole.seen.starts_with(&seen), "cut at {cut}");
            assert!(seen.len() >= longest, "cut at {cut}");
            longest = seen.len();
            match result.map_err(|error| error.problem) {
                Ok(()) => {}
                Err(Problem::Truncated { offset, .. }) => assert!(offset <= cut as u64),
                Err(Problem::Empty) => assert_eq!(cut, 0),
                Err(Problem::NotACapture) => assert!(cut < 4),
                Err(other) => panic!("cut at {cut}: {other:?}"),
            }
        }
    }
}

#[test]
fn other_files_are_named() {
    assert_eq!(message(b""), "test: is empty, so it is not a capture");
    let neither = "test: is not a capture: it is neither pcap nor pcapng";
    assert_eq!(message(b"%PDF-1.7 and so on, for more than 24 bytes"), neither);
    assert_eq!(message(b"short"), neither);
    assert_eq!(message(&[0; 100]), neither);
    for magic in [0xa1b2_34cd_u32, 0xa12b_3c4d, 0x1c00_01ab, 0x1c00_01ac] {
        for magic in [magic.to_le_bytes(), magic.to_be_bytes()] {
            assert_eq!(
                message(&[&magic[..], &[0; 20]].concat()),
                "test: is a pcap of a kind that is not supported: write it anew first (editcap -F \
                 pcapng FILE NEW)"
            );
        }
    }
    assert_eq!(
        message(b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03 and so on, for long"),
        "test: is compressed: unpack it first (gzip -dc FILE | kafka-observer replay -)"
    );
}

#[test]
fn damage_is_told_with_its_place() {
    let mut file = pcap(Order::Little, Unit::Microsecond, 1, &frames(ETHERNET, &conversation_v4()));
    let end = file.len();
    file.extend([0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0x7f, 0, 0, 0, 0]);
    let replayed = replay(&file[..]);
    assert_eq!(replayed.seen.len(), conversation_v4().len());
    assert_eq!(
        replayed.result.unwrap_err().to_string(),
        format!(
            "test: is damaged at byte {end}, and was read up to there: \
             it claims 2147483663 bytes, more than 16777216"
        )
    );
}

#[test]
fn lengths_of_blocks_are_not_believed() {
    let start = Pcapng::new(Order::Little).interface(1, 0, Clock::DEFAULT);
    let at = start.clone().bytes().len() as u64;
    let damage_of = |tail: &[u8]| match replay(&start.clone().raw(tail).bytes()[..]).result {
        Err(error) => match error.problem {
            Problem::Damaged { offset, damage } if offset == at => damage,
            other => panic!("{other:?}"),
        },
        Ok(()) => panic!("not noticed"),
    };
    let block = |kind: u32, len: u32, end: u32| {
        [kind.to_le_bytes(), len.to_le_bytes(), [0; 4], end.to_le_bytes()].concat()
    };
    assert_eq!(damage_of(&block(6, 0, 0)), Damage::BlockLength(0));
    assert_eq!(damage_of(&block(0x8000_0001, 8, 8)), Damage::BlockLength(8));
    assert_eq!(damage_of(&block(6, 17, 17)), Damage::BlockLength(17));
    assert_eq!(damage_of(&block(9, 16, 20)), Damage::UnequalLengths(16, 20));
    assert_eq!(damage_of(&block(9, 1 << 31, 0)), Damage::TooLong(1 << 31));
    assert_eq!(damage_of(&block(0x0a0d_0d0a, 28, 28)), Damage::ByteOrder);
}

#[test]
fn a_stream_that_fails_is_told() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("the disk is on fire"))
        }
    }
    let file = pcap(Order::Little, Unit::Microsecond, 1, &frames(ETHERNET, &conversation_v4()));
    let replayed = replay(file.chain(Broken));
    assert_eq!(replayed.seen.len(), conversation_v4().len());
    let expected = format!("test: cannot be read at byte {}: the disk is on fire", file.len());
    assert_eq!(replayed.result.unwrap_err().to_string(), expected);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    /// Bytes changed, left out or put in anywhere: nothing panics, and every packet has one fate.
    #[test]
    fn damaged_anywhere_nothing_panics(
        which in any::<prop::sample::Index>(),
        changes in prop::collection::vec(
            (any::<prop::sample::Index>(), 0..3_u8, prop_oneof![any::<u8>(), Just(0xff), Just(0)]),
            1..12,
        ),
    ) {
        let files = files();
        let mut file = which.get(&files).clone();
        for (at, change, byte) in changes {
            let at = at.index(file.len());
            match change {
                0 => file[at] = byte,
                1 => drop(file.remove(at)),
                _ => file.insert(at, byte),
            }
        }
        let Replayed { seen, stats, .. } = replay(&file[..]);
        prop_assert_eq!(seen.len() as u64, stats.segments);
        prop_assert!(seen.iter().all(|seen| seen.bytes.len() <= seen.wire_len as usize));
        let fates = [
            stats.segments, stats.copies, stats.unwatched, stats.not_ip, stats.not_tcp,
            stats.fragments, stats.malformed, stats.unknown_links,
        ];
        prop_assert_eq!(stats.packets, fates.iter().sum::<u64>());
    }
}
