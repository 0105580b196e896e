//! Whatever stands in a packet, the pipeline neither panics nor grows without bound. Seeds are the recorded captures of the range; each round
//! changes some bytes, cuts, repeats or swaps packets. `ASEPSIS_SOAK=1` runs the long form.

use std::fs;
use std::path::PathBuf;

use wire::capture::{Captures, Packet};
use wire::keys::Keys;
use wire::pipeline::Pipeline;
use wire::testing::rows;

struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, n: usize) -> usize {
        (self.next() >> 33) as usize % n.max(1)
    }
}

type Seed = Vec<(i64, u16, Vec<u8>)>;

/// Packets of the range's captures, `most` of each file.
fn seeds(most: usize) -> Vec<Seed> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../range/captures");
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .map(|d| d.flatten().map(|e| e.path()).collect())
        .unwrap_or_default();
    files.sort();
    let mut seeds = Vec::new();
    for file in files {
        let Ok(mut captures) = Captures::open(&[file], &[]) else { continue };
        let mut seed = Seed::new();
        while seed.len() < most && captures.next(|p| seed.push((p.ts, p.link, p.data.to_vec()))) {}
        seeds.push(seed);
    }
    seeds
}

fn run(packets: &[(i64, u16, Vec<u8>)]) -> u64 {
    let mut pipeline = Pipeline::new(Keys::new(&[7; 32], "k1"), "test".to_owned());
    let mut rows = 0;
    for (ts, link, data) in packets {
        pipeline.packet(Packet {
            ts: *ts,
            link: *link,
            data,
            wire_len: data.len(),
        });
        while let Some((_, batch)) = pipeline.batch(false) {
            rows += batch.num_rows() as u64;
        }
    }
    pipeline.finish();
    while let Some((_, batch)) = pipeline.batch(true) {
        rows += batch.num_rows() as u64;
    }
    rows
}

fn mutate(random: &mut Random, packets: &mut Seed) {
    const NASTY: [u8; 8] = [0x00, 0xff, 0x7f, 0x80, 0x01, b'|', b'\r', 0x0b];
    for _ in 0..1 + random.below(packets.len() / 4 + 1) {
        let n = random.below(packets.len());
        let len = packets[n].2.len();
        match random.below(8) {
            0 => packets[n].2.truncate(random.below(len + 1)),
            1 => {
                let other = random.below(packets.len());
                packets.swap(n, other);
            }
            2 => {
                let again = packets[n].clone();
                packets.insert(random.below(packets.len()), again);
            }
            3 => packets[n].0 = random.next() as i64,
            4 if len > 60 => packets[n].2.drain(54..54 + random.below(len - 54)).for_each(drop),
            _ => {
                // Mostly behind the headers, where the parsers are.
                for _ in 0..1 + random.below(6) {
                    let at = if random.below(5) == 0 {
                        random.below(len)
                    } else {
                        42.min(len) + random.below(len.saturating_sub(42))
                    };
                    if let Some(byte) = packets[n].2.get_mut(at) {
                        *byte = if random.below(2) == 0 {
                            NASTY[random.below(8)]
                        } else {
                            random.next() as u8
                        };
                    }
                }
            }
        }
    }
}

#[test]
fn changed_captures_do_no_harm() {
    let soak = std::env::var_os("ASEPSIS_SOAK").is_some();
    let (rounds, most) = if soak { (5_000, 4_000) } else { (40, 1_500) };
    let seeds = seeds(most);
    for (n, seed) in seeds.iter().enumerate() {
        for round in 1..=rounds {
            let mut random = Random(round * 1000 + n as u64 + 1);
            // A window of the capture: parsers meet the middle of connections too.
            let from = random.below(seed.len());
            let len = (50 + random.below(400)).min(seed.len() - from);
            let mut packets = seed[from..from + len].to_vec();
            if packets.is_empty() {
                continue;
            }
            mutate(&mut random, &mut packets);
            run(&packets);
        }
    }
}

#[test]
fn noise_does_no_harm() {
    let mut random = Random(99);
    for _ in 0..300 {
        let packets: Seed = (0..40)
            .map(|n| {
                let mut data = vec![0u8; random.below(200)];
                data.iter_mut().for_each(|b| *b = random.next() as u8);
                // A plausible head, so that noise gets past the first gate.
                let head = [
                    0u8,
                    0,
                    0,
                    0,
                    0,
                    1,
                    0,
                    0,
                    0,
                    0,
                    0,
                    2,
                    8,
                    0,
                    0x45,
                    0,
                    0,
                    190,
                    0,
                    0,
                    0,
                    0,
                    64,
                    [6u8, 17, 1][random.below(3)],
                ];
                data.splice(0..0, head);
                (1_700_000_000_000_000_000 + n, 1, data)
            })
            .collect();
        run(&packets);
    }
}

