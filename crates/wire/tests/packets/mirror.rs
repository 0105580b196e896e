//! What real mirror ports do to packets: it is counted, and the rows are as if it had not happened.

use wire::capture::Packet;
use wire::testing::{rows, PlainRow, PlainRows};

use crate::making::*;

const ACK: u8 = 0x10;
const SYN: u8 = 0x02;
const FIN: u8 = 0x11;
const CLIENT: [u8; 4] = [10, 9, 0, 1];
const SERVER: [u8; 4] = [10, 9, 0, 2];
const ASK: &[u8] = b"GET /a HTTP/1.1\r\nHost: pacs.test\r\n\r\n";
const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/// A packet on its way: microseconds since the beginning, from the client or not, the datagram.
type Way = (i64, bool, Vec<u8>);

fn segment(client: bool, seq: u32, ack: u32, flags: u8, id: u16, data: &[u8]) -> Vec<u8> {
    let (src, dst, ports) = if client {
        (CLIENT, SERVER, [0x9c, 0x40, 0, 80])
    } else {
        (SERVER, CLIENT, [0, 80, 0x9c, 0x40])
    };
    let tcp = [
        &ports[..],
        &seq.to_be_bytes(),
        &ack.to_be_bytes(),
        &[0x50, flags, 1, 0, 0, 0, 0, 0],
        data,
    ]
    .concat();
    let mut packet = ip4(src, dst, 6, &tcp);
    packet[4..6].copy_from_slice(&id.to_be_bytes());
    packet
}

/// A page that is asked for and comes, a millisecond between packets.
fn page() -> Vec<Way> {
    let (asked, answered) = (101 + ASK.len() as u32, 901 + ANSWER.len() as u32);
    let packets = [
        (true, 100, 0, SYN, &b""[..]),
        (false, 900, 101, SYN | ACK, b""),
        (true, 101, 901, ACK, b""),
        (true, 101, 901, ACK, ASK),
        (false, 901, asked, ACK, ANSWER),
        (true, asked, answered, FIN, b""),
        (false, answered, asked + 1, FIN, b""),
        (true, asked + 1, answered + 1, ACK, b""),
    ];
    let way = |(n, (client, seq, ack, flags, data)): (usize, (bool, u32, u32, u8, &[u8]))| {
        (n as i64 * 1000, client, segment(client, seq, ack, flags, 500 + n as u16, data))
    };
    packets.into_iter().enumerate().map(way).collect()
}

fn frame(client: bool, datagram: &[u8]) -> Vec<u8> {
    let (src, dst) = if client { (A, B) } else { (B, A) };
    ethernet(src, dst, 0x0800, datagram)
}

/// Frames at their times (microseconds).
fn shown(frames: &[(i64, Vec<u8>)]) -> PlainRows {
    let mut pipeline = pipeline();
    for (us, data) in frames {
        pipeline.packet(Packet {
            ts: T0 + us * 1000,
            link: ETHERNET,
            data,
            wire_len: data.len(),
        });
    }
    pipeline.finish();
    rows(&mut pipeline.out)
}

fn plain(way: &[Way]) -> Vec<(i64, Vec<u8>)> {
    way.iter().map(|(us, client, datagram)| (*us, frame(*client, datagram))).collect()
}

/// What must not change.
fn essence(rows: &PlainRows) -> (Vec<PlainRow>, PlainRow) {
    (rows["http"].clone(), rows["conn"][0].clone())
}

fn stats<'r>(rows: &'r PlainRows, column: &str) -> &'r str {
    &rows["stats"][0][column]
}

#[test]
fn both_ports_of_a_mirror() {
    let whole = shown(&plain(&page()));
    let twice: Vec<_> = plain(&page())
        .into_iter()
        .flat_map(|(us, frame)| [(us, frame.clone()), (us + 30, frame)])
        .collect();
    let rows = shown(&twice);
    assert_eq!(essence(&rows), essence(&whole));
    assert_eq!(
        (stats(&rows, "pkts_proc"), stats(&rows, "copies"), stats(&rows, "routed_copies")),
        ("16", "8", "0")
    );
    assert_eq!(stats(&rows, "unicast"), "16");
}

