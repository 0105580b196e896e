use super::*;
use crate::testing::{output, rows};

fn segment(ports: [u16; 2], seq: u32, ack: u32, flags: u8, data: &[u8]) -> Vec<u8> {
    let [from, to] = ports.map(u16::to_be_bytes);
    let head = [
        &from[..],
        &to,
        &seq.to_be_bytes(),
        &ack.to_be_bytes(),
        &[0x50, flags, 1, 0, 0, 0, 0, 0],
    ];
    [head.concat().as_slice(), data].concat()
}

const TS: i64 = 1_700_000_000_000_000_000;

/// Shows a segment that `host` sends to a server, or (`back`) the server to it, all in one moment.
fn send(flows: &mut Flows, out: &mut Output, host: u128, back: bool, bytes: &[u8]) {
    let ends = [0xffff_0a00_0000 + host, 0xffff_0a00_ff00];
    let [src, dst] = if back { [ends[1], ends[0]] } else { ends };
    let datagram = Datagram {
        src,
        dst,
        proto: PROTO_TCP,
        id: 1,
        hops: 64,
        ip_len: 20 + bytes.len(),
        payload: bytes,
        cut: 0,
        fragment: None,
    };
    // The last byte of a hardware address is that of the host.
    let [src, dst] = [src, dst].map(|host| Some([0x52, 0x54, 0, 0, 0, (host & 0xff) as u8]));
    let link = Link {
        src,
        dst,
        ..Link::default()
    };
    flows.datagram(&link, &datagram, TS, out);
}

#[test]
fn connections_that_come_and_go_in_one_moment_are_not_remembered() {
    let (mut flows, mut out) = (Flows::default(), output());
    for n in 0..300_000u32 {
        for (seq, flags) in [(n * 1000, SYN), (n * 1000 + 1, RST)] {
            send(&mut flows, &mut out, 1, false, &segment([40_000, 80], seq, 0, flags, b""));
        }
        while out.batch(false).is_some() {}
    }
    assert_eq!((flows.openings.live, flows.table.len()), (0, 1));
    assert!(flows.openings.remembered() < 2 * limits::FLOWS);
}

fn message(event: &str) -> Vec<u8> {
    format!("\x0bMSH|^~\\&|A|B|C|D|20260101||ADT^{event}|{event}|P|2.5\rPID|||123\r\x1c\r").into_bytes()
}

#[test]
fn what_was_set_aside_counts_before_anything_is_given_up() {
    let (mut flows, mut out) = (Flows::default(), output());
    let messages = ["A01", "A02", "A03"].map(message);
    let at = |n: u32| 100 + n * messages[0].len() as u32;
    for (host, port) in [(1, 2575), (2, 9999)] {
        send(&mut flows, &mut out, host, false, &segment([40_000, port], 99, 0, SYN, b""));
        send(&mut flows, &mut out, host, true, &segment([port, 40_000], 499, 100, SYN | ACK, b""));
    }
    for n in [0, 2] {
        send(
            &mut flows,
            &mut out,
            1,
            false,
            &segment([40_000, 2575], at(n), 500, ACK, &messages[n as usize]),
        );
    }
    flows.catch_up(&mut out);
    assert!(flows.held > 0, "the third message waits for the second");
    send(
        &mut flows,
        &mut out,
        1,
        false,
        &segment([40_000, 2575], at(1), 500, ACK, &messages[1]),
    );
    flows.most = 100;
    send(&mut flows, &mut out, 2, false, &segment([40_000, 9999], 5000, 500, ACK, &[7; 300]));
    while !flows.finish(&mut out) {}
    let all = rows(&mut out);
    let events: Vec<_> = all["hl7"].iter().map(|row| row["trigger_event"].as_str()).collect();
    assert_eq!(events, ["A01", "A02", "A03"]);
}

#[test]
fn ports_that_are_used_again_belong_to_the_same_hardware() {
    let (mut flows, mut out) = (Flows::default(), output());
    let mut tell = |back: bool, seq: u32, ack: u32, flags: u8, data: &[u8]| {
        let ports = if back { [445, 40_000] } else { [40_000, 445] };
        send(&mut flows, &mut out, 1, back, &segment(ports, seq, ack, flags, data));
    };
    for seq in [1_000, 900_000] {
        tell(false, seq, 0, SYN, b"");
        tell(true, 7_000 + seq, seq + 1, SYN | ACK, b"");
        tell(false, seq + 1, 7_001 + seq, ACK, b"a question");
        tell(true, 7_001 + seq, seq + 11, ACK, b"an answer");
    }
    while !flows.finish(&mut out) {}
    let all = rows(&mut out);
    let hardware: Vec<_> = all["conn"]
        .iter()
        .map(|row| ["orig_l2_addr", "resp_l2_addr"].map(|column| row[column].as_str().to_owned()))
        .collect();
    assert_eq!(
        hardware,
        [["52:54:00:00:00:01", "52:54:00:00:00:00"]; 2].map(|pair| pair.map(str::to_owned))
    );
}
