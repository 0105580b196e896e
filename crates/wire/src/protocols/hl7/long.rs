//! A segment that is too long to stand together: the beginning of each field is kept, the rest passes.
//!
//! Documents travel in OBX-5 (ED, v2.5.1 2.A.24) and may have many megabytes; what identifies the equipment stands behind them, in OBX-18.

use super::segment::{declares, head, segment_ends, Delimiters, Head};
use crate::limits;
use crate::text::find;

#[derive(Debug)]
pub struct Long {
    /// Offsets of its first byte and after the last that was seen, and when the first was seen.
    pub at: u64,
    pub end: u64,
    pub since: i64,
    by: Delimiters,
    kept: Vec<u8>,
    /// Where the field that passes begins in `kept`.
    field: usize,
    /// The rest of the field passes.
    passes: bool,
    /// As much is kept as may be: all that follows passes.
    pub full: bool,
}

impl Long {
    /// A segment that begins with `line`, in a message with delimiters `by` unless it declares its own.
    pub fn new(line: &[u8], by: Delimiters, at: u64, since: i64) -> Long {
        let own = line.get(..3).filter(|name| declares(name)).map(|_| match head(line) {
            Head::Declares(by) => by,
            Head::Short | Head::Wrong => Delimiters::default(),
        });
        Long {
            at,
            end: at,
            since,
            by: own.unwrap_or(by),
            kept: Vec::new(),
            field: 0,
            passes: false,
            full: false,
        }
    }

    pub fn kept(&self) -> &[u8] {
        &self.kept
    }

    /// Uses `bytes` as far as they belong to the segment; says where it ends, if it does.
    pub fn feed(&mut self, bytes: &[u8]) -> Option<usize> {
        let end = self.scan(bytes);
        self.end = self.end.saturating_add(end.unwrap_or(bytes.len()) as u64);
        end
    }

    fn scan(&mut self, bytes: &[u8]) -> Option<usize> {
        let separator = self.by.field;
        let mut used = 0usize;
        loop {
            let rest = bytes.get(used..).unwrap_or_default();
            let Some(n) = find(rest, |b| segment_ends(b) | (b == separator)) else {
                self.keep(rest);
                return None;
            };
            self.keep(rest.get(..n).unwrap_or_default());
            used = used.saturating_add(n);
            if bytes.get(used) != Some(&separator) {
                return Some(used);
            }
            self.separate();
            used = used.saturating_add(1);
        }
    }

    /// More of a field. Of one that is too long, whole repetitions and components stay.
    fn keep(&mut self, bytes: &[u8]) {
        if self.passes {
            return;
        }
        let room = limits::HL7_FIELD.saturating_sub(self.kept.len().saturating_sub(self.field));
        self.kept.extend_from_slice(bytes.get(..room).unwrap_or(bytes));
        if bytes.len() > room {
            let begun = self.kept.get(self.field..).unwrap_or_default();
            let whole = begun.iter().rposition(|b| *b == self.by.repetition || *b == self.by.component);
            self.kept.truncate(self.field.saturating_add(whole.unwrap_or(0)));
            self.passes = true;
        }
    }

    /// The field ended and another begins.
    fn separate(&mut self) {
        self.full |= self.kept.len().saturating_add(limits::HL7_FIELD) >= limits::HL7_SEGMENT;
        self.passes = self.full;
        if !self.full {
            self.kept.push(self.by.field);
            self.field = self.kept.len();
        }
    }
}
