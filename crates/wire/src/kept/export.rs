//! Kept packets back as one pcapng file: those of a time, of a host, of a port, in the order of time, over all interfaces and rings.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::fs;
use std::io::{self, Read as _, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};

use super::pcapng::{self, INTERFACE_AT};
use super::segment::{self, SiteKey};
use super::shelf::{self, Listed};
use crate::bytes::{be16, be32};
use crate::limits;
use crate::link::{self, Content};
use crate::tunnel;

/// What is asked for. Addresses as in [`crate::ip`]; those of packets inside tunnels count, too.
#[derive(Clone, Copy, Debug)]
pub struct Wanted {
    pub from: i64,
    pub to: i64,
    pub host: Option<u128>,
    pub port: Option<u16>,
}

/// An export on its way.
pub struct Export<W> {
    out: W,
    key: SiteKey,
    wanted: Wanted,
    /// Segments that have something of the time, the latest first.
    waiting: Vec<Listed>,
    opened: HashMap<usize, Opened>,
    next: BinaryHeap<Reverse<(i64, usize, usize)>>,
    interfaces: Vec<(String, u16)>,
    count: usize,
    /// Bytes that opened segments hold.
    held: usize,
    pub told: Told,
}

/// What has come of it.
#[derive(Clone, Debug, Default)]
pub struct Told {
    pub packets: u64,
    /// Times of the first and the last of them.
    pub span: Option<(i64, i64)>,
    pub segments: u64,
    /// Packets of about that time that could not be kept.
    pub lost: u64,
    /// Bytes of segments read, and of all that are to be read.
    pub read: u64,
    pub total: u64,
    /// Segments that are left out, and why.
    pub problems: Vec<(PathBuf, String)>,
}

/// A segment that is open: the packets that are wanted, and in what order.
struct Opened {
    bytes: Vec<u8>,
    order: Vec<(i64, Range<usize>)>,
    interface: u32,
}

impl<W: Write> Export<W> {
    /// Looks which segments of `folders` have something of that time.
    pub fn begin(folders: &[PathBuf], key: SiteKey, wanted: Wanted, mut out: W) -> io::Result<Export<W>> {
        let mut told = Told::default();
        let mut waiting = Vec::new();
        for listed in folders
            .iter()
            .map(|folder| shelf::list(folder))
            .collect::<io::Result<Vec<_>>>()?
            .into_iter()
            .flatten()
        {
            match &listed.facts {
                Ok(facts) if facts.last < wanted.from || facts.first > wanted.to => {}
                Ok(_) => waiting.push(listed),
                Err(why) => problem(&mut told, &listed.path, why.to_string()),
            }
        }
        told.total = waiting.iter().fold(0, |all, listed| listed.bytes.saturating_add(all));
        waiting.sort_by_key(|listed| Reverse(first(listed)));
        let mut head = Vec::new();
        pcapng::section(&mut head);
        out.write_all(&head)?;
        Ok(Export {
            out,
            key,
            wanted,
            waiting,
            opened: HashMap::new(),
            next: BinaryHeap::new(),
            interfaces: Vec::new(),
            count: 0,
            held: 0,
            told,
        })
    }

    /// Opens one more segment and writes what is now certain to come before all others; false when all is written.
    pub fn step(&mut self) -> io::Result<bool> {
        if let Some(listed) = self.waiting.pop() {
            self.open(&listed)?;
        }
        // What overlaps beyond all bounds is written out of order rather than held.
        let until = match self.waiting.last() {
            Some(listed) if self.held <= limits::KEPT_MERGED => first(listed),
            Some(_) | None => i64::MAX,
        };
        while self
            .next
            .peek()
            .is_some_and(|Reverse((ts, ..))| *ts < until || self.waiting.is_empty())
        {
            let Some(Reverse((_, number, at))) = self.next.pop() else { break };
            self.write(number, at)?;
        }
        if self.waiting.is_empty() {
            self.out.flush()?;
        }
        Ok(!self.waiting.is_empty())
    }

