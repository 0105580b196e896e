//! What every row begins with: kept as it came, and made into the columns of [`COMMON`](crate::records::COMMON) when its batch leaves, each
//! column at once. Ids are hashes, so a batch of them costs half of what the same ids cost one by one between other work.

use std::sync::Arc;

use arrow_array::{new_null_array, ArrayRef, Int64Array, StringArray, TimestampMicrosecondArray};
use arrow_buffer::{BooleanBuffer, Buffer, NullBuffer, OffsetBuffer, ScalarBuffer};

use arrow_schema::DataType;

use crate::columns::Dictionary;
use crate::context::Ends;
use crate::keys::{base32, identity};
use crate::names;
use crate::protocols::Dir;

/// Characters of an event id: 128 bits of base 32.
const ID: usize = 26;

/// The connection that a row belongs to.
#[derive(Clone, Copy, Debug)]
pub struct Origin {
    pub uid: [u8; 16],
    pub ends: Ends,
    /// What the batch calls its uid, Community ID and addresses, see [`Heads::codes`].
    pub codes: [i32; 4],
    pub dir: Dir,
}

/// The beginning of a row.
#[derive(Clone, Copy, Debug)]
pub struct Head {
    /// `None` for a row that belongs to no connection, nor to any address.
    pub origin: Option<Origin>,
    /// Nanoseconds since 1970.
    pub ts: i64,
    /// Tells it from the rows of its stream that have the same connection and direction, or of no connection the same time.
    pub at: u64,
}

impl Head {
    fn id(&self, stream: &str, sensor: &str) -> [u8; 16] {
        let at = self.at.to_be_bytes();
        match &self.origin {
            // The name of a stream has neither byte, and all that follows has a fixed length, the sensor's name aside.
            Some(origin) => identity([stream.as_bytes(), &[0], &origin.uid, &[origin.dir as u8], &at]),
            None => identity([stream.as_bytes(), &[1], sensor.as_bytes(), &self.ts.to_be_bytes(), &at]),
        }
    }
}

/// Addresses that were asked for lately, and the numbers of their names.
#[derive(Default)]
struct Known([Option<(u128, i32)>; KNOWN]);

const KNOWN: usize = 16;

impl Known {
    fn code(&mut self, bits: u128, name: impl FnOnce() -> i32) -> i32 {
        let mixed = (bits as u64 ^ (bits >> 64) as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let known = self.0.get_mut((mixed >> 60) as usize);
        match known {
            Some(Some((of, code))) if *of == bits => *code,
            place => {
                let code = name();
                if let Some(place) = place {
                    *place = Some((bits, code));
                }
                code
            }
        }
    }
}

/// The beginnings of the rows of a table.
#[derive(Default)]
pub struct Heads {
    heads: Vec<Head>,
    /// Uids, Community IDs, addresses of originators and of responders.
    names: [Dictionary; 4],
    /// Of originators and responders.
    known: [Known; 2],
    /// An address while it is written.
    text: Vec<u8>,
    /// How often the numbers of names have begun anew: a number that is remembered elsewhere counts only within one of these.
    pub generation: u32,
}

impl Heads {
    pub fn rows(&self) -> usize {
        self.heads.len()
    }

    pub fn push(&mut self, head: Head) {
        self.heads.push(head);
    }

    /// What this batch calls the uid and Community ID of a connection, which hardly any row had before, and the addresses of its ends.
    pub fn codes(&mut self, hash: &[u8; 16], ends: &Ends) -> [i32; 4] {
        let [uids, communities, origs, resps] = &mut self.names;
        let [orig, resp] = &mut self.known;
        let mut address = |known: &mut Known, names: &mut Dictionary, bits: u128| {
            known.code(bits, || {
                self.text.clear();
                names::write_address(bits, &mut self.text);
                names.code(&self.text)
            })
        };
        [
            uids.add(&names::uid(hash)),
            communities.add(&names::community_id(ends)),
            address(orig, origs, ends.orig),
            address(resp, resps, ends.resp),
        ]
    }

