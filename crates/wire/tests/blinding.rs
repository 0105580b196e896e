//! What a mirror loses and what an attacker forges must not blind the sensor for a connection that goes on.

use std::net::Ipv4Addr;

use wire::capture::Packet;
use wire::keys::Keys;
use wire::pipeline::Pipeline;
use wire::testing::{rows, PlainRows};

const SYN: u8 = 2;
const ACK: u8 = 16;
const CLIENT: usize = 0;
const SERVER: usize = 1;
const SECOND: i64 = 1_000_000_000;

/// A pipeline, a clock, and connections to feed it with.
struct Wire {
    pipeline: Pipeline,
    ts: i64,
}

impl Wire {
    fn new() -> Wire {
        Wire {
            pipeline: Pipeline::new(Keys::new(&[7; 32], "k1"), "test".to_owned()),
            ts: 1_700_000_000 * SECOND,
        }
    }

    fn send(&mut self, data: &[u8]) {
        self.ts += 50_000_000;
        self.pipeline.packet(Packet {
            ts: self.ts,
            link: 101,
            data,
            wire_len: data.len(),
        });
    }

    fn end(mut self) -> PlainRows {
        self.pipeline.finish();
        rows(&mut self.pipeline.out)
    }
}

/// A TCP connection between two ends, with the numbers that each will send next.
struct Talk {
    ends: [(Ipv4Addr, u16); 2],
    next: [u32; 2],
}

impl Talk {
    fn new(n: u8, port: u16) -> Talk {
        Talk {
            ends: [
                (Ipv4Addr::new(10, 0, n, 1), 40_000 + u16::from(n)),
                (Ipv4Addr::new(10, 0, 0, 2), port),
            ],
            next: [1000, 900_000],
        }
    }

