//! What a parser may know and do: where and when the bytes are, the site's keys, and a place for its rows.

use std::io::Write as _;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;

use arrow_array::RecordBatch;
use base64::engine::general_purpose::STANDARD;
use base64::Engine as _;
use sha1::{Digest as _, Sha1};

use crate::charset::Charset;
use crate::heads::{Head, Origin};
use crate::keys::{self, base32, Keys};
use crate::limits;
use crate::protocols::hl7::message::Message;
use crate::protocols::hl7::outbox::Outbox;
use crate::protocols::{Dir, StreamId, STREAMS};
use crate::records::{Row, Table};

/// The two ends of a connection as its first packet showed them. Addresses are IPv6, IPv4 mapped (`::ffff:a.b.c.d`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Ends {
    pub orig: u128,
    pub resp: u128,
    pub orig_port: u16,
    pub resp_port: u16,
    /// IP protocol number.
    pub proto: u8,
}

/// A connection's identity: made once, written in every row.
#[derive(Debug)]
pub struct Identity {
    pub ends: Ends,
    uid: [u8; 16],
    written: Option<Box<Written>>,
}

/// All ASCII.
#[derive(Debug, Default)]
struct Written {
    uid: Vec<u8>,
    community_id: Vec<u8>,
    orig: Vec<u8>,
    resp: Vec<u8>,
    codes: [Coded; 2],
}

/// The numbers of uid, Community ID and addresses among the names of a table, as long as its batch lasts: most connections write many rows of
/// one or two streams.
#[derive(Clone, Copy, Debug, Default)]
struct Coded {
    table: Option<(StreamId, u32)>,
    codes: [i32; 4],
}

impl Written {
    /// Of another connection than before.
    fn anew(&mut self, uid: &[u8; 16], ends: &Ends) {
        let Written {
            uid: text,
            community_id: community,
            orig,
            resp,
            codes,
        } = self;
        [&mut *text, community, orig, resp].into_iter().for_each(Vec::clear);
        *codes = Default::default();
        text.push(b'C');
        text.extend_from_slice(&base32::<17>(uid));
        community_id(ends, community);
        write_address(ends.orig, orig);
        write_address(ends.resp, resp);
    }

    fn codes(&mut self, table: &mut Table) -> [i32; 4] {
        let now = Some((table.spec().id, table.heads.generation));
        if let Some(known) = self.codes.iter().find(|coded| coded.table == now) {
            return known.codes;
        }
        let codes = table.heads.codes([&self.uid, &self.community_id], [&self.orig, &self.resp]);
        self.codes = [Coded { table: now, codes }, self.codes[0]];
        codes
    }
}

impl Identity {
    /// `ts` is the time of the first packet, nanoseconds; `nonce` tells apart what has the same ends at the same time.
    pub fn new(ends: Ends, ts: i64, nonce: u64) -> Identity {
        let (low, high) = if (ends.orig, ends.orig_port) <= (ends.resp, ends.resp_port) {
            ((ends.orig, ends.orig_port), (ends.resp, ends.resp_port))
        } else {
            ((ends.resp, ends.resp_port), (ends.orig, ends.orig_port))
        };
        let uid = keys::identity([
            &low.0.to_be_bytes(),
            &low.1.to_be_bytes(),
            &high.0.to_be_bytes(),
            &high.1.to_be_bytes(),
            &[ends.proto],
            &ts.div_euclid(1000).to_be_bytes(),
            &nonce.to_be_bytes(),
        ]);
        Identity { ends, uid, written: None }
    }

    fn written(&mut self, spare: &mut Option<Box<Written>>) -> &mut Written {
        let (ends, uid) = (self.ends, self.uid);
        self.written.get_or_insert_with(|| {
            let mut written = spare.take().unwrap_or_default();
            written.anew(&uid, &ends);
            written
        })
    }
}

/// The address as people write it: mapped IPv4 as IPv4.
pub fn address(bits: u128) -> IpAddr {
    Ipv6Addr::from(bits).to_canonical()
}