    /// Takes all out, as the columns of [`COMMON`](crate::records::COMMON).
    pub fn take(&mut self, stream: &str, sensor: &str) -> Vec<ArrayRef> {
        let heads = std::mem::take(&mut self.heads);
        self.heads.reserve(heads.len());
        self.generation = self.generation.wrapping_add(1);
        self.known = Default::default();
        let mut columns = Columns::for_rows(heads.len());
        for head in &heads {
            columns.add(head, stream, sensor);
        }
        let alone = heads.iter().any(|head| head.origin.is_none());
        let nulls = alone.then(|| NullBuffer::new(BooleanBuffer::from_iter(heads.iter().map(|head| head.origin.is_some()))));
        columns.finish(&mut self.names, sensor, nulls)
    }
}

/// The columns that are being made.
struct Columns {
    ids: Vec<u8>,
    times: Vec<i64>,
    codes: [Vec<i32>; 4],
    /// Ports, then both halves of both addresses.
    numbers: [Vec<i64>; 6],
}

impl Columns {
    fn for_rows(rows: usize) -> Columns {
        Columns {
            ids: Vec::with_capacity(rows * ID),
            times: Vec::with_capacity(rows),
            codes: std::array::from_fn(|_| Vec::with_capacity(rows)),
            numbers: std::array::from_fn(|_| Vec::with_capacity(rows)),
        }
    }

    fn add(&mut self, head: &Head, stream: &str, sensor: &str) {
        self.ids.extend_from_slice(&base32::<ID>(&head.id(stream, sensor)));
        self.times.push(head.ts.div_euclid(1000));
        let (codes, numbers) = head.origin.as_ref().map_or(([0; 4], [0; 6]), |origin| {
            let Ends { orig, resp, .. } = origin.ends;
            let [orig_hi, resp_hi] = [orig, resp].map(|bits| (bits >> 64) as u64 as i64);
            let [orig_lo, resp_lo] = [orig, resp].map(|bits| bits as u64 as i64);
            let ports = [origin.ends.orig_port, origin.ends.resp_port].map(i64::from);
            (origin.codes, [ports[0], ports[1], orig_hi, orig_lo, resp_hi, resp_lo])
        });
        self.codes.iter_mut().zip(codes).for_each(|(column, code)| column.push(code));
        self.numbers
            .iter_mut()
            .zip(numbers)
            .for_each(|(column, number)| column.push(number));
    }

    /// `nulls`: the rows of no connection.
    fn finish(self, names: &mut [Dictionary; 4], sensor: &str, nulls: Option<NullBuffer>) -> Vec<ArrayRef> {
        let rows = self.times.len();
        let [uids, communities, origs, resps] = names;
        let [uid, community_id, orig, resp] = self.codes;
        let number = |column: Vec<i64>| Arc::new(Int64Array::new(column.into(), nulls.clone())) as ArrayRef;
        let [orig_port, resp_port, orig_hi, orig_lo, resp_hi, resp_lo] = self.numbers.map(number);
        let ends = (0..=rows).map(|n| i32::try_from(n * ID).unwrap_or(i32::MAX));
        let ends = OffsetBuffer::new(ScalarBuffer::from_iter(ends));
        let ids = StringArray::try_new(ends, Buffer::from_vec(self.ids), None);
        vec![
            ids.map_or_else(|_| new_null_array(&DataType::Utf8, rows), |ids| Arc::new(ids)),
            Arc::new(TimestampMicrosecondArray::new(self.times.into(), None).with_timezone("UTC")),
            uids.take(uid, nulls.clone()),
            communities.take(community_id, nulls.clone()),
            Dictionary::of(sensor.as_bytes()).take(vec![0; rows], None),
            origs.take(orig, nulls.clone()),
            orig_port,
            resps.take(resp, nulls.clone()),
            resp_port,
            orig_hi,
            orig_lo,
            resp_hi,
            resp_lo,
        ]
    }
}
