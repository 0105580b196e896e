//! However the network cuts, reorders or repeats the segments of a connection, the rows are the same.

mod common;

use std::net::Ipv4Addr;

use common::{golden, play, soak, Frame, Random};
use wire::link::{self, Content};
use wire::testing::PlainRows;

const CLIENT: (Ipv4Addr, u16) = (Ipv4Addr::new(10, 0, 0, 1), 40_000);
const SERVER: (Ipv4Addr, u16) = (Ipv4Addr::new(10, 0, 0, 2), 2575);
const SYN: u8 = 2;
const ACK: u8 = 16;
const FIN: u8 = 1;
const TCP: u8 = 6;

/// LINKTYPE_RAW: an IP datagram.
const RAW: u16 = 101;

/// Packets change places only within this time (nanoseconds): far below the age at which a hole is given up.
const NEAR: i64 = 300_000_000;

/// The ends of one direction of a connection.
type Way = (u128, u16, u128, u16);

/// A packet as the test moves it.
#[derive(Clone)]
enum Moved {
    Segment(Segment),
    /// Whatever is no TCP segment stays as it is.
    Other(Frame),
}

/// A TCP segment, or a part of one.
#[derive(Clone)]
struct Segment {
    ts: i64,
    way: Way,
    seq: u32,
    ack: u32,
    flags: u8,
    data: Vec<u8>,
    /// Bytes of it that were not captured.
    cut: usize,
    /// Shows where its connection or its direction begins: it stays in its place.
    first: bool,
    /// The capture does not hold the beginning of its connection: what is looked for then is a segment that begins with a head.
    midstream: bool,
}

impl Segment {
    fn read(frame: &Frame) -> Option<Segment> {
        let (_, Content::Ip(datagram)) = link::decode(frame.link, &frame.data, frame.wire_len) else {
            return None;
        };
        let head = datagram.payload;
        let at = usize::from(head.get(12)? >> 4) * 4;
        let word = |at: usize| u32::from_be_bytes(head[at..at + 4].try_into().unwrap());
        let port = |at: usize| u16::from_be_bytes(head[at..at + 2].try_into().unwrap());
        (datagram.proto == TCP && datagram.fragment.is_none() && head.len() >= at).then(|| Segment {
            ts: frame.ts,
            way: (datagram.src, port(0), datagram.dst, port(2)),
            seq: word(4),
            ack: word(8),
            flags: head[13],
            data: head[at..].to_vec(),
            cut: datagram.cut,
            first: false,
            midstream: false,
        })
    }

    /// The frame again, without link layer and options.
    fn frame(&self, ts: i64) -> Frame {
        let (src, sport, dst, dport) = self.way;
        let length = 20 + self.data.len() + self.cut;
        let mut data = Vec::new();
        if src >> 32 == 0xffff {
            data.extend([0x45, 0]);
            data.extend(u16::try_from(20 + length).unwrap().to_be_bytes());
            data.extend([0, 0, 0, 0, 64, TCP, 0, 0]);
            data.extend((src as u32).to_be_bytes());
            data.extend((dst as u32).to_be_bytes());
        } else {
            data.extend([0x60, 0, 0, 0]);
            data.extend(u16::try_from(length).unwrap().to_be_bytes());
            data.extend([TCP, 64]);
            data.extend(src.to_be_bytes());
            data.extend(dst.to_be_bytes());
        }
        data.extend(sport.to_be_bytes());
        data.extend(dport.to_be_bytes());
        data.extend(self.seq.to_be_bytes());
        data.extend(self.ack.to_be_bytes());
        data.extend([0x50, self.flags, 0xff, 0xff, 0, 0, 0, 0]);
        data.extend(&self.data);
        Frame {
            ts,
            link: RAW,
            wire_len: data.len() + self.cut,
            data,
        }
    }