fn write_address(bits: u128, to: &mut Vec<u8>) {
    match address(bits) {
        // By hand: every connection has two, and the formatter of the library takes as long as all else that is told of it.
        IpAddr::V4(address) => {
            let (mut text, mut end) = ([b'.'; 16], 0);
            for octet in address.octets() {
                for worth in [100, 10, 1] {
                    if let Some(digit) = text.get_mut(end).filter(|_| octet >= worth || worth == 1) {
                        *digit = b'0' + octet / worth % 10;
                        end += 1;
                    }
                }
                // The dot behind it, which the last one has too.
                end += 1;
            }
            to.extend_from_slice(text.get(..end - 1).unwrap_or_default());
        }
        IpAddr::V6(address) => {
            let _ = write!(to, "{address}");
        }
    }
}

/// An address as it stands in a packet.
fn octets(bytes: &[u8; 16]) -> &[u8] {
    const MAPPED: [u8; 12] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff];
    bytes.strip_prefix(&MAPPED).unwrap_or(bytes)
}

/// Appends the Community ID v1, seed 0 (corelight/community-id-spec).
fn community_id(ends: &Ends, to: &mut Vec<u8>) {
    let ports = matches!(ends.proto, 1 | 6 | 17 | 58 | 132);
    let addresses = [ends.orig, ends.resp].map(u128::to_be_bytes);
    let [mut src, mut dst] = addresses.each_ref().map(octets);
    let (mut sport, mut dport) = (ends.orig_port, ends.resp_port);
    let mut ordered = (src, sport) <= (dst, dport);
    if matches!(ends.proto, 1 | 58) {
        match icmp_counterpart(ends.proto, sport) {
            Some(other) => {
                dport = other;
                ordered = (src, sport) <= (dst, dport);
            }
            None => ordered = true,
        }
    }
    if !ordered {
        std::mem::swap(&mut src, &mut dst);
        std::mem::swap(&mut sport, &mut dport);
    }
    let mut hash = Sha1::new();
    hash.update([0u8, 0]);
    hash.update(src);
    hash.update(dst);
    hash.update([ends.proto, 0]);
    if ports {
        hash.update(sport.to_be_bytes());
        hash.update(dport.to_be_bytes());
    }
    let mut text = [0; 28];
    let written = STANDARD.encode_slice(hash.finalize(), &mut text);
    to.extend_from_slice(b"1:");
    to.extend_from_slice(text.get(..written.unwrap_or(0)).unwrap_or_default());
}

/// The ICMP type that answers a type, for the types that come in pairs (Community ID v1, Zeek's table).
pub fn icmp_counterpart(proto: u8, kind: u16) -> Option<u16> {
    let pairs: &[(u16, u16)] = if proto == 1 {
        &[(8, 0), (13, 14), (15, 16), (17, 18), (10, 9)]
    } else {
        &[(128, 129), (133, 134), (135, 136), (130, 131), (139, 140), (144, 145)]
    };
    pairs.iter().find_map(|&(a, b)| {
        if kind == a {
            Some(b)
        } else if kind == b {
            Some(a)
        } else {
            None
        }
    })
}

/// The rows of all streams that wait to leave.
pub struct Output {
    pub keys: Keys,
    tables: Vec<Table>,
    pub messages: Outbox,
    /// Of a connection that is over.
    spare: Option<Box<Written>>,
}

impl Output {
    pub fn new(keys: Keys, sensor: String) -> Output {
        let sensor = Arc::from(sensor);
        Output {
            keys,
            tables: STREAMS.iter().map(|spec| Table::new(spec, &sensor)).collect(),
            messages: Outbox::default(),
            spare: None,
        }
    }

    /// The tables, with every row that is known.
    pub fn tables(&mut self) -> &mut [Table] {
        self.write_messages();
        &mut self.tables
    }

    /// A batch that is due: full, or `all` for whatever waits.
    pub fn batch(&mut self, all: bool) -> Option<(&'static str, RecordBatch)> {
        let due = |rows: usize, bytes: usize| rows >= limits::BATCH_ROWS || bytes >= limits::BATCH_BYTES || (all && rows > 0);
        let table = self.tables().iter_mut().find(|table| due(table.rows(), table.bytes()))?;
        Some((table.spec().name, table.finish()))
    }

    /// Writes one row that belongs to no connection, nor to any address. `at` is what tells two rows of one stream, sensor and time apart.
    pub fn emit_alone<R: Row>(&mut self, ts: i64, at: u64, row: &R) {
        self.write(Head { origin: None, ts, at }, row);
    }

    /// A connection gives no more rows: what was made for them serves the next one.
    pub fn done(&mut self, identity: Identity) {
        self.spare = identity.written.or(self.spare.take());
    }