    fn open(&mut self, listed: &Listed) -> io::Result<()> {
        self.told.read = self.told.read.saturating_add(listed.bytes);
        let mut bytes = match read(&listed.path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()), // its time is over
            Err(error) => {
                problem(&mut self.told, &listed.path, error.to_string());
                return Ok(());
            }
        };
        let (facts, body) = match segment::open(&mut bytes, &self.key) {
            Ok(opened) => opened,
            Err(why) => {
                problem(&mut self.told, &listed.path, why.to_string());
                return Ok(());
            }
        };
        let plain = bytes.get(body).unwrap_or_default();
        let Some((link, name)) = pcapng::interface_of(plain) else {
            problem(&mut self.told, &listed.path, "holds no packets".to_owned());
            return Ok(());
        };
        self.told.segments = self.told.segments.saturating_add(1);
        self.told.lost = self.told.lost.saturating_add(facts.lost);
        let interface = (name.to_owned(), link);
        let (bytes, order) = self.choose(plain, link);
        let Some((ts, _)) = order.first() else { return Ok(()) };
        self.next.push(Reverse((*ts, self.count, 0)));
        self.held = self.held.saturating_add(bytes.len());
        let interface = self.interface(interface)?;
        self.opened.insert(self.count, Opened { bytes, order, interface });
        self.count = self.count.saturating_add(1);
        Ok(())
    }

    /// The blocks that are wanted, in order, and no more bytes than they need.
    fn choose(&self, plain: &[u8], link: u16) -> (Vec<u8>, Vec<(i64, Range<usize>)>) {
        let mut chosen = Vec::new();
        let mut order = Vec::new();
        for block in pcapng::packets(plain) {
            let Wanted { from, to, .. } = self.wanted;
            if (from..=to).contains(&block.ts) && self.wanted.is(link, block.data, block.wire_len) {
                let begin = chosen.len();
                chosen.extend(block.bytes);
                order.push((block.ts, begin..chosen.len()));
            }
        }
        order.sort_by_key(|(ts, _)| *ts);
        (chosen, order)
    }

    /// The number of an interface in the file; its block is written when it is first named.
    fn interface(&mut self, interface: (String, u16)) -> io::Result<u32> {
        let known = self.interfaces.iter().position(|known| *known == interface);
        let number = known.unwrap_or(self.interfaces.len());
        if known.is_none() {
            let mut block = Vec::new();
            pcapng::interface(&mut block, &interface.0, interface.1);
            self.out.write_all(&block)?;
            self.interfaces.push(interface);
        }
        Ok(u32::try_from(number).unwrap_or(u32::MAX))
    }

    /// Writes a packet; the next of its segment takes its place.
    fn write(&mut self, number: usize, at: usize) -> io::Result<()> {
        let Some(opened) = self.opened.get(&number) else { return Ok(()) };
        let after = at.saturating_add(1);
        let Some((ts, range)) = opened.order.get(at) else { return Ok(()) };
        let block = opened.bytes.get(range.clone()).unwrap_or_default();
        if let (Some(before), Some(behind)) = (block.get(..INTERFACE_AT), block.get(INTERFACE_AT + 4..)) {
            self.out.write_all(before)?;
            self.out.write_all(&opened.interface.to_le_bytes())?;
            self.out.write_all(behind)?;
        }
        self.told.packets = self.told.packets.saturating_add(1);
        let (first, last) = self.told.span.unwrap_or((*ts, *ts));
        self.told.span = Some((first.min(*ts), last.max(*ts)));
        match opened.order.get(after) {
            Some((ts, _)) => self.next.push(Reverse((*ts, number, after))),
            None => {
                self.held = self.held.saturating_sub(opened.bytes.len());
                self.opened.remove(&number);
            }
        }
        Ok(())
    }
}

impl Wanted {
    /// Whether host and port are those of a packet, or of one that it carries.
    fn is(&self, link: u16, frame: &[u8], wire_len: usize) -> bool {
        if self.host.is_none() && self.port.is_none() {
            return true;
        }
        let (mut facts, mut content) = link::decode(link, frame, wire_len);
        for _ in 0..limits::NESTING {
            let datagram = match content {
                Content::Ip(datagram) => datagram,
                // RFC 826 for IPv4 over Ethernet: sender and target.
                Content::Arp(arp) => return self.is_between(be32(arp, 14).map(mapped), be32(arp, 24).map(mapped), None),
                Content::Other | Content::Malformed => return false,
            };
            let begins = datagram.fragment.is_none_or(|fragment| fragment.offset == 0);
            let ported = matches!(datagram.proto, 6 | 17 | 132) && begins;
            let ports = ported
                .then(|| Some((be16(datagram.payload, 0)?, be16(datagram.payload, 2)?)))
                .flatten();
            if self.is_between(Some(datagram.src), Some(datagram.dst), ports) {
                return true;
            }
            let Some(inner) = tunnel::inner(&datagram).filter(|_| begins) else {
                return false;
            };
            (facts, content) = link::decode_inner(&facts, &inner);
        }
        false
    }

    fn is_between(&self, src: Option<u128>, dst: Option<u128>, ports: Option<(u16, u16)>) -> bool {
        self.host.is_none_or(|host| src == Some(host) || dst == Some(host))
            && self
                .port
                .is_none_or(|port| ports.is_some_and(|(from, to)| from == port || to == port))
    }
}

/// A file that somebody else put there may be of any size.
fn read(path: &Path) -> io::Result<Vec<u8>> {
    let file = fs::File::open(path)?;
    let len = usize::try_from(file.metadata()?.len()).unwrap_or(usize::MAX);
    if len > limits::KEPT_LARGEST {
        return Err(io::Error::other("larger than any segment"));
    }
    let mut bytes = Vec::with_capacity(len);
    file.take(limits::KEPT_LARGEST as u64).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn mapped(v4: u32) -> u128 {
    std::net::Ipv4Addr::from_bits(v4).to_ipv6_mapped().to_bits()
}

fn first(listed: &Listed) -> i64 {
    listed.facts.as_ref().map_or(i64::MIN, |facts| facts.first)
}

/// One that was removed meanwhile, and is overwritten first, is none.
fn problem(told: &mut Told, path: &Path, why: String) {
    if path.exists() {
        told.problems.push((path.to_owned(), why));
    }
}