    /// Cut into parts of up to `most` bytes; what was not captured of it is not captured of the last.
    fn split(&self, random: &mut Random, most: usize) -> Vec<Segment> {
        let (mut parts, mut rest) = (Vec::new(), self.clone());
        while rest.data.len() > 1 {
            let len = 1 + random.below(most);
            if len >= rest.data.len() {
                break;
            }
            let after = rest.data.split_off(len);
            let next = Segment {
                seq: rest.seq.wrapping_add(len as u32).wrapping_add(u32::from(rest.flags & SYN != 0)),
                flags: rest.flags & !SYN,
                data: after,
                first: false,
                ..rest.clone()
            };
            (rest.flags, rest.cut) = (rest.flags & !FIN, 0);
            parts.push(std::mem::replace(&mut rest, next));
        }
        parts.push(rest);
        parts
    }
}

impl Moved {
    fn ts(&self) -> i64 {
        match self {
            Moved::Segment(segment) => segment.ts,
            Moved::Other(frame) => frame.ts,
        }
    }

    /// Whether the network, or what captures it, may have shown `later` before this.
    fn may_follow(&self, later: &Moved) -> bool {
        let near = (self.ts() - later.ts()).abs() <= NEAR;
        match (self, later) {
            (Moved::Segment(a), Moved::Segment(b)) => near && !a.first && !b.first && (a.way == b.way || !a.midstream),
            _ => false,
        }
    }
}

/// The packets of a capture as segments.
fn segments(packets: &[Frame]) -> Vec<Moved> {
    let (mut begun, mut from_start) = (Vec::<Way>::new(), Vec::<Way>::new());
    let mut moved = Vec::new();
    for frame in packets {
        let Some(mut segment) = Segment::read(frame) else {
            moved.push(Moved::Other(frame.clone()));
            continue;
        };
        let carries = !segment.data.is_empty() || segment.cut > 0 || segment.flags & SYN != 0;
        if !begun.contains(&segment.way) && (carries || begun.is_empty()) {
            begun.push(segment.way);
            segment.first = true;
        }
        if segment.flags & SYN != 0 {
            let (a, b, c, d) = segment.way;
            from_start.extend([segment.way, (c, d, a, b)]);
        }
        segment.midstream = !from_start.contains(&segment.way);
        moved.push(Moved::Segment(segment));
    }
    moved
}

/// Another way for the same bytes to come: smaller segments, some twice, some late.
fn disturbed(packets: &[Moved], random: &mut Random) -> Vec<Frame> {
    let most = [3, 40, 300, usize::MAX][random.below(4)];
    let mut moved: Vec<Moved> = Vec::new();
    for packet in packets {
        match packet {
            Moved::Segment(segment) if !segment.midstream && random.below(3) > 0 => {
                let most = if segment.data.len() > 2000 { most.max(200) } else { most };
                moved.extend(segment.split(random, most).into_iter().map(Moved::Segment));
                if random.below(8) == 0 {
                    let again = Segment {
                        first: false,
                        ..segment.clone()
                    };
                    moved.push(Moved::Segment(again));
                }
            }
            other => moved.push(other.clone()),
        }
    }
    for _ in 0..random.below(1 + moved.len() / 4) {
        let n = random.below(moved.len());
        if let Moved::Segment(segment) = moved[n].clone() {
            // A copy by the mirror comes at once, one that was sent again later.
            let at = (n + 1 + [0, 0, 3, 30][random.below(4)]).min(moved.len());
            let ts = moved[at - 1].ts();
            let again = Segment {
                ts,
                first: false,
                ..segment
            };
            moved.insert(at, Moved::Segment(again));
        }
    }
    for _ in 0..random.below(moved.len()) {
        let mut at = random.below(moved.len());
        for _ in 0..random.below(30) {
            if at + 1 < moved.len() && moved[at].may_follow(&moved[at + 1]) {
                moved.swap(at, at + 1);
                at += 1;
            }
        }
    }
    frames(&moved)
}

