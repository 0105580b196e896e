//! A pipeline and what it is fed: packets made byte by byte, weighed as they go in.

use wire::capture::Packet;
use wire::keys::Keys;
use wire::limits;
use wire::pipeline::Pipeline;

/// What a packet and a row weigh beside bytes, in bytes: a look-up among the connections; thirty cells, an identity by SHA-256.
pub const PACKET: u64 = 64;
pub const ROW: u64 = 300;

pub const ACK: u8 = 16;
pub const SYN: u8 = 2;

/// A pipeline and what it is fed.
pub struct Feed {
    pub pipeline: Pipeline,
    pub ts: i64,
    weight: u64,
    /// Next numbers of the one connection.
    pub seq: [u32; 2],
    port: u16,
}

impl Feed {
    pub fn new(port: u16) -> Feed {
        Feed {
            pipeline: Pipeline::new(Keys::new(&[7; 32], "k1"), "test".to_owned()),
            ts: 1_700_000_000_000_000_000,
            weight: 0,
            seq: [100, 500],
            port,
        }
    }

    /// LINKTYPE_RAW: an IP datagram, a microsecond after the one before.
    pub fn packet(&mut self, data: &[u8]) {
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

    pub fn drain(&mut self, all: bool) {
        while let Some((_, batch)) = self.pipeline.batch(all) {
            self.weight += batch.num_rows() as u64 * ROW;
        }
    }

    /// What all of it weighed.
    pub fn finish(mut self) -> u64 {
        self.pipeline.finish();
        self.drain(true);
        self.weight
    }

    pub fn tcp(&mut self, side: usize, seq: u32, flags: u8, data: &[u8]) {
        let mut ports = [40_000, self.port];
        ports.rotate_left(side);
        let ack = if flags & ACK == 0 { 0 } else { self.seq[1 - side] };
        let packet = tcp(side, ports, seq, ack, flags, data);
        self.packet(&packet);
    }

    pub fn open(&mut self) {
        self.tcp(0, 99, SYN, b"");
        self.tcp(1, 499, SYN | ACK, b"");
    }

    /// The next bytes of a side, in segments of `size`.
    pub fn say(&mut self, side: usize, data: &[u8], size: usize) {
        for part in data.chunks(size) {
            self.tcp(side, self.seq[side], ACK, part);
            self.seq[side] = self.seq[side].wrapping_add(part.len() as u32);
        }
    }

    pub fn udp(&mut self, from: [u8; 4], port: u16, data: &[u8]) {
        let mut payload = port.to_be_bytes().to_vec();
        payload.extend(self.port.to_be_bytes());
        payload.extend((8 + data.len() as u16).to_be_bytes());
        payload.extend([0, 0]);
        payload.extend(data);
        self.packet(&ip(from, [10, 0, 0, 2], 1, 0, 17, &payload));
    }
}

pub fn ip(src: [u8; 4], dst: [u8; 4], id: u16, place: u16, proto: u8, payload: &[u8]) -> Vec<u8> {
    let mut packet = Vec::with_capacity(20 + payload.len());
    packet.extend([0x45, 0]);
    packet.extend((20 + payload.len() as u16).to_be_bytes());
    packet.extend(id.to_be_bytes());
    packet.extend(place.to_be_bytes());
    packet.extend([64, proto, 0, 0]);
    packet.extend(src);
    packet.extend(dst);
    packet.extend(payload);
    packet
}

pub fn tcp(side: usize, [sport, dport]: [u16; 2], seq: u32, ack: u32, flags: u8, data: &[u8]) -> Vec<u8> {
    let mut payload = Vec::with_capacity(20 + data.len());
    payload.extend(sport.to_be_bytes());
    payload.extend(dport.to_be_bytes());
    payload.extend(seq.to_be_bytes());
    payload.extend(ack.to_be_bytes());
    payload.extend([0x50, flags, 0xff, 0xff, 0, 0, 0, 0]);
    payload.extend(data);
    let mut hosts = [[10, 0, 0, 1], [10, 0, 0, 2]];
    hosts.rotate_left(side);
    ip(hosts[0], hosts[1], 0, 0, 6, &payload)
}

/// Bytes of one direction of a connection to `port`, behind a handshake.
pub fn said(port: u16, head: &[u8], unit: &[u8], n: usize, size: usize) -> u64 {
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

pub fn post(kind: &str, length: usize) -> Vec<u8> {
    format!("POST /fhir/Patient HTTP/1.1\r\nHost: a\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\r\n").into_bytes()
}
