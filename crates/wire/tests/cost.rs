//! Four times the bytes cost four times the work, however hostile they are: never its square.
//!
//! Work is the processor time of this thread, and what is asked is a ratio: the cost of 4n against that of n, on the same machine within the
//! same second. Linear work gives 4, quadratic 16; the bound lies between. A slow or busy machine slows both, and of several tries the
//! least counts, so that this is no assertion about time.

#![cfg(target_os = "linux")]

use std::io::Write as _;
use std::sync::OnceLock;

use flate2::write::GzEncoder;
use flate2::Compression;
use wire::capture::Packet;
use wire::keys::Keys;
use wire::limits;
use wire::pipeline::Pipeline;
use wire::testing::rows;

/// Most that four times as much may cost. Linear work is 4 with tables that grow, caches that are left and rows that leave as batches.
const RATIO: f64 = 8.0;

/// Most that one shape may cost of what the median costs: tags of three bytes cost three times as much, and tests are compiled with little
/// optimisation; a line that was searched again with every byte cost ten times as much.
const OF_MEDIAN: f64 = 5.0;

/// What a packet and a row weigh beside bytes, in bytes: a look-up among the connections; thirty cells, an identity by SHA-256.
const PACKET: u64 = 64;
const ROW: u64 = 300;

/// Tries before a ratio above it is believed.
const TRIES: usize = 4;

const ACK: u8 = 16;
const SYN: u8 = 2;

/// A pipeline and what it is fed.
struct Feed {
    pipeline: Pipeline,
    ts: i64,
    weight: u64,
    /// Next numbers of the one connection.
    seq: [u32; 2],
    port: u16,
}

impl Feed {
    fn new(port: u16) -> Feed {
        Feed {
            pipeline: Pipeline::new(Keys::new(&[7; 32], "k1"), "test".to_owned()),
            ts: 1_700_000_000_000_000_000,
            weight: 0,
            seq: [100, 500],
            port,
        }
    }

    /// LINKTYPE_RAW: an IP datagram, a microsecond after the one before.
    fn packet(&mut self, data: &[u8]) {
        self.ts = self.ts.saturating_add(1000);
        self.weight += data.len() as u64 + PACKET;
        self.pipeline.packet(Packet {
            ts: self.ts,
            link: 101,
            data,
            wire_len: data.len(),
        });
        self.drain(false);
        assert!(self.pipeline.held() <= limits::HELD_ALL);
    }

    fn drain(&mut self, all: bool) {
        while let Some((_, batch)) = self.pipeline.batch(all) {
            self.weight += batch.num_rows() as u64 * ROW;
        }
    }

    /// What all of it weighed.
    fn finish(mut self) -> u64 {
        self.pipeline.finish();
        self.drain(true);
        self.weight
    }

    fn tcp(&mut self, side: usize, seq: u32, flags: u8, data: &[u8]) {
        let mut ports = [40_000, self.port];
        ports.rotate_left(side);
        let ack = if flags & ACK == 0 { 0 } else { self.seq[1 - side] };
        let packet = tcp(side, ports, seq, ack, flags, data);
        self.packet(&packet);
    }

    fn open(&mut self) {
        self.tcp(0, 99, SYN, b"");
        self.tcp(1, 499, SYN | ACK, b"");
    }

    /// The next bytes of a side, in segments of `size`.
    fn say(&mut self, side: usize, data: &[u8], size: usize) {
        for part in data.chunks(size) {
            self.tcp(side, self.seq[side], ACK, part);
            self.seq[side] = self.seq[side].wrapping_add(part.len() as u32);
        }
    }

    fn udp(&mut self, from: [u8; 4], port: u16, data: &[u8]) {
        let mut payload = port.to_be_bytes().to_vec();
        payload.extend(self.port.to_be_bytes());
        payload.extend((8 + data.len() as u16).to_be_bytes());
        payload.extend([0, 0]);
        payload.extend(data);
        self.packet(&ip(from, [10, 0, 0, 2], 1, 0, 17, &payload));
    }
}