    /// Writes one row. `at` is what tells two rows of one stream, connection and direction apart.
    pub fn emit<R: Row>(&mut self, identity: &mut Identity, ts: i64, dir: Dir, at: u64, row: &R) {
        let origin = Some(self.origin(identity, R::SPEC.id, dir));
        self.write(Head { origin, ts, at }, row);
    }

    /// Has a message's row written with those of others.
    pub fn later(&mut self, identity: &mut Identity, dir: Dir, message: Box<Message>) {
        let origin = self.origin(identity, StreamId::Hl7, dir);
        self.messages.add(origin, message);
        if self.messages.is_full() {
            self.write_messages();
        }
    }

    /// Writes the rows of the messages that wait.
    pub fn write_messages(&mut self) {
        let mut waiting = self.messages.take();
        for (origin, message) in &mut waiting {
            message.emit(origin, self);
        }
        self.messages.keep(waiting);
    }

    /// Writes one row of a connection and stream, of which it is known what they begin with in this batch.
    pub fn emit_of<R: Row>(&mut self, origin: &Origin, ts: i64, at: u64, row: &R) {
        let origin = Some(*origin);
        self.write(Head { origin, ts, at }, row);
    }

    /// What a row of this connection and stream begins with, as long as the waiting batch lasts.
    fn origin(&mut self, identity: &mut Identity, stream: StreamId, dir: Dir) -> Origin {
        let (uid, ends) = (identity.uid, identity.ends);
        let written = identity.written(&mut self.spare);
        let codes = self.tables.get_mut(stream as usize).map_or([0; 4], |table| written.codes(table));
        Origin { uid, ends, codes, dir }
    }

    fn write<R: Row>(&mut self, head: Head, row: &R) {
        if let Some(table) = self.tables.get_mut(R::SPEC.id as usize) {
            table.row(head, |cells| row.write(cells));
        }
    }
}

/// Handed to a parser with every call.
pub struct Context<'a> {
    /// Time of the packet that completed the bytes shown, nanoseconds since 1970, UTC.
    pub ts: i64,
    /// Streams: position of the first byte shown in its direction. Datagrams: a number made from time and content. Unique enough for `emit`.
    pub offset: u64,
    pub identity: &'a mut Identity,
    pub out: &'a mut Output,
}

impl Context<'_> {
    /// Writes one row into the stream of its type. `ts`: when it began, nanoseconds. `at`: what tells it from other rows of the same stream
    /// in this connection and direction, the same however the packets were cut: the offset where its message began, say.
    pub fn emit<R: Row>(&mut self, ts: i64, dir: Dir, at: u64, row: &R) {
        self.out.emit(self.identity, ts, dir, at, row);
    }

    /// The pseudonym of an id as it stood on the wire; `None` if it is empty.
    pub fn pseudonym(&self, value: &[u8]) -> Option<String> {
        self.out.keys.pseudonym_bytes(value)
    }

    /// The same where the message declares its character set.
    pub fn pseudonym_in(&self, charset: Charset, value: &[u8]) -> Option<String> {
        self.out.keys.pseudonym_in(charset, value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn v4(a: [u8; 4]) -> u128 {
        std::net::Ipv4Addr::from(a).to_ipv6_mapped().to_bits()
    }

    fn id(ends: &Ends) -> String {
        let mut text = Vec::new();
        community_id(ends, &mut text);
        String::from_utf8(text).unwrap()
    }

    #[test]
    fn community_id_as_the_specification_has_it() {
        let ends = Ends {
            orig: v4([128, 232, 110, 120]),
            resp: v4([66, 35, 250, 204]),
            orig_port: 34855,
            resp_port: 80,
            proto: 6,
        };
        assert_eq!(id(&ends), "1:LQU9qZlK+B5F3KDmev6m5PMibrg=");
        let back = Ends {
            orig: ends.resp,
            resp: ends.orig,
            orig_port: 80,
            resp_port: 34855,
            proto: 6,
        };
        assert_eq!(id(&back), id(&ends));
    }

    #[test]
    fn addresses_as_the_library_writes_them() {
        for bits in [[0, 9, 10, 99], [100, 255, 1, 109], [127, 0, 0, 1]]
            .map(v4)
            .into_iter()
            .chain([0, 1, 0xfe80 << 112 | 7])
        {
            let mut text = Vec::new();
            write_address(bits, &mut text);
            assert_eq!(text, address(bits).to_string().as_bytes());
        }
    }
}
