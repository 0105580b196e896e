//! What a parser may know and do: where and when the bytes are, the site's keys, and a place for its rows.

use std::sync::Arc;

use arrow_array::RecordBatch;

use crate::charset::Charset;
use crate::heads::{Head, Origin};
use crate::keys::{self, Keys};
use crate::limits;
use crate::protocols::files::open::Open;
use crate::protocols::hl7::message::Message;
use crate::protocols::hl7::outbox::Outbox;
use crate::protocols::{Dir, StreamId, STREAMS};
use crate::records::{Row, Table};
use crate::transfers::Transfers;

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
    /// Most connections write rows of one or two streams.
    codes: [Coded; 2],
}

/// What a table calls the connection and its ends, as long as its batch lasts.
#[derive(Clone, Copy, Debug, Default)]
struct Coded {
    table: Option<(StreamId, u32)>,
    codes: [i32; 4],
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
        Identity {
            ends,
            uid,
            codes: Default::default(),
        }
    }

    fn codes(&mut self, table: &mut Table) -> [i32; 4] {
        let now = Some((table.spec().id, table.heads.generation));
        if let Some(known) = self.codes.iter().find(|coded| coded.table == now) {
            return known.codes;
        }
        let codes = table.heads.codes(&self.uid, &self.ends);
        self.codes = [Coded { table: now, codes }, self.codes[0]];
        codes
    }
}

/// The rows of all streams that wait to leave.
pub struct Output {
    pub keys: Keys,
    tables: Vec<Table>,
    pub messages: Outbox,
    pub files: Open,
    /// What control connections of FTP have said of data connections that are to come.
    pub transfers: Transfers,
}

impl Output {
    pub fn new(keys: Keys, sensor: String) -> Output {
        let sensor = Arc::from(sensor);
        Output {
            keys,
            tables: STREAMS.iter().map(|spec| Table::new(spec, &sensor)).collect(),
            messages: Outbox::default(),
            files: Open::default(),
            transfers: Transfers::default(),
        }
    }

    /// The tables, with every row that is known.
    pub fn tables(&mut self) -> &mut [Table] {
        self.write_messages();
        &mut self.tables
    }

    /// A batch that is due: full, or the largest if too much waits in all, or `all` for whatever waits.
    pub fn batch(&mut self, all: bool) -> Option<(&'static str, RecordBatch)> {
        let tables = self.tables();
        let (waiting, largest) = tables
            .iter()
            .map(Table::bytes)
            .fold((0, 0), |(sum, most), n| (n + sum, most.max(n)));
        let enough = if waiting > limits::BATCHES_BYTES {
            largest
        } else {
            limits::BATCH_BYTES
        };
        let due = |rows: usize, bytes: usize| rows >= limits::BATCH_ROWS || bytes >= enough || (all && rows > 0);
        let table = tables.iter_mut().find(|table| due(table.rows(), table.bytes()))?;
        Some((table.spec().name, table.finish()))
    }

    /// Writes one row that belongs to no connection, nor to any address. `at` is what tells two rows of one stream, sensor and time apart.
    pub fn emit_alone<R: Row>(&mut self, ts: i64, at: u64, row: &R) {
        self.write(Head { origin: None, ts, at }, row);
    }

    /// Writes one row. `at` is what tells two rows of one stream, connection and direction apart.
    pub fn emit<R: Row>(&mut self, identity: &mut Identity, ts: i64, dir: Dir, at: u64, row: &R) {
        let origin = Some(self.origin(identity, R::SPEC.id, dir));
        self.write(Head { origin, ts, at }, row);
    }

    /// Writes one row each for connections that are alike but for their identity and time, nanoseconds.
    pub fn emit_each<R: Row>(&mut self, connections: impl ExactSizeIterator<Item = (Identity, i64)>, dir: Dir, at: u64, row: &R) {
        let mut connections = connections;
        let Some((mut first, ts)) = connections.next() else { return };
        self.emit(&mut first, ts, dir, at, row);
        let Some(table) = self.tables.get_mut(R::SPEC.id as usize) else {
            return;
        };
        let heads = table.again(connections.len());
        for (Identity { uid, ends, .. }, ts) in connections {
            let codes = heads.codes(&uid, &ends);
            let origin = Some(Origin { uid, ends, codes, dir });
            heads.push(Head { origin, ts, at });
        }
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
        let codes = self.tables.get_mut(stream as usize).map_or([0; 4], |table| identity.codes(table));
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

    #[test]
    fn rows_of_many_streams_do_not_all_wait_for_thousands_of_their_like() {
        let mut out = crate::testing::output();
        let mut left = 0;
        for at in 0..limits::BATCH_ROWS as u64 - 1 {
            for table in out.tables() {
                table.row(Head { origin: None, ts: 0, at }, |_| ());
            }
            while let Some((_, batch)) = out.batch(false) {
                left += batch.num_rows();
            }
            assert!(out.tables().iter().map(|table| table.bytes()).sum::<usize>() <= limits::BATCHES_BYTES);
        }
        assert!(left > 0);
    }
}
