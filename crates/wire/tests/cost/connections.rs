//! Shapes that are hostile to what puts packets, fragments and segments in order.

use super::feeding::{ip, tcp, Feed, ACK, SYN};

pub fn half_open(n: usize) -> u64 {
    let mut feed = Feed::new(80);
    for n in 0..n as u32 {
        let [_, a, b, c] = (n / 50_000).to_be_bytes();
        let mut head = ((n % 50_000) as u16 + 1024).to_be_bytes().to_vec();
        head.extend([0, 80, 0, 0, 0, 1, 0, 0, 0, 0, 0x50, SYN, 0, 0, 0, 0, 0, 0]);
        feed.packet(&ip([10, a, b, c], [10, 1, 1, 1], 0, 0, 6, &head));
    }
    feed.finish()
}

pub fn fragments_never_whole(n: usize) -> u64 {
    let mut feed = Feed::new(0);
    for n in 0..n {
        feed.packet(&ip([10, 0, (n >> 16) as u8, 1], [10, 0, 0, 2], n as u16, 0x2000, 17, &[0; 64]));
    }
    feed.finish()
}

pub fn fragments_small_and_backwards(n: usize) -> u64 {
    let mut feed = Feed::new(0);
    for n in 0..n {
        let at = (180 - n % 180) as u16;
        feed.packet(&ip([10, 0, 0, 1], [10, 0, 0, 2], (n / 180) as u16, 0x2000 | at, 17, &[0; 8]));
    }
    feed.finish()
}

pub fn fragments_that_disagree(n: usize) -> u64 {
    let mut feed = Feed::new(0);
    for n in 0..n {
        let at = (n * 7 % 64) as u16;
        feed.packet(&ip([10, 0, 0, 1], [10, 0, 0, 2], 7, 0x2000 | at, 17, &[n as u8; 512]));
    }
    feed.finish()
}

pub fn retransmissions_that_disagree(n: usize) -> u64 {
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
pub fn segments_out_of_order(n: usize) -> u64 {
    let mut feed = Feed::new(9);
    feed.open();
    for n in 0..n {
        let block = (n / 250 * 250 * 8) as u32;
        let back = (250 - n % 250) as u32;
        feed.tcp(0, 200u32.wrapping_add(block).wrapping_add(back * 8), ACK, &[n as u8; 12]);
    }
    feed.finish()
}

pub fn every_other_segment_late(n: usize) -> u64 {
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
pub fn many_that_hold(n: usize) -> u64 {
    let mut feed = Feed::new(9);
    for n in 0..n {
        let ports = [1024 + (n % 60_000) as u16, 104];
        feed.packet(&tcp(0, ports, 99, 0, SYN, b""));
        feed.packet(&tcp(0, ports, 2000, 0, ACK, &[0; 1400]));
    }
    feed.finish()
}

pub fn times_far_apart(n: usize) -> u64 {
    let mut feed = Feed::new(9);
    for n in 0..n {
        feed.ts = if n % 2 == 0 { 1 << 40 } else { i64::MAX - (1 << 40) };
        feed.udp([10, 0, 0, 1], 5000, &[0; 32]);
    }
    feed.finish()
}

pub fn time_that_leaps(n: usize) -> u64 {
    let mut feed = Feed::new(9);
    for n in 0..n {
        feed.ts += 1 << 40;
        feed.udp([10, 0, 0, 1], 1024 + (n % 60_000) as u16, &[0; 32]);
    }
    feed.finish()
}

pub fn datagrams_of_many_ends(n: usize) -> u64 {
    let mut feed = Feed::new(9);
    for n in 0..n {
        let [_, a, b, c] = (n as u32 / 50_000).to_be_bytes();
        feed.udp([10, a, b, c], 1024 + (n % 50_000) as u16, &[0; 32]);
    }
    feed.finish()
}
