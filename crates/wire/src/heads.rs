//! What every row begins with: kept as it came, and made into the columns of [`COMMON`](crate::records::COMMON) when its batch leaves, each
//! column at once. Ids are hashes, so a batch of them costs half of what the same ids cost one by one between other work.

use std::sync::Arc;

use arrow_array::{ArrayRef, Int64Array, StringArray, TimestampMicrosecondArray};
use arrow_buffer::{BooleanBuffer, Buffer, NullBuffer, OffsetBuffer, ScalarBuffer};

use crate::columns::Dictionary;
use crate::context::Ends;
use crate::keys::{base32, identity};
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
            Some(origin) => identity([stream.as_bytes(), &origin.uid, &[origin.dir as u8], &at]),
            None => identity([stream.as_bytes(), sensor.as_bytes(), &self.ts.to_be_bytes(), &at]),
        }
    }
}

/// The beginnings of the rows of a table.
#[derive(Default)]
pub struct Heads {
    heads: Vec<Head>,
    /// Uids, Community IDs, addresses of originators and of responders.
    names: [Dictionary; 4],
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

    /// What this batch calls the uid and Community ID of a connection, which no row had before or nearly so, and the addresses of its ends. All
    /// are ASCII.
    pub fn codes(&mut self, [uid, community_id]: [&[u8]; 2], [orig, resp]: [&[u8]; 2]) -> [i32; 4] {
        let [uids, communities, origs, resps] = &mut self.names;
        [uids.add(uid), communities.add(community_id), origs.code(orig), resps.code(resp)]
    }

    /// Takes all out, as the columns of [`COMMON`](crate::records::COMMON).
    pub fn take(&mut self, stream: &str, sensor: &str) -> Vec<ArrayRef> {
        let heads = std::mem::take(&mut self.heads);
        self.heads.reserve(heads.len());
        self.generation = self.generation.wrapping_add(1);
        let columns = Columns::of(&heads);
        let [uids, communities, origs, resps] = &mut self.names;
        let code = |number: usize| move |origin: &Origin| origin.codes.get(number).copied().unwrap_or(0);
        let high = |bits: u128| (bits >> 64) as u64 as i64;
        let low = |bits: u128| bits as u64 as i64;
        vec![
            ids(&heads, stream, sensor),
            Arc::new(TimestampMicrosecondArray::from_iter_values(heads.iter().map(|head| head.ts.div_euclid(1000))).with_timezone("UTC")),
            columns.words(uids, code(0)),
            columns.words(communities, code(1)),
            Dictionary::of(sensor.as_bytes()).take(vec![0; heads.len()], None),
            columns.words(origs, code(2)),
            columns.numbers(|origin| origin.ends.orig_port.into()),
            columns.words(resps, code(3)),
            columns.numbers(|origin| origin.ends.resp_port.into()),
            columns.numbers(|origin| high(origin.ends.orig)),
            columns.numbers(|origin| low(origin.ends.orig)),
            columns.numbers(|origin| high(origin.ends.resp)),
            columns.numbers(|origin| low(origin.ends.resp)),
        ]
    }
}

/// The columns that rows of no connection leave empty.
struct Columns<'a> {
    heads: &'a [Head],
    nulls: Option<NullBuffer>,
}

impl<'a> Columns<'a> {
    fn of(heads: &'a [Head]) -> Columns<'a> {
        let alone = heads.iter().any(|head| head.origin.is_none());
        let nulls = alone.then(|| NullBuffer::new(BooleanBuffer::from_iter(heads.iter().map(|head| head.origin.is_some()))));
        Columns { heads, nulls }
    }

    fn each<T: Default>(&self, of: impl Fn(&Origin) -> T) -> Vec<T> {
        let value = |head: &Head| head.origin.as_ref().map_or_else(T::default, &of);
        self.heads.iter().map(value).collect()
    }

    fn words(&self, names: &mut Dictionary, code: impl Fn(&Origin) -> i32) -> ArrayRef {
        names.take(self.each(code), self.nulls.clone())
    }

    fn numbers(&self, of: impl Fn(&Origin) -> i64) -> ArrayRef {
        Arc::new(Int64Array::new(self.each(of).into(), self.nulls.clone()))
    }
}

fn ids(heads: &[Head], stream: &str, sensor: &str) -> ArrayRef {
    let mut text = Vec::with_capacity(heads.len() * ID);
    for head in heads {
        text.extend_from_slice(&base32::<ID>(&head.id(stream, sensor)));
    }
    let ends = (0..=heads.len()).map(|n| i32::try_from(n * ID).unwrap_or(i32::MAX));
    let ends = OffsetBuffer::new(ScalarBuffer::from_iter(ends));
    Arc::new(StringArray::new(ends, Buffer::from_vec(text), None))
}