fn ip(src: [u8; 4], dst: [u8; 4], id: u16, place: u16, proto: u8, payload: &[u8]) -> Vec<u8> {
    let mut packet = vec![0x45, 0];
    packet.extend((20 + payload.len() as u16).to_be_bytes());
    packet.extend(id.to_be_bytes());
    packet.extend(place.to_be_bytes());
    packet.extend([64, proto, 0, 0]);
    packet.extend(src);
    packet.extend(dst);
    packet.extend(payload);
    packet
}

fn tcp(side: usize, [sport, dport]: [u16; 2], seq: u32, ack: u32, flags: u8, data: &[u8]) -> Vec<u8> {
    let mut payload = sport.to_be_bytes().to_vec();
    payload.extend(dport.to_be_bytes());
    payload.extend(seq.to_be_bytes());
    payload.extend(ack.to_be_bytes());
    payload.extend([0x50, flags, 0xff, 0xff, 0, 0, 0, 0]);
    payload.extend(data);
    let mut hosts = [[10, 0, 0, 1], [10, 0, 0, 2]];
    hosts.rotate_left(side);
    ip(hosts[0], hosts[1], 0, 0, 6, &payload)
}

/// One shape of traffic: what it is, and `n` of it.
type Shape = (&'static str, usize, fn(usize) -> u64);

/// Bytes of one direction of a connection to `port`, behind a handshake.
fn said(port: u16, head: &[u8], unit: &[u8], n: usize, size: usize) -> u64 {
    let mut feed = Feed::new(port);
    feed.open();
    feed.say(0, head, 1460);
    // By parts, so that the test itself does not take memory with every byte.
    let (part, parts) = (64_000 / unit.len(), unit.repeat(64_000 / unit.len()));
    for at in (0..n).step_by(part) {
        feed.say(0, &parts[..(n - at).min(part) * unit.len()], size);
    }
    feed.finish()
}

fn post(kind: &str, length: usize) -> Vec<u8> {
    format!("POST /fhir/Patient HTTP/1.1\r\nHost: a\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\r\n").into_bytes()
}

fn half_open(n: usize) -> u64 {
    let mut feed = Feed::new(80);
    for n in 0..n as u32 {
        let [_, a, b, c] = (n / 50_000).to_be_bytes();
        let mut head = ((n % 50_000) as u16 + 1024).to_be_bytes().to_vec();
        head.extend([0, 80, 0, 0, 0, 1, 0, 0, 0, 0, 0x50, SYN, 0, 0, 0, 0, 0, 0]);
        feed.packet(&ip([10, a, b, c], [10, 1, 1, 1], 0, 0, 6, &head));
    }
    feed.finish()
}

fn fragments_never_whole(n: usize) -> u64 {
    let mut feed = Feed::new(0);
    for n in 0..n {
        feed.packet(&ip([10, 0, (n >> 16) as u8, 1], [10, 0, 0, 2], n as u16, 0x2000, 17, &[0; 64]));
    }
    feed.finish()
}

fn fragments_small_and_backwards(n: usize) -> u64 {
    let mut feed = Feed::new(0);
    for n in 0..n {
        let at = (180 - n % 180) as u16;
        feed.packet(&ip([10, 0, 0, 1], [10, 0, 0, 2], (n / 180) as u16, 0x2000 | at, 17, &[0; 8]));
    }
    feed.finish()
}

fn fragments_that_disagree(n: usize) -> u64 {
    let mut feed = Feed::new(0);
    for n in 0..n {
        let at = (n * 7 % 64) as u16;
        feed.packet(&ip([10, 0, 0, 1], [10, 0, 0, 2], 7, 0x2000 | at, 17, &[n as u8; 512]));
    }
    feed.finish()
}

fn retransmissions_that_disagree(n: usize) -> u64 {
    let mut feed = Feed::new(9);
    feed.open();
    for n in 0..n {
        let seq = feed.seq[0];
        feed.say(0, &[n as u8; 64], 64);
        feed.tcp(0, seq.wrapping_sub(32), ACK, &[!n as u8; 96]);
    }
    feed.finish()
}

/// Behind a hole that is never filled, backwards, overlapping what is held.
fn segments_out_of_order(n: usize) -> u64 {
    let mut feed = Feed::new(9);
    feed.open();
    for n in 0..n {
        let block = (n / 250 * 250 * 8) as u32;
        let back = (250 - n % 250) as u32;
        feed.tcp(0, 200u32.wrapping_add(block).wrapping_add(back * 8), ACK, &[n as u8; 12]);
    }
    feed.finish()
}

fn every_other_segment_late(n: usize) -> u64 {
    let mut feed = Feed::new(9);
    feed.open();
    for _ in 0..n / 2 {
        let seq = feed.seq[0];
        feed.tcp(0, seq.wrapping_add(32), ACK, &[2; 32]);
        feed.tcp(0, seq, ACK, &[1; 32]);
        feed.seq[0] = seq.wrapping_add(64);
    }
    feed.finish()
}

/// Each connection holds what comes too early, until all together hold too much.
fn many_that_hold(n: usize) -> u64 {
    let mut feed = Feed::new(9);
    for n in 0..n {
        let ports = [1024 + (n % 60_000) as u16, 104];
        feed.packet(&tcp(0, ports, 99, 0, SYN, b""));
        feed.packet(&tcp(0, ports, 2000, 0, ACK, &[0; 1400]));
    }
    feed.finish()
}

fn times_far_apart(n: usize) -> u64 {
    let mut feed = Feed::new(9);
    for n in 0..n {
        feed.ts = if n % 2 == 0 { 1 << 40 } else { i64::MAX - (1 << 40) };
        feed.udp([10, 0, 0, 1], 5000, &[0; 32]);
    }
    feed.finish()
}

fn time_that_leaps(n: usize) -> u64 {
    let mut feed = Feed::new(9);
    for n in 0..n {
        feed.ts += 1 << 40;
        feed.udp([10, 0, 0, 1], 1024 + (n % 60_000) as u16, &[0; 32]);
    }
    feed.finish()
}

fn datagrams_of_many_ends(n: usize) -> u64 {
    let mut feed = Feed::new(9);
    for n in 0..n {
        let [_, a, b, c] = (n as u32 / 50_000).to_be_bytes();
        feed.udp([10, a, b, c], 1024 + (n % 50_000) as u16, &[0; 32]);
    }
    feed.finish()
}

fn queries_without_answers(n: usize) -> u64 {
    let mut feed = Feed::new(53);
    for n in 0..n {
        let mut query = (n as u16).to_be_bytes().to_vec();
        query.extend(b"\x01\0\0\x01\0\0\0\0\0\0\x03www\x07example\x03org\0\0\x01\0\x01");
        feed.udp([10, 0, 0, 1], 5000, &query);
    }
    feed.finish()
}

/// An answer whose names point at names that point at names.
fn names_that_point(n: usize) -> u64 {
    let mut feed = Feed::new(53);
    let mut answer = b"\0\x01\x81\x80\0\x01\0\x60\0\0\0\0\x03www\x07example\x03org\0\0\x01\0\x01".to_vec();
    let mut last = 12u16;
    for _ in 0..0x60 {
        let here = answer.len() as u16;
        answer.push(1);
        answer.push(b'a');
        answer.extend((0xc000 | last).to_be_bytes());
        answer.extend(b"\0\x01\0\x01\0\0\0\x01\0\x04\x0a\0\0\x01");
        last = here;
    }
    for n in 0..n {
        answer[1] = n as u8;
        feed.udp([10, 0, 0, 1], 5000, &answer);
    }
    feed.finish()
}

fn requests_without_answers(n: usize) -> u64 {
    said(80, b"", b"GET /a HTTP/1.1\r\nHost: a\r\n\r\n", n, 1460)
}

fn answers_without_requests(n: usize) -> u64 {
    let mut feed = Feed::new(80);
    feed.open();
    feed.say(0, b"GET /a HTTP/1.1\r\nHost: a\r\n\r\n", 1460);
    feed.say(1, &b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".repeat(n), 1460);
    feed.finish()
}

/// Behind an answer stands a line that is none and does not end, in segments of one byte.
fn stray_lines_by_single_bytes(n: usize) -> u64 {
    let mut feed = Feed::new(80);
    feed.open();
    feed.say(0, b"GET /a HTTP/1.1\r\nHost: a\r\n\r\n", 1460);
    feed.say(1, b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 1460);
    (0..n).for_each(|n| feed.say(1, if n % 4000 == 3999 { b"\n" } else { b"!" }, 1));
    feed.finish()
}

fn dicom(pdu: u8, length: u32) -> Vec<u8> {
    let mut head = vec![pdu, 0];
    head.extend(length.to_be_bytes());
    head
}

/// A-ASSOCIATE-RQ with one context, its answer, and a C-STORE-RQ whose data set is `unit` again and again. PS3.8 9.3, PS3.7 9.3.1.
fn dicom_data(unit: &[u8], n: usize) -> u64 {
    let item = |kind: u8, value: &[u8]| [&[kind, 0], (value.len() as u16).to_be_bytes().as_slice(), value].concat();
    let explicit = item(0x40, b"1.2.840.10008.1.2.1");
    let user = item(0x50, &item(0x51, &[0, 0, 0x40, 0]));
    let context = item(
        0x20,
        &[&[1, 0, 0, 0][..], &item(0x30, b"1.2.840.10008.5.1.4.1.1.7"), &explicit].concat(),
    );
    let accepted = item(0x21, &[&[1, 0, 0, 0][..], &explicit].concat());
    let associate = |pdu: u8, context: &[u8]| {
        let names = [&[0, 1, 0, 0][..], b"STORE           ", b"MODALITY        ", &[0; 32]].concat();
        let body = [names.as_slice(), &item(0x10, b"1.2.840.10008.3.1.1.1"), context, &user].concat();
        [dicom(pdu, body.len() as u32), body].concat()
    };
    let element = |group: u16, tag: u16, value: &[u8]| {
        let mut bytes = [group.to_le_bytes(), tag.to_le_bytes()].concat();
        bytes.extend((value.len() as u32).to_le_bytes());
        bytes.extend(value);
        bytes
    };
    let mut command = element(0, 2, b"1.2.840.10008.5.1.4.1.1.7\0");
    command.extend(element(0, 0x100, &[1, 0]));
    command.extend(element(0, 0x110, &[1, 0]));
    command.extend(element(0, 0x700, &[0, 0]));
    command.extend(element(0, 0x800, &[0, 0]));
    command.extend(element(0, 0x1000, b"1.2.3\0"));
    let command = [element(0, 0, &(command.len() as u32).to_le_bytes()), command].concat();
    let data = |control: u8, value: &[u8]| {
        let mut pdu = dicom(4, value.len() as u32 + 6);
        pdu.extend((value.len() as u32 + 2).to_be_bytes());
        pdu.extend([1, control]);
        pdu.extend(value);
        pdu
    };
    let mut feed = Feed::new(104);
    feed.open();
    feed.say(0, &associate(1, &context), 1460);
    feed.say(1, &associate(2, &accepted), 1460);
    feed.say(0, &data(3, &command), 1460);
    unit.repeat(n).chunks(16_000).for_each(|part| feed.say(0, &data(0, part), 1460));
    feed.finish()
}

/// Sequences of undefined length within each other: (0008,1140) SQ, an item, and again. PS3.5 7.5.
fn dicom_sequences_within_each_other(n: usize) -> u64 {
    dicom_data(b"\x08\0\x40\x11SQ\0\0\xff\xff\xff\xff\xfe\xff\0\xe0\xff\xff\xff\xff", n)
}

fn dicom_elements_without_value(n: usize) -> u64 {
    dicom_data(b"\x08\0\x08\0CS\0\0", n)
}

fn upload_in_chunks_of_one_byte(n: usize) -> u64 {
    let head = b"POST /fhir/Patient HTTP/1.1\r\nHost: a\r\nContent-Type: application/fhir+json\r\nTransfer-Encoding: chunked\r\n\r\n";
    said(80, head, b"1\r\n[\r\n", n, 1460)
}

/// An answer of FHIR, each kilobyte of which was a megabyte.
fn bomb(n: usize) -> u64 {
    static MEMBER: OnceLock<Vec<u8>> = OnceLock::new();
    let member = MEMBER.get_or_init(|| {
        let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
        gzip.write_all(&[b' '; 1 << 20]).unwrap();
        gzip.finish().unwrap()
    });
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/fhir+json\r\nContent-Encoding: gzip\r\nContent-Length: {}\r\n\r\n",
        member.len() * n
    );
    let mut feed = Feed::new(80);
    feed.open();
    feed.say(0, b"GET /fhir/Patient HTTP/1.1\r\nHost: a\r\n\r\n", 1460);
    feed.say(1, head.as_bytes(), 1460);
    (0..n).for_each(|_| feed.say(1, member, 1460));
    feed.finish()
}

fn handshake_in_records_of_one_byte(n: usize) -> u64 {
    said(443, b"\x16\x03\x01\0\x04\x01\0\xff\xff", b"\x16\x03\x01\0\x01\0", n, 1460)
}

const SHAPES: &[Shape] = &[
    ("half-open connections", 6_000, half_open),
    ("fragments that never become whole", 6_000, fragments_never_whole),
    ("fragments, small and backwards", 6_000, fragments_small_and_backwards),
    ("fragments that disagree", 3_000, fragments_that_disagree),
    ("retransmissions that disagree", 6_000, retransmissions_that_disagree),
    ("segments out of order behind a hole", 6_000, segments_out_of_order),
    ("every other segment late", 10_000, every_other_segment_late),
    ("connections that hold", 6_000, many_that_hold),
    ("times far apart", 6_000, times_far_apart),
    ("time that leaps", 6_000, time_that_leaps),
    ("datagrams of many ends", 6_000, datagrams_of_many_ends),
    ("queries without answers", 6_000, queries_without_answers),
    ("names that point at names", 200, names_that_point),
    ("requests without answers", 6_000, requests_without_answers),
    ("answers without requests", 6_000, answers_without_requests),
    ("stray lines by single bytes", 6_000, stray_lines_by_single_bytes),
    ("a long flow of nobody's", 20_000, |n| said(9, b"", &[0xa5; 512], n, 1460)),
    ("a long upload", 20_000, |n| {
        said(80, &post("text/plain", 1 << 40), &[b'a'; 512], n, 1460)
    }),
    ("JSON within itself", 300_000, |n| {
        said(80, &post("application/fhir+json", n * 5), b"{\"a\":", n, 1460)
    }),
    ("JSON, one long text", 600_000, |n| {
        said(80, &post("application/fhir+json", n * 2), b"\\\"", n, 1460)
    }),
    ("FHIR in XML within itself", 300_000, |n| {
        said(80, &post("application/fhir+xml", n * 3), b"<a>", n, 1460)
    }),
    ("SOAP within itself", 300_000, |n| {
        said(80, &post("application/soap+xml", n * 3), b"<a>", n, 1460)
    }),
    ("SOAP, attributes", 200_000, |n| {
        said(80, &post("application/soap+xml", n * 6 + 2), b" a='b'", n, 1460)
    }),
    ("POCT1 within itself", 300_000, |n| said(9, b"<HEL.R01><HDR>", b"<a>", n, 1460)),
    ("an upload in chunks of one byte", 100_000, upload_in_chunks_of_one_byte),
    ("header lines", 30, |n| {
        let head = [b"GET / HTTP/1.1\r\n".as_slice(), &b"a: b\r\n".repeat(9000), b"\r\n"].concat();
        said(80, b"", &head, n, 1460)
    }),
    ("a head by single bytes", 5_000, |n| {
        said(80, b"GET / HTTP/1.1\r\n", b"a: b\r\n", n, 1)
    }),
    ("HL7 by single bytes", 5_000, |n| {
        said(2575, b"\x0bMSH|^~\\&|A|B|C|D|2026||ORU^R01|1|P|2.5\r", b"OBX|1|\r", n, 1)
    }),
    ("one HL7 segment without end", 200_000, |n| {
        said(2575, b"\x0bMSH|^~\\&|A|B|C|D|2026||ORU^R01|1|P|2.5\r", b"OBX|1|", n, 1460)
    }),
    ("HL7 patients", 100_000, |n| {
        said(2575, b"\x0bMSH|^~\\&|A|B|C|D|2026||ORU^R01|1|P|2.5\rPID|||", b"1^^^A^MR~", n, 1460)
    }),
    ("HL7 messages without answers", 6_000, |n| {
        said(2575, b"", b"\x0bMSH|^~\\&|A|B|C|D|2026||ORU^R01|1|P|2.5\r\x1c\r", n, 1460)
    }),
    ("ASTM frames without answers", 6_000, |n| {
        said(9, b"\x05", b"\x021H|\\^&\r\x0300\r\n", n, 1460)
    }),
    ("a DICOM length that lies", 20_000, |n| {
        said(104, &dicom(4, 0x7fff_ffff), &[0; 512], n, 1460)
    }),
    ("DICOM sequences within each other", 60_000, dicom_sequences_within_each_other),
    ("DICOM elements without value", 100_000, dicom_elements_without_value),
    ("an SMB length that lies", 7_000, |n| {
        said(445, b"\0\xff\xff\xff\xfeSMB\x40\0", &[0; 512], n, 1460)
    }),
    ("TLS records of nothing", 100_000, |n| {
        said(443, b"\x16\x03\x01\0\x04\x01\0\xff\xff", b"\x16\x03\x01\0\0", n, 1460)
    }),
    ("a TLS handshake in records of one byte", 50_000, handshake_in_records_of_one_byte),
    ("DNS lengths that lie", 20_000, |n| {
        said(53, b"", b"\xff\xff\0\0\x01\0\0\x01\0\0\0\0\0\0", n, 1460)
    }),
    ("a bomb of gzip", 200, bomb),
    ("mail commands", 60_000, |n| said(25, b"EHLO a\r\n", b"NOOP\r\n", n, 1460)),
];

/// Processor time of this thread, nanoseconds.
fn cpu() -> f64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `time` is a timespec that lives longer than the call.
    unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &mut time) };
    time.tv_sec as f64 * 1e9 + time.tv_nsec as f64
}