/// As frames, in the order they stand, at the times at which packets came.
fn frames(moved: &[Moved]) -> Vec<Frame> {
    let mut times: Vec<i64> = moved.iter().map(Moved::ts).collect();
    times.sort_unstable();
    let frame = |(moved, ts): (&Moved, i64)| match moved {
        Moved::Segment(segment) => segment.frame(ts),
        Moved::Other(frame) => frame.clone(),
    };
    moved.iter().zip(times).map(frame).collect()
}

/// Where two sets of rows differ first.
fn difference(got: &PlainRows, wanted: &PlainRows) -> Option<String> {
    for stream in got.keys().chain(wanted.keys()) {
        let (a, b) = (got.get(stream).map_or(&[][..], |r| r), wanted.get(stream).map_or(&[][..], |r| r));
        if let Some((x, y)) = a.iter().zip(b).find(|(x, y)| x != y) {
            let columns = x.iter().filter(|(column, value)| y[*column] != **value);
            let columns: Vec<_> = columns
                .map(|(column, value)| format!("{column}: {value} for {}", y[column]))
                .collect();
            return Some(format!("{stream}, {} rows for {}: {columns:?}", a.len(), b.len()));
        }
        if a.len() != b.len() {
            return Some(format!("{stream}: {} rows for {}", a.len(), b.len()));
        }
    }
    None
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

/// A microsecond between packets.
fn run(packets: &[Vec<u8>]) -> PlainRows {
    let frame = |(n, data): (usize, &Vec<u8>)| Frame {
        ts: 1_700_000_000_000_000_000 + n as i64 * 1000,
        link: RAW,
        data: data.clone(),
        wire_len: data.len(),
    };
    play(&packets.iter().enumerate().map(frame).collect::<Vec<_>>())
}

/// Without what may differ: connections, what the sensor counts, the order of rows, what counts time, and files of FTP, whose connections are known
/// by one whole packet of another connection that came before; and what is guessed of a login of SSH, from who spoke after whom.
fn essence(mut rows: PlainRows) -> PlainRows {
    rows.remove("conn");
    rows.remove("stats");
    if let Some(files) = rows.get_mut("files") {
        files.retain(|row| row["source"] != "FTP_DATA");
    }
    rows.retain(|_, rows| !rows.is_empty());
    for rows in rows.values_mut() {
        rows.sort_by(|a, b| a["event_id"].cmp(&b["event_id"]));
    }
    for row in rows.values_mut().flatten() {
        for column in ["ts", "latency", "duration", "rtt", "auth_success", "auth_attempts"] {
            row.remove(column);
        }
    }
    rows
}

#[test]
fn cutting_reordering_and_repeating_change_nothing() {
    let whole = essence(run(&connection(&mut Random(1), usize::MAX)));
    assert_eq!(whole["hl7"].len(), 12);
    let rounds = if soak() { 20_000 } else { 300 };
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
fn every_golden_capture_gives_its_rows_however_its_segments_came() {
    let rounds = if soak() { 500 } else { 12 };
    let mut wrong = Vec::new();
    for (name, packets) in golden() {
        let moved = segments(&packets);
        let whole = essence(play(&frames(&moved)));
        assert_eq!(difference(&whole, &essence(play(&packets))), None, "{name} without its link layer");
        let first = (1..=rounds).find_map(|seed| {
            let disturbed = disturbed(&moved, &mut Random(seed));
            difference(&essence(play(&disturbed)), &whole).map(|what| format!("{name}, seed {seed}: {what}"))
        });
        wrong.extend(first);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
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
fn a_late_copy_of_a_syn_begins_no_new_connection() {
    let mut packets = connection(&mut Random(1), 64);
    let whole = essence(run(&packets));
    packets.insert(9, packets[0].clone());
    packets.insert(12, packets[1].clone());
    let rows = run(&packets);
    assert_eq!(rows["conn"].len(), 1);
    assert_eq!(difference(&essence(rows), &whole), None);
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
