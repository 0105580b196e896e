//! However the network cuts, reorders or repeats the segments of a connection, the rows are the same.

use std::net::Ipv4Addr;

use wire::capture::Packet;
use wire::keys::Keys;
use wire::pipeline::Pipeline;
use wire::testing::{rows, PlainRows};

const CLIENT: (Ipv4Addr, u16) = (Ipv4Addr::new(10, 0, 0, 1), 40_000);
const SERVER: (Ipv4Addr, u16) = (Ipv4Addr::new(10, 0, 0, 2), 2575);
const SYN: u8 = 2;
const ACK: u8 = 16;
const FIN: u8 = 1;

/// A small deterministic generator (xorshift64*, Vigna 2016): the seed of a failure is in its message.
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % n.max(1)
    }
}

fn packet(from_client: bool, seq: u32, ack: u32, flags: u8, data: &[u8]) -> Vec<u8> {
    let ((src, sport), (dst, dport)) = if from_client { (CLIENT, SERVER) } else { (SERVER, CLIENT) };
    let mut p = vec![0x45, 0];
    p.extend(u16::try_from(40 + data.len()).unwrap().to_be_bytes());
    p.extend([0, 0, 0, 0, 64, 6, 0, 0]);
    p.extend(src.octets());
    p.extend(dst.octets());
    p.extend(sport.to_be_bytes());
    p.extend(dport.to_be_bytes());
    p.extend(seq.to_be_bytes());
    p.extend(ack.to_be_bytes());
    p.extend([0x50, flags, 0xff, 0xff, 0, 0, 0, 0]);
    p.extend(data);
    p
}

fn messages() -> (Vec<u8>, Vec<u8>) {
    let (mut there, mut back) = (Vec::new(), Vec::new());
    for n in 0..6 {
        there.extend_from_slice(
            format!("\x0bMSH|^~\\&|LAB|CORE|EHR|HOSP|20260101||ORU^R01|M{n}|P|2.5.1\rPID|1||ZZ{n}^^^H^MR\rOBX|1|NM|718-7|||\r\x1c\r")
                .as_bytes(),
        );
        back.extend_from_slice(format!("\x0bMSH|^~\\&|EHR|HOSP|LAB|CORE|20260101||ACK^R01|A{n}|P|2.5.1\rMSA|AA|M{n}\r\x1c\r").as_bytes());
    }
    (there, back)
}

/// The segments of a whole connection, cut as `cuts` says.
fn connection(random: &mut Random, largest: usize) -> Vec<Vec<u8>> {
    let (there, back) = messages();
    let mut packets = vec![
        packet(true, 99, 0, SYN, b""),
        packet(false, 499, 100, SYN | ACK, b""),
        packet(true, 100, 500, ACK, b""),
    ];
    for (from_client, data, base, peer) in [(true, &there, 100u32, 500u32), (false, &back, 500, 100 + there.len() as u32)] {
        let mut at = 0;
        while at < data.len() {
            let len = (1 + random.below(largest)).min(data.len() - at);
            packets.push(packet(from_client, base + at as u32, peer, ACK, &data[at..at + len]));
            at += len;
        }
    }
    let (orig_end, resp_end) = (100 + there.len() as u32, 500 + back.len() as u32);
    packets.push(packet(true, orig_end, resp_end, FIN | ACK, b""));
    packets.push(packet(false, resp_end, orig_end + 1, FIN | ACK, b""));
    packets
}

fn run(packets: &[Vec<u8>]) -> PlainRows {
    let mut pipeline = Pipeline::new(Keys::new(&[7; 32], "k1"), "test".to_owned());
    for (n, data) in packets.iter().enumerate() {
        let ts = 1_700_000_000_000_000_000 + n as i64 * 1000;
        pipeline.packet(Packet {
            ts,
            link: 101,
            data,
            wire_len: data.len(),
        });
    }
    pipeline.finish();
    rows(&mut pipeline.out)
}

/// Without what may differ: the order of rows, times, and what counts packets.
fn essence(mut rows: PlainRows) -> PlainRows {
    rows.remove("conn");
    for rows in rows.values_mut() {
        rows.sort_by(|a, b| a["event_id"].cmp(&b["event_id"]));
    }
    for row in rows.values_mut().flatten() {
        for column in ["ts", "latency"] {
            row.remove(column);
        }
    }
    rows
}

#[test]
fn cutting_reordering_and_repeating_change_nothing() {
    let whole = essence(run(&connection(&mut Random(1), usize::MAX)));
    assert_eq!(whole["hl7"].len(), 12);
    let rounds = if std::env::var_os("ASEPSIS_SOAK").is_some() { 20_000 } else { 300 };
    for seed in 1..=rounds {
        let mut random = Random(seed);
        let largest = [3, 40, 200][random.below(3)];
        let mut packets = connection(&mut random, largest);
        let last = packets.len() - 2;
        for _ in 0..random.below(packets.len()) {
            let a = 1 + random.below(last - 1);
            let b = (a + random.below(60)).min(last - 1);
            packets.swap(a, b);
        }
        for _ in 0..random.below(8) {
            let again = packets[1 + random.below(packets.len() - 3)].clone();
            packets.insert(1 + random.below(packets.len() - 3), again);
        }
        assert!(essence(run(&packets)) == whole, "seed {seed}");
    }
}

#[test]
fn bytes_that_waited_behind_a_hole_keep_the_time_at_which_they_came() {
    let (there, _) = messages();
    let half = there.len() / 2;
    let packets = [
        packet(true, 99, 0, SYN, b""),
        packet(true, 100 + half as u32, 500, ACK, &there[half..]),
        packet(true, 100, 500, ACK, &there[..half]),
    ];
    let rows = run(&packets);
    let times: Vec<&str> = rows["hl7"].iter().map(|row| row["ts"].as_str()).collect();
    // Three messages begin in the first half, which came last; the others began a microsecond before.
    assert_eq!(times.iter().filter(|ts| **ts == "1700000000000002").count(), 3, "{times:?}");
    assert_eq!(times.iter().filter(|ts| **ts == "1700000000000001").count(), 3, "{times:?}");
}

#[test]
fn what_the_capture_lost_is_declared() {
    let mut packets = connection(&mut Random(1), 64);
    let lost = packets.remove(6);
    let rows = run(&packets);
    let conn = &rows["conn"][0];
    assert_eq!(conn["missed_bytes"], (lost.len() - 40).to_string());
    assert!(conn["history"].contains('G'));
    assert!(
        rows["hl7"].len() >= 11,
        "one lost segment loses one message at the most: {}",
        rows["hl7"].len()
    );
}