/// Cost of `n`, and cost of what weighs as much as a byte.
fn cost(feed: fn(usize) -> u64, n: usize) -> (f64, f64) {
    let began = cpu();
    let weight = feed(n);
    let took = cpu() - began;
    (took, took / weight as f64)
}

#[test]
fn four_times_as_much_costs_four_times_as_much_and_no_shape_far_more_than_others() {
    let (mut wrong, mut costs) = (Vec::new(), Vec::new());
    for &(name, n, feed) in SHAPES {
        let mut least = [(f64::MAX, 0.0); 2];
        for tries in 1..=TRIES {
            for (least, n) in least.iter_mut().zip([n, 4 * n]) {
                let now = cost(feed, n);
                *least = if now.0 < least.0 { now } else { *least };
            }
            if tries > 1 && least[1].0 < RATIO * least[0].0 {
                break;
            }
        }
        let ratio = least[1].0 / least[0].0;
        println!(
            "{name:<45} {:>8.1} ms {:>8.1} ns a byte, ratio {ratio:.1}",
            least[1].0 / 1e6,
            least[1].1
        );
        if ratio >= RATIO {
            wrong.push(format!("{name}: {ratio:.1}"));
        }
        costs.push((least[1].1, name));
    }
    costs.sort_by(|a, b| a.0.total_cmp(&b.0));
    let median = costs[costs.len() / 2].0;
    let dear = costs.iter().filter(|(cost, _)| *cost > OF_MEDIAN * median);
    wrong.extend(dear.map(|(cost, name)| format!("{name}: {:.1} of the median", cost / median)));
    assert!(wrong.is_empty(), "{wrong:?}");
}

fn soak() -> bool {
    std::env::var_os("ASEPSIS_SOAK").is_some()
}

#[test]
fn a_long_flow_is_counted_to_its_last_byte() {
    let size: usize = if soak() { 50_000_000_000 } else { 50_000_000 };
    let mut feed = Feed::new(9);
    feed.open();
    let data = [0xa5; 1000];
    let mut packet = tcp(0, [40_000, 9], 100, 500, ACK, &data);
    for n in 0..size / data.len() {
        let seq = 100u32.wrapping_add((n * data.len()) as u32);
        packet[24..28].copy_from_slice(&seq.to_be_bytes());
        feed.packet(&packet);
        assert_eq!(feed.pipeline.held(), 0);
    }
    feed.pipeline.finish();
    let rows = rows(&mut feed.pipeline.out);
    let conn = rows["conn"].last().unwrap();
    assert_eq!(conn["orig_bytes"], size.to_string());
    assert_eq!(conn["missed_bytes"], "0");
}

#[test]
fn ten_million_half_open_connections_are_bounded() {
    if soak() {
        assert_eq!(half_open(10_000_000), 10_000_000 * (40 + PACKET + ROW) + ROW);
    }
}
