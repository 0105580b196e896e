//! What is remembered of one message between its header and its terminator.

use std::borrow::Cow;
use std::fmt::Write as _;

use super::record::{self, TYPES};
use super::sender::Sender;
use super::Astm;
use crate::context::Context;
use crate::limits;
use crate::product;
use crate::protocols::hl7::segment::{time, token, Segment};
use crate::protocols::personal::Personal;
use crate::protocols::Dir;

/// What frames did while a message was carried.
#[derive(Debug, Default)]
pub struct Carried {
    pub frames: i64,
    pub retransmitted: i64,
    pub checksum_errors: i64,
    pub naks: i64,
    pub latency: Option<f64>,
    pub malformed: Option<&'static str>,
}

#[derive(Debug, Default)]
pub struct Message {
    /// Offset of its first byte, and when that was seen, nanoseconds.
    at: u64,
    started: i64,
    pub framed: bool,
    /// Its terminator was seen.
    pub ended: bool,
    pub malformed: Option<&'static str>,
    sender: Sender,
    receiver: Option<String>,
    control_id: Option<String>,
    processing_id: Option<String>,
    version: Option<String>,
    encoding: Option<String>,
    ts_message: Option<i64>,
    termination: Option<String>,
    /// Types in order of first appearance with their number.
    counts: Vec<(u8, i64)>,
    patient: Option<String>,
    patients: Vec<String>,
    specimen: Option<String>,
    specimens: Vec<String>,
    personal: Personal,
    bytes: i64,
}

impl Message {
    /// A message that begins at this offset and time.
    pub fn new(at: u64, started: i64, framed: bool) -> Message {
        Message {
            at,
            started,
            framed,
            ..Message::default()
        }
    }

    /// Counts a record of this type and takes from it what identifies sender, patient and specimen.
    pub fn record(&mut self, kind: u8, record: &Segment<'_>, cx: &Context<'_>) {
        self.bytes = self
            .bytes
            .saturating_add(i64::try_from(record.line.len()).unwrap_or(0))
            .saturating_add(1);
        if let Some((_, count)) = self.counts.iter_mut().find(|(known, _)| *known == kind) {
            *count = count.saturating_add(1);
        } else if self.counts.len() < TYPES.len() {
            self.counts.push((kind, 1));
        }
        match kind {
            b'H' => self.header(record),
            b'P' => self.patient(record, cx),
            b'O' => self.order(record, cx),
            b'Q' => self.query(record, cx),
            b'L' if !record.cut => {
                self.ended = true;
                let code = record
                    .field(2)
                    .and_then(|f| token(f, 1, b""))
                    .filter(|c| c.bytes().all(|b| b.is_ascii_uppercase()));
                self.termination = code.map(str::to_owned);
            }
            _ => {}
        }
    }

    /// H (LIS02-A2 7.1). Field n of the standard, which counts the type as the first, stands at n - 1.
    fn header(&mut self, record: &Segment<'_>) {
        let field = |number: usize| record.header(number);
        let one = |number: usize| field(number).and_then(|f| record.component(f, 1));
        self.encoding = record
            .line
            .get(1..5)
            .filter(|d| d.iter().all(u8::is_ascii_punctuation))
            .map(|d| String::from_utf8_lossy(d).into_owned());
        self.control_id = field(3)
            .and_then(|f| token(f.trim_ascii(), limits::HL7_ID, b"-_.:/"))
            .map(str::to_owned);
        let components = field(5).map(|f| record.first(f).split(|b| *b == record.by.component));
        self.sender = components.map(Sender::read).unwrap_or_default();
        self.receiver = one(10).and_then(product::class);
        let processing = one(12)
            .and_then(|c| token(c, 1, b""))
            .filter(|c| matches!(*c, "P" | "T" | "D" | "Q"));
        self.processing_id = processing.map(str::to_owned);
        let version = one(13).and_then(|c| token(c, limits::HL7_ID, b"-.")).filter(|v| record::version(v));
        self.version = version.map(str::to_owned);
        self.ts_message = one(14).and_then(time);
    }

    /// P: ids P-3 to P-5, name P-6, maiden name P-7, date of birth P-8 (LIS02-A2 7.2).
    fn patient(&mut self, record: &Segment<'_>, cx: &Context<'_>) {
        let mut id = None;
        for (number, field) in record.fields().enumerate().skip(2).take(6) {
            let number = number.saturating_add(1);
            for part in field.split(|b| matches!(*b, b' ' | b',') || *b == record.by.component || *b == record.by.repetition) {
                // Of a time of birth the date.
                self.personal
                    .add(part.get(..if number == 8 { 8 } else { usize::MAX }).unwrap_or(part));
            }
            if number <= 5 {
                id = id.or_else(|| record.component(field, 1));
            }
        }
        self.name_patient(record, id, cx);
    }

    /// O-3, the specimen's id that the information system gave, else O-4, the instrument's (LIS02-A2 7.3).
    fn order(&mut self, record: &Segment<'_>, cx: &Context<'_>) {
        for number in [3, 4] {
            let id = record.header(number).and_then(|field| specimen(record, field));
            self.name_specimen(record, id, cx);
        }
    }

