//! Stamps that cannot be, clocks that are set, and nights without traffic.

use wire::capture::Packet;
use wire::testing::{rows, PlainRows};

use crate::making::*;

const SECOND: i64 = 1_000_000_000;
const HOUR: i64 = 3600 * SECOND;
const CENTURY: i64 = 100 * 8766 * HOUR;

type Stamped = (i64, Vec<u8>);

/// Rows, how many stamps were wrong, and the seconds from the first packet to the last.
fn read_at(packets: &[Stamped]) -> (PlainRows, u64, i64) {
    let mut pipeline = pipeline();
    for (ts, data) in packets {
        pipeline.packet(Packet {
            ts: *ts,
            link: 101,
            data,
            wire_len: data.len(),
        });
    }
    pipeline.finish();
    assert_eq!(pipeline.packets(), packets.len() as u64);
    let seconds = (pipeline.last_ts.unwrap() - pipeline.first_ts.unwrap()) / 1_000_000;
    let mut rows = rows(&mut pipeline.out);
    rows.remove("stats");
    (rows, pipeline.wrong_stamps(), seconds)
}

/// An established connection that says something every 20 seconds, and questions beside it.
fn traffic(count: u32) -> Vec<Stamped> {
    let segment = |n: u32| {
        let seq = (1000 + n * 4).to_be_bytes();
        let head = [
            &[0x9c, 0x40, 0x0a, 0x0f][..],
            &seq,
            &[0, 0, 0, 1, 0x50, 0x18, 1, 0, 0, 0, 0, 0],
            b"data",
        ]
        .concat();
        ip4([10, 9, 0, 5], [10, 9, 0, 6], 6, &head)
    };
    (0..count)
        .flat_map(|n| {
            let ts = T0 + i64::from(n) * 20 * SECOND;
            [(ts, segment(n)), (ts + 1000, inside())]
        })
        .collect()
}

/// A packet of a connection of its own.
fn stranger() -> Vec<u8> {
    ip4([10, 9, 9, 9], [10, 9, 0, 2], 17, &udp(7, 7, b"?"))
}

fn without_stranger(mut rows: PlainRows) -> PlainRows {
    rows.get_mut("conn").unwrap().retain(|row| row["id_orig_h"] != "10.9.9.9");
    rows
}

#[test]
fn one_wrong_stamp_changes_nothing_else() {
    let usual = traffic(40);
    let (expected, _, seconds) = read_at(&usual);
    for wrong in [T0 + CENTURY, T0 + 2 * HOUR, 0, i64::MIN, i64::MAX] {
        for at in [1, 20, 79] {
            let mut packets = usual.clone();
            packets.insert(at, (wrong, stranger()));
            let (rows, wrong_stamps, span) = read_at(&packets);
            let own = rows["conn"].iter().find(|row| row["id_orig_h"] == "10.9.9.9").unwrap();
            assert_eq!(own["ts"], (packets[at - 1].0 / 1000).to_string(), "{wrong} at {at}");
            assert_eq!((wrong_stamps, span), (1, seconds), "{wrong} at {at}");
            assert!(without_stranger(rows) == expected, "{wrong} at {at}");
        }
    }
    // Of a connection that goes on.
    let mut packets = usual.clone();
    packets[30].0 = T0 + CENTURY;
    let mut right = usual.clone();
    right[30].0 = right[29].0;
    assert!(read_at(&packets).0 == read_at(&right).0);
}

#[test]
fn a_first_stamp_that_is_wrong_changes_nothing_else() {
    let usual = traffic(40);
    let (expected, ..) = read_at(&usual);
    for wrong in [T0 + CENTURY, 0] {
        let mut packets = usual.clone();
        packets.insert(0, (wrong, stranger()));
        let (rows, ..) = read_at(&packets);
        assert!(without_stranger(rows) == expected, "{wrong}");
    }
}

#[test]
fn a_clock_that_is_set_and_a_quiet_night_are_real() {
    for step in [8 * HOUR, -8 * HOUR, CENTURY] {
        let later: Vec<Stamped> = traffic(10).into_iter().map(|(ts, data)| (ts + HOUR + step, data)).collect();
        let (rows, wrong, _) = read_at(&[traffic(10), later].concat());
        let mut begun: Vec<i64> = rows["conn"]
            .iter()
            .filter(|r| r["service"] == "dns")
            .map(|r| r["ts"].parse().unwrap())
            .collect();
        begun.sort_unstable();
        begun.dedup();
        // A clock that is set back ends nothing: the connection goes on.
        let mut expected = vec![T0 / 1000 + 1, (T0 + HOUR + step) / 1000 + 1];
        expected.truncate(if step > 0 { 2 } else { 1 });
        assert_eq!((begun, wrong), (expected, 0), "{step}");
    }
    // A sign of life every two hours: each is a connection of its own, as many as there are.
    for count in [2, 5, 16, 17, 40] {
        let packets: Vec<Stamped> = (0..count).map(|n| (T0 + n * 2 * HOUR, inside())).collect();
        let (rows, wrong, seconds) = read_at(&packets);
        assert_eq!((rows["conn"].len() as i64, wrong, seconds), (count, 0, (count - 1) * 7200));
    }
}
