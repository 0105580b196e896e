//! A segment that passes leaves a connection as the long way would.

use super::*;
use crate::testing::{identity, output, rows};

struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u32) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % u64::from(sides)) as u32
    }
}

fn flow() -> Flow {
    Flow::new(identity(80, 6), 1, 0, &Link::default(), Transport::Tcp(Box::default()))
}

/// Everything that a later segment may ask.
fn state(flow: &Flow) -> String {
    let Transport::Tcp(tcp) = &flow.transport else { panic!("TCP") };
    let unwanted = [Dir::Orig, Dir::Resp].map(|dir| tcp.follow.unwanted(dir));
    format!("{:?} {:?} {} {unwanted:?} {}", tcp.sides, flow.counters, flow.history, flow.held())
}

#[test]
fn what_passes_leaves_what_the_long_way_leaves() {
    let mut passed = 0;
    for seed in 1..=20u64 {
        let mut dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let (mut short, mut long, mut outs, mut recents) = (flow(), flow(), [output(), output()], [Recent::default(), Recent::default()]);
        let [out, other] = &mut outs;
        let [recent, another] = &mut recents;
        let mut next = [1000u32, 5000];
        let head = b"POST /a HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\nContent-Length: 100000000\r\n\r\n";
        let filler = [b'x'; 64];
        for step in 0..400i64 {
            let dir = if step < 3 {
                [Dir::Orig, Dir::Resp, Dir::Orig][step as usize]
            } else {
                [Dir::Orig, Dir::Resp][usize::from(dice.roll(3) == 0)]
            };
            let (data, flags): (&[u8], u8) = match step {
                0 => (&[], SYN),
                1 => (&[], SYN_ACK),
                2 => (head, ACK),
                _ if dir == Dir::Resp || dice.roll(4) == 0 => (&[], ACK),
                _ => (&filler[..dice.roll(64) as usize], if dice.roll(300) == 0 { ACK | FIN } else { ACK }),
            };
            let mine = next[dir as usize];
            let seq = match if step < 3 { 0 } else { dice.roll(20) } {
                17 => mine.wrapping_add(dice.roll(100)),
                18 => mine.wrapping_sub(dice.roll(100)),
                _ => mine,
            };
            let segment = Segment {
                seq,
                ack: if flags & ACK == 0 {
                    0
                } else {
                    next[dir.other() as usize].wrapping_sub(dice.roll(2) * dice.roll(100))
                },
                flags,
                window: if dice.roll(50) == 0 { 0 } else { 500 },
                data,
                cut: if step > 3 && dice.roll(60) == 0 { 10 } else { 0 },
            };
            if seq == mine {
                next[dir as usize] = mine.wrapping_add(data.len() as u32 + segment.cut + u32::from(flags & SYN != 0));
            }
            let ts = step * 1_000_000;
            for flow in [&mut short, &mut long] {
                flow.count(dir, ts, 40 + data.len(), data.len(), &Link::default());
            }
            if short.passes(dir, &segment) {
                passed += 1;
            } else {
                short.segment(dir, &segment, ts, recent, out);
            }
            long.segment(dir, &segment, ts, another, other);
            assert_eq!(state(&short), state(&long), "seed {seed}, step {step}");
        }
        short.finish(false, recent, out);
        long.finish(false, another, other);
        assert_eq!(rows(out), rows(other), "seed {seed}");
    }
    assert!((1_000..7_000).contains(&passed), "{passed} of 8,000 segments passed");
}