    /// Q-3, starting range: the patient's id and the specimen's (LIS02-A2 7.6).
    fn query(&mut self, record: &Segment<'_>, cx: &Context<'_>) {
        let Some(range) = record.header(3) else { return };
        for one in record.repetitions(range).take(limits::LABORATORY_IDS) {
            let patient = record.component(one, 1).filter(|id| !id.trim_ascii().eq_ignore_ascii_case(b"ALL"));
            self.personal.add(patient.unwrap_or_default());
            self.name_patient(record, patient, cx);
            let rest = one
                .iter()
                .position(|b| *b == record.by.component)
                .and_then(|n| one.get(n.saturating_add(1)..));
            let id = rest
                .and_then(|rest| specimen(record, rest))
                .filter(|id| !id.eq_ignore_ascii_case(b"ALL"));
            self.name_specimen(record, id, cx);
        }
    }

    fn name_patient(&mut self, record: &Segment<'_>, id: Option<&[u8]>, cx: &Context<'_>) {
        let Some(pseudonym) = id.and_then(|id| cx.pseudonym(&record.unescaped(id))) else {
            return;
        };
        self.patient.get_or_insert_with(|| pseudonym.clone());
        keep(&mut self.patients, pseudonym);
    }

    fn name_specimen(&mut self, record: &Segment<'_>, id: Option<&[u8]>, cx: &Context<'_>) {
        let Some(id) = id else { return };
        self.personal.add(id);
        let Some(pseudonym) = cx.pseudonym(&record.unescaped(id)) else {
            return;
        };
        self.specimen.get_or_insert_with(|| pseudonym.clone());
        keep(&mut self.specimens, pseudonym);
    }

    fn count(&self, kind: u8) -> i64 {
        self.counts.iter().find(|(known, _)| *known == kind).map_or(0, |(_, count)| *count)
    }

    /// Writes the row.
    pub fn emit(&self, dir: Dir, carried: &Carried, partial: bool, cx: &mut Context<'_>) {
        let mut text = String::new();
        let counts = self.counts.iter().map(|(kind, count)| {
            text.clear();
            let _ = write!(text, "{}:{count}", char::from(*kind));
            Cow::Owned(text.clone())
        });
        let records = counts.collect();
        let list = |ids: &'_ [String]| ids.iter().map(|id| Cow::Owned(id.clone())).collect();
        let personal = &self.personal;
        let plain = |text: &'_ Option<String>| text.as_deref().filter(|t| !personal.is_in(t)).map(str::to_owned);
        let control_id = self.control_id.as_deref().and_then(|id| personal.hidden(id, |id| cx.pseudonym(id)));
        let direction = match (self.count(b'R'), self.count(b'Q'), self.count(b'O')) {
            (1.., _, _) => Some("results"),
            (_, 1.., _) => Some("query"),
            (_, _, 1..) => Some("orders"),
            _ => None,
        };
        let Sender {
            name,
            manufacturer,
            model,
            software_version,
            serial_number,
        } = &self.sender;
        let (name, manufacturer, model, receiver) = (plain(name), plain(manufacturer), plain(model), plain(&self.receiver));
        let (software_version, serial_number) = (plain(software_version), plain(serial_number));
        let row = Astm {
            kind: Some(if self.framed { "framed" } else { "raw" }),
            is_orig: Some(dir == Dir::Orig),
            sender: name.as_deref(),
            manufacturer: manufacturer.as_deref(),
            model: model.as_deref(),
            software_version: software_version.as_deref(),
            serial_number: serial_number.as_deref(),
            receiver: receiver.as_deref(),
            direction,
            control_id: control_id.as_deref(),
            processing_id: self.processing_id.as_deref(),
            version: self.version.as_deref(),
            ts_message: self.ts_message,
            records,
            patient_count: Some(self.count(b'P')),
            orders: Some(self.count(b'O')),
            results: Some(self.count(b'R')),
            queries: Some(self.count(b'Q')),
            termination: self.termination.as_deref(),
            patient: self.patient.as_deref(),
            patients: list(&self.patients),
            order_id: self.specimen.as_deref(),
            specimens: list(&self.specimens),
            message_bytes: Some(self.bytes),
            frames: self.framed.then_some(carried.frames),
            retransmitted: self.framed.then_some(carried.retransmitted),
            checksum_errors: self.framed.then_some(carried.checksum_errors),
            naks: self.framed.then_some(carried.naks),
            latency: carried.latency,
            encoding_characters: self.encoding.as_deref(),
            partial: Some(partial),
            malformed: self.malformed.or(carried.malformed),
            ..Astm::default()
        };
        cx.emit(self.started, dir, self.at, &row);
    }
}

/// Adds a pseudonym that is not there yet.
fn keep(list: &mut Vec<String>, pseudonym: String) {
    if list.len() < limits::LABORATORY_IDS && !list.contains(&pseudonym) {
        list.push(pseudonym);
    }
}

/// The id in a field that also tells rack and position, which are short: the first component, or the longest.
fn specimen<'f>(record: &Segment<'_>, field: &'f [u8]) -> Option<&'f [u8]> {
    let parts = record.first(field).split(|b| *b == record.by.component).map(<[u8]>::trim_ascii);
    let first = record.component(field, 1).map(<[u8]>::trim_ascii).filter(|id| id.len() > 2);
    first.or_else(|| {
        parts
            .take(limits::ASTM_COMPONENTS)
            .max_by_key(|part| part.len())
            .filter(|id| !id.is_empty())
    })
}