#[test]
fn both_sides_of_a_router() {
    let whole = shown(&plain(&page()));
    let routed = |(us, client, datagram): Way| {
        let mut behind = datagram.clone();
        behind[8] -= 1;
        behind[10..12].copy_from_slice(&[9, 9]);
        [
            (us, frame(client, &datagram)),
            (us + 300, ethernet(C, D, 0x8100, &tagged(8, 0x0800, &behind))),
        ]
    };
    let rows = shown(&page().into_iter().flat_map(routed).collect::<Vec<_>>());
    assert_eq!(essence(&rows), essence(&whole));
    assert_eq!((stats(&rows, "copies"), stats(&rows, "routed_copies")), ("0", "8"));
}

#[test]
fn a_question_and_an_announcement_on_two_ports_are_one() {
    let arp = [&[0, 1, 8, 0, 6, 4, 0, 1][..], &A, &CLIENT, &[0; 6], &SERVER].concat();
    let (arp, dns) = (ethernet(A, [0xff; 6], 0x0806, &arp), ethernet(A, B, 0x0800, &inside()));
    let rows = shown(&[(0, arp.clone()), (20, arp), (1000, dns.clone()), (1500, dns)]);
    assert_eq!((rows["arp"].len(), rows["dns"].len(), stats(&rows, "copies")), (1, 1, "2"));
    assert_eq!(rows["conn"][0]["orig_pkts"], "1");
}

#[test]
fn a_tag_on_one_direction_only() {
    let whole = shown(&plain(&page()));
    let tag = |(us, client, datagram): Way| match client {
        true => (us, ethernet(A, B, 0x8100, &tagged(20, 0x0800, &datagram))),
        false => (us, frame(client, &datagram)),
    };
    let rows = shown(&page().into_iter().map(tag).collect::<Vec<_>>());
    assert_eq!(rows["http"], whole["http"]);
    assert_eq!(
        (rows["conn"].len(), rows["conn"][0]["vlan"].as_str(), stats(&rows, "vlan_one_way")),
        (1, "20", "1")
    );
}

#[test]
fn one_direction_only() {
    let there: Vec<Way> = page().into_iter().filter(|(_, client, _)| *client).collect();
    let rows = shown(&plain(&there));
    assert_eq!((rows["http"].len(), rows["http"][0]["method"].as_str()), (1, "GET"));
    assert_eq!((stats(&rows, "one_way"), stats(&rows, "conns")), ("1", "1"));
    assert_eq!(stats(&shown(&plain(&page())), "one_way"), "0");
}

#[test]
fn packets_of_another_clock_are_late() {
    let mut frames = plain(&page());
    frames.push((5_000_000, frame(true, &segment(true, 1, 1, ACK, 1, b""))));
    frames.push((2_000_000, ethernet(A, B, 0x0800, &inside())));
    let rows = shown(&frames);
    assert_eq!((rows["dns"].len(), stats(&rows, "late")), (1, "1"));
}

#[test]
fn what_a_snap_length_and_a_network_card_leave() {
    let mut pipeline = pipeline();
    for (us, data) in plain(&page()) {
        let kept = data.len().min(60);
        pipeline.packet(Packet {
            ts: T0 + us * 1000,
            link: ETHERNET,
            data: &data[..kept],
            wire_len: data.len(),
        });
    }
    pipeline.finish();
    let rows = rows(&mut pipeline.out);
    assert_eq!((stats(&rows, "truncated"), rows["conn"].len()), ("2", 1));
    assert_eq!(rows["conn"][0]["orig_bytes"], ASK.len().to_string());
}

#[test]
fn a_minute_has_a_row() {
    let packets: Vec<(i64, Vec<u8>)> = (0..200)
        .map(|n| {
            (
                n * 1_000_000,
                ethernet(A, B, 0x0800, &ip4(CLIENT, [10, 9, 1, n as u8], 17, &udp(7, 7, b"?"))),
            )
        })
        .collect();
    let rows = shown(&packets);
    let counted: Vec<_> = rows["stats"]
        .iter()
        .map(|row| (row["pkts_proc"].as_str(), row["duration"].as_str()))
        .collect();
    assert_eq!(counted, [("61", "60"), ("60", "60"), ("60", "60"), ("19", "19")]);
    assert_eq!(stats(&rows, "uid"), "-");
}

#[test]
fn wrong_checksums_are_noticed() {
    let frames: Vec<(i64, Vec<u8>)> = (0..640)
        .map(|n: i64| {
            let segment = segment(true, 100 + n as u32, 1, ACK, n as u16, b"x");
            (n * 1000, frame(true, &segment))
        })
        .collect();
    let rows = shown(&frames);
    assert_eq!((stats(&rows, "checksums"), stats(&rows, "wrong_checksums")), ("10", "10"));
}
