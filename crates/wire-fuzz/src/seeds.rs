//! What the fuzzer begins with: the golden captures, in the form that each target takes. Made when it starts, never kept beside them.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use wire::capture::Captures;
use wire::link::{self, Content};
use wire::protocols::{Datagrams, Dir, Probe, Protocol};

use crate::script::{self, Piece};
use crate::{packets, tcp, udp};

/// Bytes of one seed at the most: heads stand in front, and short inputs run fast.
const LONGEST: usize = 16 << 10;

const TCP: u8 = 6;
const UDP: u8 = 17;

/// A golden capture.
pub struct Golden {
    pub file: Vec<u8>,
    frames: Vec<(i64, u16, Vec<u8>)>,
    talks: Vec<Talk>,
}

/// What two ends said to each other, in the order of the capture.
struct Talk {
    proto: u8,
    port: u16,
    said: Vec<Said>,
}

struct Said {
    dir: Dir,
    flags: u8,
    data: Vec<u8>,
}

pub fn golden() -> Vec<Golden> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden");
    let folders = fs::read_dir(root).into_iter().flatten().flatten();
    let files = folders.filter_map(|folder| fs::read_dir(folder.path()).ok()).flatten().flatten();
    let mut paths: Vec<PathBuf> = files.map(|file| file.path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "pcap"));
    paths.sort();
    paths.into_iter().filter_map(Golden::read).collect()
}

impl Golden {
    fn read(path: PathBuf) -> Option<Golden> {
        let file = fs::read(&path).ok()?;
        let mut captures = Captures::open(&[path], &[]).ok()?;
        let mut frames = Vec::new();
        while captures.next(|packet| frames.push((packet.ts, packet.link, packet.data.to_vec()))) {}
        let talks = talks(&frames);
        Some(Golden { file, frames, talks })
    }

    /// Conversations that a parser over TCP may have a say in.
    pub fn tcp(&self, protocol: &'static Protocol) -> Vec<Vec<u8>> {
        let speaks = |talk: &&Talk| {
            let mut firsts = [Dir::Orig, Dir::Resp]
                .into_iter()
                .filter_map(|dir| talk.first(dir).map(|data| (dir, data)));
            talk.proto == TCP && firsts.any(|(dir, data)| matches!((protocol.probe)(dir, data), Probe::Certain | Probe::Likely))
        };
        self.seeds(speaks, |said| tcp::bytes(said.dir, &said.data))
    }

    pub fn udp(&self, protocol: &'static Datagrams) -> Vec<Vec<u8>> {
        let speaks = |talk: &&Talk| {
            let mut all = talk.said.iter();
            talk.proto == UDP && all.any(|said| (protocol.probe)(talk.port, &said.data) == Probe::Certain)
        };
        self.seeds(speaks, |said| udp::datagram(said.dir, &said.data))
    }

    pub fn segments(&self) -> Vec<Vec<u8>> {
        let parts = |said: &Said| {
            let data = said.data.get(..1460).unwrap_or(&said.data);
            packets::segment(said.dir == Dir::Resp, said.flags, data)
        };
        self.seeds(|talk| talk.proto == TCP, parts)
    }

    pub fn fragments(&self) -> Vec<Vec<u8>> {
        let talks = self.talks.iter().filter(|talk| talk.proto == UDP);
        let datagrams = talks.filter_map(|talk| {
            let data = &talk.said.first()?.data;
            let length = u16::try_from(8 + data.len()).ok()?.to_be_bytes();
            let head: [[u8; 2]; 4] = [40_000u16.to_be_bytes(), talk.port.to_be_bytes(), length, [0, 0]];
            Some([head.as_flattened(), data].concat())
        });
        datagrams
            .map(|datagram| script::write(&packets::fragments(&datagram, (datagram.len() / 3).max(8)), LONGEST))
            .collect()
    }

    pub fn frames(&self) -> Vec<u8> {
        let mut last = None;
        let pieces: Vec<Piece> = self
            .frames
            .iter()
            .filter_map(|(ts, link, data)| packets::frame(*link, data, ts - last.replace(*ts).unwrap_or(*ts)))
            .collect();
        script::write(&pieces, LONGEST)
    }

    fn seeds(&self, which: impl Fn(&&Talk) -> bool, piece: impl Fn(&Said) -> Piece) -> Vec<Vec<u8>> {
        let talks = self.talks.iter().filter(which);
        talks
            .map(|talk| script::write(&talk.said.iter().map(&piece).collect::<Vec<_>>(), LONGEST))
            .filter(|seed| !seed.is_empty())
            .collect()
    }
}

impl Talk {
    /// The first bytes that went this way.
    fn first(&self, dir: Dir) -> Option<&[u8]> {
        let said = self.said.iter().find(|said| said.dir == dir && !said.data.is_empty())?;
        Some(&said.data)
    }
}

/// Protocol, and address and port of who sends and who receives.
type Way = (u8, u128, u16, u128, u16);

/// Conversations by their ends; who spoke first is the originator.
fn talks(frames: &[(i64, u16, Vec<u8>)]) -> Vec<Talk> {
    let mut talks: Vec<Talk> = Vec::new();
    let mut known: BTreeMap<Way, (usize, Dir)> = BTreeMap::new();
    for (_, link, data) in frames {
        let (_, Content::Ip(datagram)) = link::decode(*link, data, data.len()) else {
            continue;
        };
        let head = datagram.payload;
        let at = match datagram.proto {
            _ if datagram.fragment.is_some() || head.len() < 8 => continue,
            TCP => head.get(12).map_or(0, |byte| usize::from(byte >> 4) * 4),
            UDP => 8,
            _ => continue,
        };
        let Some(data) = head.get(at..) else { continue };
        let (sport, dport) = (u16::from_be_bytes([head[0], head[1]]), u16::from_be_bytes([head[2], head[3]]));
        let way = (datagram.proto, datagram.src, sport, datagram.dst, dport);
        let (n, dir) = *known.entry(way).or_insert_with(|| {
            talks.push(Talk {
                proto: datagram.proto,
                port: dport,
                said: Vec::new(),
            });
            (talks.len() - 1, Dir::Orig)
        });
        known.insert((datagram.proto, datagram.dst, dport, datagram.src, sport), (n, dir.other()));
        talks[n].said.push(Said {
            dir,
            flags: if datagram.proto == TCP { head[13] } else { 0 },
            data: data.to_vec(),
        });
    }
    talks
}
