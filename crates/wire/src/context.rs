//! What a parser may know and do: where and when the bytes are, the site's keys, and a place for its rows.

use std::fmt::Write as _;
use std::net::{IpAddr, Ipv6Addr};

use arrow_array::RecordBatch;
use base64::engine::general_purpose::STANDARD;
use base64::Engine as _;
use sha1::{Digest as _, Sha1};

use crate::charset::Charset;
use crate::keys::{self, base32, Keys};
use crate::limits;
use crate::protocols::{Dir, StreamId, STREAMS};
use crate::records::{Micros, Row, Table};

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

#[derive(Debug, Default)]
struct Written {
    uid: String,
    community_id: String,
    orig: String,
    resp: String,
    codes: [Coded; 2],
}

/// The numbers of uid, Community ID, sensor and addresses among the words of a table, as long as its batch lasts: most connections write many
/// rows of one or two streams.
#[derive(Clone, Copy, Debug, Default)]
struct Coded {
    table: Option<(StreamId, u32)>,
    codes: [i32; 5],
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
        [&mut *text, community, orig, resp].into_iter().for_each(String::clear);
        *codes = Default::default();
        text.push('C');
        base32(uid, 17, text);
        community_id(ends, community);
        write_address(ends.orig, orig);
        write_address(ends.resp, resp);
    }

    fn codes(&mut self, table: &mut Table, sensor: &str) -> [i32; 5] {
        let now = Some((table.spec().id, table.generation()));
        if let Some(known) = self.codes.iter().find(|coded| coded.table == now) {
            return known.codes;
        }
        let codes = table.codes([&self.uid, &self.community_id], [sensor, &self.orig, &self.resp]);
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

fn write_address(bits: u128, to: &mut String) {
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
            to.push_str(std::str::from_utf8(text.get(..end - 1).unwrap_or_default()).unwrap_or_default());
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
fn community_id(ends: &Ends, to: &mut String) {
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
    to.push_str("1:");
    to.push_str(std::str::from_utf8(text.get(..written.unwrap_or(0)).unwrap_or_default()).unwrap_or_default());
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

/// The identity of a row of a stream, of a connection.
fn event_id(stream: &str, uid: &[u8; 16], dir: Dir, at: u64) -> [u8; 16] {
    keys::identity([stream.as_bytes(), uid, &[dir as u8], &at.to_be_bytes()])
}

/// The rows of all streams that wait to leave.
pub struct Output {
    pub keys: Keys,
    pub sensor: String,
    pub tables: Vec<Table>,
    event_id: String,
    /// Of a connection that is over.
    spare: Option<Box<Written>>,
}

impl Output {
    pub fn new(keys: Keys, sensor: String) -> Output {
        Output {
            keys,
            sensor,
            tables: STREAMS.iter().map(|spec| Table::new(spec)).collect(),
            event_id: String::new(),
            spare: None,
        }
    }

    /// A batch that is due: full, or `all` for whatever waits.
    pub fn batch(&mut self, all: bool) -> Option<(&'static str, RecordBatch)> {
        let due = |rows: usize, bytes: usize| rows >= limits::BATCH_ROWS || bytes >= limits::BATCH_BYTES || (all && rows > 0);
        let table = self.tables.iter_mut().find(|table| due(table.rows(), table.bytes()))?;
        Some((table.spec().name, table.finish()))
    }

    /// Writes one row that belongs to no connection, nor to any address. `at` is what tells two rows of one stream, sensor and time apart.
    pub fn emit_alone<R: Row>(&mut self, ts: i64, at: u64, row: &R) {
        let id = keys::identity([
            R::SPEC.name.as_bytes(),
            self.sensor.as_bytes(),
            &ts.to_be_bytes(),
            &at.to_be_bytes(),
        ]);
        self.event_id.clear();
        base32(&id, 26, &mut self.event_id);
        if let Some(table) = self.tables.get_mut(R::SPEC.id as usize) {
            table.row(|cells| {
                cells.put(Some(self.event_id.as_str()));
                cells.put(Micros(ts.div_euclid(1000)));
                cells.put(None::<&str>);
                cells.put(None::<&str>);
                cells.put(Some(self.sensor.as_str()));
                for _ in 0..2 {
                    cells.put(None::<&str>);
                    cells.put(None::<i64>);
                }
                for _ in 0..4 {
                    cells.put(None::<i64>);
                }
                row.write(cells);
            });
        }
    }

    /// A connection gives no more rows: what was made for them serves the next one.
    pub fn done(&mut self, identity: Identity) {
        self.spare = identity.written.or(self.spare.take());
    }

    /// Writes one row. `at` is what tells two rows of one stream, connection and direction apart.
    pub fn emit<R: Row>(&mut self, identity: &mut Identity, ts: i64, dir: Dir, at: u64, row: &R) {
        let id = event_id(R::SPEC.name, &identity.uid, dir, at);
        let ends = identity.ends;
        let written = identity.written(&mut self.spare);
        self.event_id.clear();
        base32(&id, 26, &mut self.event_id);
        if let Some(table) = self.tables.get_mut(R::SPEC.id as usize) {
            let [uid, community_id, sensor, orig, resp] = written.codes(table, &self.sensor);
            table.row(|cells| {
                cells.put(Some(self.event_id.as_str()));
                cells.put(Micros(ts.div_euclid(1000)));
                cells.put_code(uid);
                cells.put_code(community_id);
                cells.put_code(sensor);
                cells.put_code(orig);
                cells.put(Some(i64::from(ends.orig_port)));
                cells.put_code(resp);
                cells.put(Some(i64::from(ends.resp_port)));
                for bits in [ends.orig, ends.resp] {
                    cells.put(Some((bits >> 64) as u64 as i64));
                    cells.put(Some(bits as u64 as i64));
                }
                row.write(cells);
            });
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
        let mut text = String::new();
        community_id(ends, &mut text);
        text
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
            let mut text = String::new();
            write_address(bits, &mut text);
            assert_eq!(text, address(bits).to_string());
        }
    }
}
