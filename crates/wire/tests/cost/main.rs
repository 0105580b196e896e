//! Four times the bytes cost four times the work, however hostile they are: never its square.
//!
//! Work is the processor time of this thread, and what is asked is a ratio: the cost of 4n against that of n, on the same machine within the
//! same second. Linear work gives 4, quadratic 16; the bound lies between. A slow or busy machine slows both, and of several tries the
//! least counts, so that this is no assertion about time.

#![cfg(target_os = "linux")]

mod connections;
mod feeding;
mod parsers;

use connections::*;
use feeding::{post, said, tcp, Feed, ACK, PACKET, ROW};
use parsers::*;
use wire::testing::rows;

/// Most that four times as much may cost. Linear work is 4 with tables that grow, caches that are left and rows that leave as batches.
const RATIO: f64 = 8.0;

/// Most that one shape may cost of what the median costs. Segments out of order cost up to 2.7 times as much; a line that was searched again with
/// every byte cost ten times as much.
const OF_MEDIAN: f64 = 3.0;

/// Tries before a ratio above it is believed.
const TRIES: usize = 4;

/// How often a cost that seems too far from the median is measured again beside it.
const TURNS: usize = 9;

/// One shape of traffic: what it is, and `n` of it.
type Shape = (&'static str, usize, fn(usize) -> u64);

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
        costs.push((least[1].1, name, n, feed));
    }
    costs.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (median, _, n_usual, usual) = costs[costs.len() / 2];
    for (least, name, n, feed) in costs {
        if least <= OF_MEDIAN * median {
            continue;
        }
        // What another process takes away from a core for a while is taken from both, if they are measured in turn.
        let mut turns: Vec<f64> = (0..TURNS).map(|_| cost(feed, 4 * n).1 / cost(usual, 4 * n_usual).1).collect();
        turns.sort_by(f64::total_cmp);
        let of_median = turns[TURNS / 2];
        if of_median > OF_MEDIAN {
            wrong.push(format!("{name}: {of_median:.1} of the median"));
        }
    }
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