/// A SYN from one of many ends.
fn syn(n: u32) -> Vec<u8> {
    let mut data = vec![0x45, 0, 0, 40, 0, 0, 0, 0, 64, 6, 0, 0];
    data.extend((0x0a00_0000 + n / 50_000).to_be_bytes());
    data.extend([10, 1, 1, 1]);
    data.extend(((n % 50_000) as u16 + 1024).to_be_bytes());
    data.extend([0, 80, 0, 0, 0, 1, 0, 0, 0, 0, 0x50, 2, 0, 0, 0, 0, 0, 0]);
    data
}

fn take(pipeline: &mut Pipeline, ts: i64, data: &[u8]) {
    pipeline.packet(Packet {
        ts: 1_700_000_000_000_000_000 + ts,
        link: 101,
        data,
        wire_len: data.len(),
    });
}

#[test]
fn a_flood_of_connections_is_bounded() {
    let mut pipeline = Pipeline::new(Keys::new(&[7; 32], "k1"), "test".to_owned());
    let mut rows = 0;
    let count = 300_000u32;
    for n in 0..count {
        take(&mut pipeline, i64::from(n), &syn(n));
        while let Some((stream, batch)) = pipeline.batch(false) {
            rows += if stream == "conn" { batch.num_rows() } else { 0 };
        }
    }
    assert!(pipeline.evicted() > 0);
    pipeline.finish();
    while let Some((stream, batch)) = pipeline.batch(true) {
        rows += if stream == "conn" { batch.num_rows() } else { 0 };
    }
    assert_eq!(rows, count as usize, "every connection gives its row");
}

#[test]
fn a_flood_ends_only_itself() {
    const SYN: u8 = 2;
    const ACK: u8 = 16;
    let mut pipeline = Pipeline::new(Keys::new(&[7; 32], "k1"), "test".to_owned());
    let monitor = |back: bool, flags: u8, id: u8| {
        let (mut packet, ends) = (syn(0), [[10, 9, 9, 9, 3, 232], [10, 1, 1, 1, 0, 80]]);
        let [from, to] = if back { [ends[1], ends[0]] } else { ends };
        packet[5] = id;
        packet[12..16].copy_from_slice(&from[..4]);
        packet[16..20].copy_from_slice(&to[..4]);
        packet[20..22].copy_from_slice(&from[4..]);
        packet[22..24].copy_from_slice(&to[4..]);
        packet[33] = flags;
        packet
    };
    take(&mut pipeline, 0, &monitor(false, SYN, 1));
    take(&mut pipeline, 1, &monitor(true, SYN | ACK, 2));
    for n in 0..400_000u32 {
        take(&mut pipeline, i64::from(n) + 2, &syn(n));
        while pipeline.batch(false).is_some() {}
    }
    assert!(pipeline.evicted() > 200_000);
    take(&mut pipeline, 500_000, &monitor(false, ACK, 3));
    pipeline.finish();
    let all = rows(&mut pipeline.out);
    let one = all["conn"].iter().filter(|row| row["id_orig_h"] == "10.9.9.9").collect::<Vec<_>>();
    assert!(
        matches!(one.as_slice(), [row] if row["orig_pkts"] == "2" && row["resp_pkts"] == "1" && row["conn_state"] == "S1"),
        "{one:#?}"
    );
}

#[test]
fn a_flood_that_ended_in_silence_is_not_cut_off_by_the_end_of_the_capture() {
    let mut pipeline = Pipeline::new(Keys::new(&[7; 32], "k1"), "test".to_owned());
    let count = 20_000u32;
    (0..count).for_each(|n| take(&mut pipeline, i64::from(n), &syn(n)));
    take(&mut pipeline, 90_000_000_000, &syn(count));
    pipeline.finish();
    let all = rows(&mut pipeline.out);
    let cut_off = all["conn"].iter().filter(|row| row["partial"] == "true").count();
    assert_eq!((all["conn"].len(), cut_off), (count as usize + 1, 1));
}