    fn packet(&self, from: usize, seq: u32, ack: u32, flags: u8, data: &[u8]) -> Vec<u8> {
        let ((src, sport), (dst, dport)) = (self.ends[from], self.ends[1 - from]);
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

    /// The three packets that open it.
    fn open(&mut self) -> [Vec<u8>; 3] {
        let [c, s] = self.next;
        self.next = [c + 1, s + 1];
        [
            self.packet(CLIENT, c, 0, SYN, b""),
            self.packet(SERVER, s, c + 1, SYN | ACK, b""),
            self.packet(CLIENT, c + 1, s + 1, ACK, b""),
        ]
    }

    /// The next data of one end, in segments of an Ethernet.
    fn say(&mut self, from: usize, data: &[u8]) -> Vec<Vec<u8>> {
        let segments = data.chunks(1400).map(|part| {
            let packet = self.packet(from, self.next[from], self.next[1 - from], ACK, part);
            self.next[from] = self.next[from].wrapping_add(part.len() as u32);
            packet
        });
        segments.collect()
    }

    /// A message and its acknowledgement.
    fn exchange(&mut self, n: u32) -> Vec<Vec<u8>> {
        let message = format!("\x0bMSH|^~\\&|LAB|CORE|EHR|HOSP|20260101||ADT^A01|M{n}|P|2.5.1\rPID|1||ZZ{n}^^^H^MR\r\x1c\r");
        let answer = format!("\x0bMSH|^~\\&|EHR|HOSP|LAB|CORE|20260101||ACK^A01|A{n}|P|2.5.1\rMSA|AA|M{n}\r\x1c\r");
        [self.say(CLIENT, message.as_bytes()), self.say(SERVER, answer.as_bytes())].concat()
    }
}

fn messages(rows: &PlainRows) -> usize {
    rows.get("hl7").map_or(0, |rows| {
        rows.iter()
            .filter(|row| row["message_type"] == "ADT" && !row["patient"].is_empty())
            .count()
    })
}

fn latencies(rows: &PlainRows) -> usize {
    rows["hl7"].iter().filter(|row| row["latency"].starts_with("0.05")).count()
}

#[test]
fn a_lost_syn_holds_nothing_back() {
    for lost in [&[][..], &[0], &[1], &[2], &[0, 1], &[0, 2], &[1, 2], &[0, 1, 2]] {
        let (mut wire, mut talk) = (Wire::new(), Talk::new(1, 2575));
        for (n, packet) in talk.open().iter().enumerate() {
            if !lost.contains(&n) {
                wire.send(packet);
            }
        }
        for n in 0..50 {
            talk.exchange(n).iter().for_each(|packet| wire.send(packet));
        }
        let rows = wire.end();
        assert_eq!((messages(&rows), latencies(&rows)), (50, 50), "lost: {lost:?}");
        assert_eq!(rows["conn"][0]["missed_bytes"], "0");
    }
}

#[test]
fn a_forged_syn_ends_no_connection() {
    let (mut wire, mut talk) = (Wire::new(), Talk::new(1, 2575));
    talk.open().iter().for_each(|packet| wire.send(packet));
    for n in 0..50 {
        talk.exchange(n).iter().for_each(|packet| wire.send(packet));
        if n % 10 == 5 {
            wire.send(&talk.packet(CLIENT, talk.next[CLIENT].wrapping_add(1_000_000_000), 0, SYN, b""));
        }
    }
    let rows = wire.end();
    assert_eq!((messages(&rows), rows["conn"].len()), (50, 1));
    assert_eq!(rows["conn"][0]["orig_pkts"], "57", "the last forged one was a packet, too");
}

/// A control connection of FTP, or one forged packet of it, announces a port, and this is what passes there.
fn announced(forged: bool, port: u16, passes: [&[u8]; 2]) -> PlainRows {
    let (mut wire, mut control, mut data) = (Wire::new(), Talk::new(1, 21), Talk::new(1, port));
    data.ends[CLIENT].1 += 1;
    let announcement = format!("227 Entering Passive Mode (1,1,1,1,{},{})\r\n", port >> 8, port & 0xff);
    if forged {
        wire.send(&control.packet(SERVER, 7, 7, ACK, announcement.as_bytes()));
    } else {
        control.open().iter().for_each(|packet| wire.send(packet));
        for (from, line) in [
            (SERVER, "220 ready\r\n"),
            (CLIENT, "PASV\r\n"),
            (SERVER, &announcement),
            (CLIENT, "STOR a.bin\r\n"),
        ] {
            control.say(from, line.as_bytes()).iter().for_each(|packet| wire.send(packet));
        }
    }
    data.open().iter().for_each(|packet| wire.send(packet));
    for (from, bytes) in [CLIENT, SERVER].into_iter().zip(passes) {
        data.say(from, bytes).iter().for_each(|packet| wire.send(packet));
    }
    for (from, to) in [(CLIENT, SERVER), (SERVER, CLIENT)] {
        wire.send(&data.packet(from, data.next[from], data.next[to], ACK | 1, b""));
    }
    wire.end()
}

#[test]
fn an_announcement_of_ftp_hides_nothing() {
    let get = b"GET /x?a=${jndi:ldap://x/a} HTTP/1.1\r\nHost: zz.example\r\n\r\n";
    for forged in [true, false] {
        let rows = announced(forged, 8080, [get, b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"]);
        let http = &rows["http"][0];
        assert_eq!((http["status_code"].as_str(), http["marks"].is_empty()), ("200", false), "{http:?}");
    }
    // What is nothing else is a file, however short, and where nobody has announced it nothing.
    for length in [1usize, 100, 100_000] {
        let file: Vec<u8> = (0..length).map(|n| (n % 251) as u8).collect();
        let rows = announced(false, 50_000, [&file, b""]);
        let row = &rows["files"][0];
        let told = ["seen_bytes", "extension", "partial"].map(|column| row[column].as_str());
        assert_eq!(told, [length.to_string().as_str(), "bin", "false"]);
        assert!(!announced(true, 50_000, [&file, b""]).contains_key("files"));
    }
    let services: Vec<_> = announced(false, 50_000, [b"", b""])["conn"]
        .iter()
        .map(|row| row["service"].clone())
        .collect();
    assert!(services.contains(&"ftp-data".to_owned()), "{services:?}");
}

#[test]
fn a_connection_that_both_ends_begin_anew_is_another_one() {
    let (mut wire, mut talk) = (Wire::new(), Talk::new(1, 2575));
    for round in 0..2 {
        talk.open().iter().for_each(|packet| wire.send(packet));
        talk.exchange(round).iter().for_each(|packet| wire.send(packet));
        // The machine lost its power; it comes back on the same ports with other numbers.
        talk.next = [77_000_000, 3_000_000_000];
    }
    let rows = wire.end();
    assert_eq!((messages(&rows), rows["conn"].len()), (2, 2));
    assert!(
        rows["conn"].iter().all(|conn| conn["history"].starts_with("ShAD")),
        "{:?}",
        rows["conn"]
    );
    assert!(rows["conn"].iter().all(|conn| conn["orig_pkts"] == "3"));
}

#[test]
fn a_second_try_with_another_number_counts() {
    for first in [500u32, 900_000_000] {
        let (mut wire, mut talk) = (Wire::new(), Talk::new(1, 2575));
        wire.send(&talk.packet(CLIENT, first, 0, SYN, b""));
        talk.open().iter().for_each(|packet| wire.send(packet));
        for n in 0..20 {
            talk.exchange(n).iter().for_each(|packet| wire.send(packet));
        }
        let rows = wire.end();
        assert_eq!(
            (messages(&rows), rows["conn"][0]["missed_bytes"].as_str()),
            (20, "0"),
            "first try at {first}"
        );
    }
}

#[test]
fn data_after_a_forged_first_syn_are_found() {
    let (mut wire, mut talk) = (Wire::new(), Talk::new(1, 2575));
    let [_, _, _] = talk.open();
    wire.send(&talk.packet(CLIENT, 4_000_000_000, 0, SYN, b""));
    for n in 0..20 {
        talk.exchange(n).iter().for_each(|packet| wire.send(packet));
    }
    let rows = wire.end();
    assert!(messages(&rows) >= 19, "{}", messages(&rows));
}

#[test]
fn who_holds_much_blinds_nobody_else() {
    let mut wire = Wire::new();
    for n in 10..130 {
        let mut hog = Talk::new(n, 80);
        hog.open().iter().for_each(|packet| wire.send(packet));
        hog.next[CLIENT] += 1400;
        hog.say(CLIENT, &vec![b'x'; 250_000]).iter().for_each(|packet| wire.send(packet));
        wire.ts -= 9 * SECOND;
    }
    let mut victim = Talk::new(1, 2575);
    victim.open().iter().for_each(|packet| wire.send(packet));
    for n in 0..50 {
        let packets = victim.exchange(n);
        // In two segments: something has to be held.
        let (head, tail) = packets[0][40..].split_at(60);
        let seq = u32::from_be_bytes(packets[0][24..28].try_into().unwrap());
        wire.send(&victim.packet(CLIENT, seq, victim.next[SERVER], ACK, head));
        wire.send(&victim.packet(CLIENT, seq + 60, victim.next[SERVER], ACK, tail));
        wire.send(&packets[1]);
    }
    assert_eq!(messages(&wire.end()), 50);
}

#[test]
fn hellos_that_never_end_are_bounded_over_all() {
    let (mut wire, mut victim) = (Wire::new(), Talk::new(1, 2575));
    victim.open().iter().for_each(|packet| wire.send(packet));
    let mut hello = vec![22, 3, 1, 0x40, 0, 1, 0, 0xff, 0xff, 3, 3];
    hello.resize(16_389, 7);
    let mut held = 0;
    for n in 0..3000u16 {
        let mut talk = Talk::new(1, 443);
        talk.ends[CLIENT] = (Ipv4Addr::new(10, 1, (n >> 8) as u8, n as u8), 50_000);
        talk.open().iter().for_each(|packet| wire.send(packet));
        talk.say(CLIENT, &hello).iter().for_each(|packet| wire.send(packet));
        wire.ts -= SECOND / 2;
        held = wire.pipeline.held();
        assert!(held <= wire::limits::HELD_ALL, "{held}");
    }
    assert!(held > wire::limits::HELD_ALL / 2, "they were held: {held}");
    for n in 0..50 {
        victim.exchange(n).iter().for_each(|packet| wire.send(packet));
    }
    assert_eq!(messages(&wire.end()), 50);
}

#[test]
fn a_hole_on_a_one_way_mirror_is_given_up_in_time() {
    let (mut wire, mut talk) = (Wire::new(), Talk::new(1, 2575));
    wire.send(&talk.open()[0]);
    for n in 0..200 {
        let packets = talk.exchange(n);
        if n != 10 {
            wire.send(&packets[0]);
        }
    }
    // Not at the end of the capture: after some seconds; the last rows wait for their acknowledgements.
    let before = messages(&rows(&mut wire.pipeline.out));
    assert!(before > 150, "{before}");
    let rows = wire.end();
    assert_eq!(before + messages(&rows), 199);
}

/// A capture that begins within a connection, at the end `from`.
fn met_midway(port: u16, from: usize, stream: &[u8]) -> PlainRows {
    let (mut wire, mut talk) = (Wire::new(), Talk::new(1, port));
    for packet in talk.say(from, stream) {
        wire.ts -= 49_000_000;
        wire.send(&packet);
    }
    wire.end()
}

#[test]
fn the_middle_of_a_connection_shows_what_it_is() {
    let noise = |n: usize| (0..n).map(|i| (i * 7919 % 251) as u8 | 1).collect::<Vec<u8>>();
    let mut tls = noise(9000);
    for _ in 0..40 {
        tls.extend([0x17, 3, 3, 0x40, 0]);
        tls.extend(noise(16_384));
    }
    assert_eq!(met_midway(443, SERVER, &tls)["conn"][0]["service"], "ssl");
    let mut smb = noise(30_000);
    for n in 0..40u8 {
        let body = noise(65_536);
        smb.extend((body.len() as u32 + 112).to_be_bytes());
        smb.extend(b"\xfeSMB\x40\0\0\0\0\0\0\0\x09\0\0\0");
        smb.extend([0; 8]);
        smb.extend([n, 0, 0, 0, 0, 0, 0, 0]);
        smb.extend([0; 32]);
        smb.extend([49, 0, 112, 0, 0, 0, 1, 0]);
        smb.extend([0; 40]);
        smb.extend(body);
    }
    assert_eq!(met_midway(445, CLIENT, &smb)["conn"][0]["service"], "smb");
    let mut hl7 = vec![b'A'; 300_000];
    for n in 0..10 {
        hl7.extend(
            format!("\r\x1c\r\x0bMSH|^~\\&|DOC|CORE|EHR|HOSP|20260101||ADT^A01|M{n}|P|2.5.1\rPID|1||ZZ{n}^^^H^MR\rOBX|1|ED|||").bytes(),
        );
        hl7.extend(vec![b'A'; 500_000]);
    }
    let rows = met_midway(2575, CLIENT, &hl7);
    assert_eq!(rows["conn"][0]["service"], "hl7");
    assert!(messages(&rows) >= 8, "{}", messages(&rows));
}

#[test]
fn the_first_bytes_may_be_lost_after_the_syn() {
    let (mut wire, mut talk) = (Wire::new(), Talk::new(1, 2575));
    wire.send(&talk.open()[0]);
    talk.next[CLIENT] += 700;
    for n in 0..40 {
        wire.send(&talk.exchange(n)[0]);
    }
    let rows = wire.end();
    assert_eq!((messages(&rows), rows["conn"][0]["service"].as_str()), (40, "hl7"));
}

#[test]
fn one_byte_a_segment_is_known_all_the_same() {
    let (mut wire, mut talk) = (Wire::new(), Talk::new(1, 8080));
    talk.open().iter().for_each(|packet| wire.send(packet));
    let request = format!(
        "GET /fhir/Patient?identifier=ZZ1 HTTP/1.1\r\nHost: ehr.hospital.test\r\nX-Pad: {}\r\n\r\n",
        "x".repeat(900)
    );
    for byte in request.bytes() {
        talk.say(CLIENT, &[byte]).iter().for_each(|packet| wire.send(packet));
    }
    let rows = wire.end();
    assert_eq!((rows["conn"][0]["service"].as_str(), rows["http"].len()), ("http", 1));
}

#[test]
fn a_quiet_night_does_not_end_a_connection() {
    let (mut wire, mut talk) = (Wire::new(), Talk::new(1, 2575));
    talk.open().iter().for_each(|packet| wire.send(packet));
    talk.exchange(0).iter().for_each(|packet| wire.send(packet));
    wire.ts += 10 * 3600 * SECOND;
    talk.exchange(1).iter().for_each(|packet| wire.send(packet));
    let rows = wire.end();
    assert_eq!(rows["conn"].iter().filter(|conn| conn["interim"] == "false").count(), 1);
    assert_eq!(messages(&rows), 2);
}

/// A mirror that drops for some seconds: each lost request is a hole behind which everything waits.
#[test]
fn a_burst_of_loss_costs_what_was_lost_and_nothing_after_it() {
    const METHODS: [&str; 4] = ["GET", "PUT", "POST", "DELETE"];
    let (mut wire, mut talk) = (Wire::new(), Talk::new(1, 80));
    talk.open().iter().for_each(|packet| wire.send(packet));
    for n in 0..1000 {
        let ask = format!("{} /x HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n", METHODS[n % 4]);
        let answer = format!("HTTP/1.1 {} S\r\nContent-Length: 2\r\n\r\nok", 200 + n % 4);
        let lost = (20..60).contains(&n) && n % 2 == 0;
        let asked = talk.say(CLIENT, ask.as_bytes());
        asked.iter().filter(|_| !lost).for_each(|packet| wire.send(packet));
        talk.say(SERVER, answer.as_bytes()).iter().for_each(|packet| wire.send(packet));
    }
    let rows = wire.end();
    let pairs: Vec<_> = rows["http"]
        .iter()
        .filter(|row| row["method"] != "-" && row["status_code"] != "-")
        .collect();
    assert_eq!(pairs.len(), 980);
    let right = |method: &str, status: &str| METHODS[status.parse::<usize>().unwrap() - 200] == method;
    assert!(pairs.iter().all(|row| right(&row["method"], &row["status_code"])));
}

#[test]
fn what_is_summed_up_of_many_conversations_is_bounded() {
    let mut wire = Wire::new();
    let (mut sent, many) = (0, 4000u16);
    for n in 0..many {
        let [high, low] = n.to_be_bytes();
        for facility in 0..24 {
            let text = format!("<{}>Jan  1 00:00:00 host sshd[1]: zz", facility * 8 + 6);
            let mut packet = vec![0x45, 0];
            packet.extend(u16::try_from(28 + text.len()).unwrap().to_be_bytes());
            packet.extend([0, 0, 0, 0, 64, 17, 0, 0, 10, 1, high, low, 10, 0, 0, 2, 0xc0, 0, 2, 2]);
            packet.extend(u16::try_from(8 + text.len()).unwrap().to_be_bytes());
            packet.extend([0, 0]);
            packet.extend(text.as_bytes());
            wire.send(&packet);
            wire.ts -= 50_000_000;
            sent += 1;
        }
    }
    let rows = wire.end();
    let (early, late): (Vec<_>, Vec<_>) = rows["syslog"].iter().partition(|row| row["interim"] == "true");
    assert!(early.len() > 1000 && late.len() > 1000, "{} {}", early.len(), late.len());
    let told = rows["syslog"].iter().map(|row| row["messages"].parse::<u32>().unwrap());
    assert_eq!((told.sum::<u32>(), rows["conn"].len()), (sent, usize::from(many)));
}
