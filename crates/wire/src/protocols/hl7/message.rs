//! What is remembered of one message between its first segment and its acknowledgement: short texts in one buffer, counts, times.

use std::borrow::Cow;
use std::ops::Range;

use super::personal;
use super::segment::{code, short, time, token, Fields, Segment, ENCODING_CHARACTERS};
use super::Hl7;
use crate::charset::Charset;
use crate::context::{Context, Output};
use crate::exploits::{self, Signs};
use crate::heads::Origin;
use crate::limits;
use crate::protocols::personal::Personal;
use crate::records::Listed;
use crate::text::{is_plain, pieces};

/// The texts that a row holds, by their place in [`Message::spans`].
#[derive(Clone, Copy)]
pub enum Slot {
    EncodingCharacters,
    SendingApplication,
    SendingFacility,
    ReceivingApplication,
    ReceivingFacility,
    MessageType,
    TriggerEvent,
    MessageStructure,
    ControlId,
    ProcessingId,
    Version,
    Charset,
    Vendor,
    Product,
    SoftwareVersion,
    AckCode,
    AckedControlId,
    Patient,
    Order,
    Accession,
    Study,
    Batch,
    Count,
}

/// The first slots, which [`Sender`] remembers.
const OF_SENDER: usize = Slot::ReceivingFacility as usize + 1;

/// MSH-1 to MSH-6 are the same in all messages of a sender: what the last message said there, and what was kept of it.
#[derive(Debug, Default)]
pub struct Sender {
    line: Vec<u8>,
    text: Vec<u8>,
    spans: [Span; OF_SENDER],
}

#[derive(Clone, Copy, Debug, Default)]
struct Span {
    from: u16,
    to: u16,
}

impl Span {
    fn range(self) -> Range<usize> {
        usize::from(self.from)..usize::from(self.to)
    }
}

/// Where a message came from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kind {
    #[default]
    Mllp,
    Raw,
    Batch,
    Http,
}

#[derive(Debug, Default)]
pub struct Message {
    /// All of it UTF-8, which is proven at once where the row is written.
    text: Vec<u8>,
    spans: [Span; Slot::Count as usize],
    segments: Vec<([u8; 3], u32)>,
    /// Where each of them ends in what is written of them.
    segment_ends: Vec<u32>,
    patients: Vec<Span>,
    devices: Vec<Span>,
    udi: Vec<Span>,
    personal: Personal,
    /// Whether the message that this one acknowledges was seen, and whether its control id holds nothing of a person.
    pub acked_is_known: bool,
    pub acked_is_plain: bool,
    /// Whether the order id is the filler's, which a placer's replaces.
    filler: bool,
    ts_message: Option<i64>,
    pub kind: Kind,
    pub is_ack: bool,
    /// MSH-15 and MSH-16 both ask for no acknowledgement.
    pub unanswered: bool,
    /// Nanoseconds: when its first byte and when its last segment was seen.
    pub started: i64,
    pub ended: i64,
    /// Offset of its first byte.
    pub at: u64,
    pub bytes: u64,
    pub latency: Option<f64>,
    signs: Signs,
    pub malformed: Option<&'static str>,
    pub partial: bool,
}

impl Message {
    /// Forgets everything but its memory, for the next message.
    pub fn clear(&mut self) {
        let (mut text, mut segments, mut segment_ends, mut patients, mut devices, mut udi, mut personal) = (
            std::mem::take(&mut self.text),
            std::mem::take(&mut self.segments),
            std::mem::take(&mut self.segment_ends),
            std::mem::take(&mut self.patients),
            std::mem::take(&mut self.devices),
            std::mem::take(&mut self.udi),
            std::mem::take(&mut self.personal),
        );
        text.clear();
        segments.clear();
        segment_ends.clear();
        patients.clear();
        devices.clear();
        udi.clear();
        personal.clear();
        *self = Message {
            text,
            segments,
            segment_ends,
            patients,
            devices,
            udi,
            personal,
            ..Message::default()
        };
    }

    pub fn get(&self, slot: Slot) -> Option<&[u8]> {
        self.spans.get(slot as usize).and_then(|s| self.at_span(*s))
    }

    fn at_span(&self, span: Span) -> Option<&[u8]> {
        self.text.get(span.range()).filter(|t| !t.is_empty())
    }

    /// Keeps a text, unless the message has already had more text than any real one.
    fn keep(&mut self, text: &[u8]) -> Option<Span> {
        let from = self.text.len();
        from.checked_add(text.len()).filter(|to| *to <= limits::HL7_TEXT)?;
        self.text.extend_from_slice(text);
        self.span(from)
    }

    /// All text from here on.
    fn span(&self, from: usize) -> Option<Span> {
        Some(Span {
            from: u16::try_from(from).ok()?,
            to: u16::try_from(self.text.len()).ok()?,
        })
    }

    /// Fills a slot; the first value stays.
    fn set(&mut self, slot: Slot, text: Option<&str>) {
        self.set_utf8(slot, text.map(str::as_bytes));
    }

    /// The same with bytes that are known to be UTF-8.
    pub fn set_utf8(&mut self, slot: Slot, text: Option<&[u8]>) {
        if let Some(text) = text.filter(|t| !t.is_empty() && self.get(slot).is_none()) {
            let span = self.keep(text);
            self.put(slot, span);
        }
    }

    /// Fills a slot with the name of a system or product.
    fn set_name(&mut self, slot: Slot, name: Option<&[u8]>) {
        match name {
            Some(plain) if plain.len() <= limits::HL7_ID && is_plain(plain) => self.set_utf8(slot, Some(plain)),
            Some(other) => self.set(slot, short(other, limits::HL7_ID).as_deref()),
            None => {}
        }
    }

    fn put(&mut self, slot: Slot, span: Option<Span>) {
        if let Some(to) = self.spans.get_mut(slot as usize) {
            *to = span.unwrap_or_default();
        }
    }

    /// The pseudonym of an id in the character set that MSH-18 declares first.
    fn pseudonym(&self, segment: &Segment<'_>, id: &[u8], cx: &Context<'_>) -> Option<String> {
        let id = segment.unescaped(id);
        let declared = self.get(Slot::Charset).filter(|_| !id.is_ascii());
        let first = declared.and_then(|sets| pieces(sets, b'~').next()).unwrap_or_default();
        cx.pseudonym_in(Charset::hl7(first), &id)
    }

    fn set_pseudonym(&mut self, slot: Slot, segment: &Segment<'_>, id: Option<&[u8]>, cx: &Context<'_>) {
        if let (Some(id), None) = (id, self.get(slot)) {
            let pseudonym = self.pseudonym(segment, id, cx);
            self.set(slot, pseudonym.as_deref());
        }
    }

    /// Keeps a patient, each once: of a PID the first id of PID-3 (3.4.2.3), of an MRG the prior id MRG-1 (3.4.9.1).
    fn patient(&mut self, segment: &Segment<'_>, id: Option<&[u8]>, cx: &Context<'_>) -> Option<Span> {
        let id = id.filter(|_| self.patients.len() < limits::HL7_PATIENTS)?;
        let pseudonym = self.pseudonym(segment, id, cx)?;
        let known = self.patients.iter().find(|s| self.at_span(**s) == Some(pseudonym.as_bytes()));
        if let Some(known) = known {
            return Some(*known);
        }
        let span = self.keep(pseudonym.as_bytes())?;
        self.patients.push(span);
        Some(span)
    }

    /// Counts a segment and takes from it what identifies sender, equipment, patient and order.
    pub fn segment(&mut self, name: [u8; 3], segment: &Segment<'_>, cx: &Context<'_>) {
        self.count(name);
        self.signs.join(exploits::of_field(segment.line));
        match &name {
            b"OBX" if segment.reaches(18) => self.equipment(segment, 18),
            b"PRT" if segment.reaches(10) => {
                self.equipment(segment, 10);
                if let Some(udi) = segment.field(16).and_then(|f| segment.component(f, 1)) {
                    self.device(udi, true);
                }
            }
            b"PID" | b"MRG" | b"QRD" | b"ORC" | b"OBR" | b"IPC" | b"ZDS" | b"MSA" | b"SFT" => {
                self.identifies(name, segment, &segment.cut_up(), cx);
            }
            _ => {}
        }
    }

    /// Segments of one name mostly follow each other.
    fn count(&mut self, name: [u8; 3]) {
        if let Some((_, count)) = self.segments.iter_mut().rev().find(|(known, _)| *known == name) {
            *count = count.saturating_add(1);
        } else if self.segments.len() < limits::HL7_SEGMENT_NAMES {
            self.segments.push((name, 1));
        }
    }

    fn identifies(&mut self, name: [u8; 3], segment: &Segment<'_>, fields: &Fields<'_>, cx: &Context<'_>) {
        personal::take(&mut self.personal, name, segment, fields);
        let one = |number: usize| fields.get(number).and_then(|f| segment.component(f, 1));
        match &name {
            b"PID" => {
                // PID-2 counts only if PID-3 is known to be empty, not if it was cut off.
                let told = !segment.cut || fields.whole(3).is_some();
                let span = self.patient(segment, one(3).or_else(|| one(2).filter(|_| told)), cx);
                if self.get(Slot::Patient).is_none() {
                    self.put(Slot::Patient, span);
                }
            }
            b"MRG" => drop(self.patient(segment, one(1), cx)),
            b"MSA" => self.acknowledgement(fields),
            b"SFT" => {
                // Vendor organisation, version, product (2.14.12).
                self.set_name(Slot::Vendor, one(1));
                self.set_name(Slot::SoftwareVersion, one(2));
                self.set_name(Slot::Product, one(3));
            }
            b"ORC" => self.order(segment, one(2), one(3), cx),
            b"OBR" => {
                self.order(segment, one(2), one(3), cx);
                self.set_pseudonym(Slot::Accession, segment, one(18), cx);
            }
            b"IPC" => {
                self.set_pseudonym(Slot::Accession, segment, one(1), cx);
                self.set_pseudonym(Slot::Study, segment, one(3), cx);
            }
            b"ZDS" => self.set_pseudonym(Slot::Study, segment, one(1), cx),
            _ => {}
        }
    }

    /// MSH-2 to MSH-6 (2.15.9), each one place before its number: as remembered if they stand there as in the last message.
    fn sender(&mut self, segment: &Segment<'_>, fields: &Fields<'_>, last: &mut Sender) {
        let line = fields.before(6).unwrap_or_default();
        if line == last.line && !line.is_empty() {
            self.text.clone_from(&last.text);
            if let Some(spans) = self.spans.first_chunk_mut() {
                *spans = last.spans;
            }
            return;
        }
        self.read_sender(segment, fields);
        if line.len() <= limits::HL7_SENDER {
            last.line.clear();
            last.line.extend_from_slice(line);
            last.text.clone_from(&self.text);
            last.spans = self.spans.first_chunk().copied().unwrap_or_default();
        }
    }

    fn read_sender(&mut self, segment: &Segment<'_>, fields: &Fields<'_>) {
        let encoding = fields.get(1);
        let printable = encoding.filter(|e| e.len() <= ENCODING_CHARACTERS && e.iter().all(u8::is_ascii_punctuation));
        self.set_utf8(Slot::EncodingCharacters, printable);
        for (place, slot) in [
            (2, Slot::SendingApplication),
            (3, Slot::SendingFacility),
            (4, Slot::ReceivingApplication),
            (5, Slot::ReceivingFacility),
        ] {
            let designator = fields.get(place).unwrap_or_default();
            let name = segment.component(designator, 1).or_else(|| segment.component(designator, 2));
            self.set_name(slot, name);
        }
    }

    /// MSH-2 to MSH-18 (2.15.9). FHS and BHS (2.15.7, 2.15.2) have the same first seven. To be called first.
    pub fn header(&mut self, segment: &Segment<'_>, last: &mut Sender) {
        let fields = segment.cut_up();
        self.sender(segment, &fields, last);
        let one = |place: usize| fields.get(place).and_then(|f| segment.component(f, 1));
        self.ts_message = one(6).and_then(time);
        if !segment.line.starts_with(b"MSH") {
            return;
        }
        match fields.whole(8) {
            None if segment.cut => {}
            kind => self.message_type(segment, kind.unwrap_or_default()),
        }
        self.set_utf8(Slot::ControlId, fields.get(9).and_then(control_id));
        let processing = one(10).and_then(|c| code(c, |b| matches!(b, b'P' | b'T' | b'D'), 1));
        self.set_utf8(Slot::ProcessingId, processing);
        let version = one(11).and_then(|c| code(c, |b| b.is_ascii_digit() || *b == b'.', 8));
        self.set_utf8(Slot::Version, version);
        self.unanswered = [14, 15].into_iter().all(|place| fields.get(place) == Some(b"NE"));
        let charset = fields.get(17).and_then(|f| token(f, limits::HL7_ID, b" /-_~.:"));
        self.set(Slot::Charset, charset.filter(|text| super::segment::is_charset(text)));
    }

    /// MSH-9: message code, trigger event, structure.
    fn message_type(&mut self, segment: &Segment<'_>, field: &[u8]) {
        // Tables 0076 and 0003 have three characters, table 0354 twice that.
        let named = |number: usize, most: usize| {
            let component = segment.component(field, number)?;
            code(component, |b| b.is_ascii_uppercase() || b.is_ascii_digit() || *b == b'_', most)
        };
        let kind = named(1, 3);
        self.set_utf8(Slot::MessageType, kind);
        self.set_utf8(Slot::TriggerEvent, named(2, 3));
        self.set_utf8(Slot::MessageStructure, named(3, 7));
        self.is_ack = kind == Some(b"ACK");
        if kind.is_none() {
            self.malformed.get_or_insert("message type");
        }
    }

    /// MSA-1 and MSA-2 (2.14.8).
    fn acknowledgement(&mut self, fields: &Fields<'_>) {
        self.is_ack = true;
        self.set_utf8(Slot::AckCode, fields.get(1).and_then(|f| code(f, u8::is_ascii_alphanumeric, 4)));
        self.set_utf8(Slot::AckedControlId, fields.get(2).and_then(control_id));
    }

    /// The placer's number (ORC-2, OBR-2), else the filler's (ORC-3, OBR-3).
    fn order(&mut self, segment: &Segment<'_>, placer: Option<&[u8]>, filler: Option<&[u8]>, cx: &Context<'_>) {
        let known = self.get(Slot::Order).is_some();
        if known && !self.filler {
            return;
        }
        if placer.is_some() {
            self.put(Slot::Order, None);
            self.filler = false;
            self.set_pseudonym(Slot::Order, segment, placer, cx);
        } else if !known {
            self.filler = true;
            self.set_pseudonym(Slot::Order, segment, filler, cx);
        }
    }

    /// The equipment in a field of entity identifiers: EI.1, else the universal EI.3.
    fn equipment(&mut self, segment: &Segment<'_>, number: usize) {
        for one in segment.repetitions(segment.field(number).unwrap_or_default()) {
            if let Some(id) = segment.component(one, 1).or_else(|| segment.component(one, 3)) {
                // GS1's human-readable form of a device identifier (FDA UDI formats, table 1).
                self.device(id, id.starts_with(b"(01)"));
            }
        }
    }

    /// Identifiers of equipment have no blanks and some digit; a bed, a name or a note has.
    fn device(&mut self, id: &[u8], udi: bool) {
        let Some(id) = short(id, limits::HL7_ID) else { return };
        if id.contains(char::is_whitespace) || !id.contains(|c: char| c.is_ascii_digit()) {
            return;
        }
        let list = if udi { &self.udi } else { &self.devices };
        if list.len() >= limits::HL7_DEVICES || list.iter().any(|s| self.at_span(*s) == Some(id.as_bytes())) {
            return;
        }
        if let Some(span) = self.keep(id.as_bytes()) {
            if udi {
                self.udi.push(span)
            } else {
                self.devices.push(span)
            }
        }
    }

    /// Writes `MSH:1`, `OBX:12` of all segments, one after the other behind the other text; says where that begins.
    fn write_counts(&mut self) -> usize {
        let start = self.text.len();
        for (name, count) in &self.segments {
            self.text.extend_from_slice(name);
            self.text.push(b':');
            push_number(&mut self.text, *count);
            let end = self.text.len().saturating_sub(start);
            self.segment_ends.push(u32::try_from(end).unwrap_or(u32::MAX));
        }
        start
    }

    /// Writes the row.
    pub fn emit(&mut self, origin: &Origin, out: &mut Output) {
        let counts = self.write_counts();
        self.row(counts, origin, out);
    }

    fn row(&self, counts: usize, origin: &Origin, out: &mut Output) {
        let text = std::str::from_utf8(&self.text).unwrap_or_default();
        let at = |span: &Span| text.get(span.range()).unwrap_or_default();
        let get = |slot: Slot| self.spans.get(slot as usize).filter(|s| s.from < s.to).map(at);
        let list = |spans: &[Span]| spans.iter().map(at).map(Cow::Borrowed).collect();
        let personal = &self.personal;
        let plain = |slot: Slot| personal.without(get(slot));
        let equipment = |spans: &[Span]| {
            let ids = spans.iter().map(at);
            ids.filter_map(|id| personal.hidden(id, |id| out.keys.pseudonym_bytes(id)))
                .collect()
        };
        // An acknowledgement says nothing of persons itself: what it repeats is in clear only if that was.
        let control_id = get(Slot::ControlId).and_then(|id| match self.is_ack && !self.acked_is_plain {
            true => out.keys.pseudonym_bytes(id.as_bytes()).map(Cow::Owned),
            false => personal.hidden(id, |id| out.keys.pseudonym_bytes(id)),
        });
        let acked_control_id = get(Slot::AckedControlId).and_then(|id| match self.acked_is_plain {
            true => Some(Cow::Borrowed(id)),
            false => out.keys.pseudonym_bytes(id.as_bytes()).map(Cow::Owned),
        });
        let batch_id = get(Slot::Batch).and_then(|id| personal.hidden(id, |id| out.keys.pseudonym_bytes(id)));
        let row = Hl7 {
            kind: Some(match self.kind {
                Kind::Mllp => "mllp",
                Kind::Raw => "raw",
                Kind::Batch => "batch",
                Kind::Http => "http",
            }),
            sending_application: plain(Slot::SendingApplication),
            sending_facility: plain(Slot::SendingFacility),
            receiving_application: plain(Slot::ReceivingApplication),
            receiving_facility: plain(Slot::ReceivingFacility),
            message_type: get(Slot::MessageType),
            trigger_event: get(Slot::TriggerEvent),
            message_structure: get(Slot::MessageStructure),
            control_id: control_id.as_deref(),
            processing_id: get(Slot::ProcessingId),
            version: get(Slot::Version),
            charset: get(Slot::Charset),
            software_vendor: get(Slot::Vendor),
            software_product: get(Slot::Product),
            software_version: get(Slot::SoftwareVersion),
            segments: Listed {
                text: text.get(counts..).unwrap_or_default(),
                ends: &self.segment_ends,
            },
            ack_code: get(Slot::AckCode),
            acked_control_id: acked_control_id.as_deref(),
            latency: self.latency,
            message_bytes: i64::try_from(self.bytes).ok(),
            patient: get(Slot::Patient),
            patients: list(&self.patients),
            order_id: get(Slot::Order),
            accession: get(Slot::Accession),
            study: get(Slot::Study),
            device_ids: equipment(&self.devices),
            udi: equipment(&self.udi),
            is_ack: Some(self.is_ack),
            ts_message: self.ts_message,
            encoding_characters: get(Slot::EncodingCharacters),
            batch_id: batch_id.as_deref(),
            marks: self.signs.marks().collect(),
            partial: Some(self.partial),
            malformed: self.malformed,
            ..Hl7::default()
        };
        out.emit_of(origin, self.started, self.at, &row);
    }
}

impl Message {
    /// Whether its control id holds nothing of a person.
    pub fn control_id_is_plain(&self) -> bool {
        self.get(Slot::ControlId).is_some_and(|id| !self.personal.is_in(id))
    }
}

/// A message control id (MSH-10, MSA-2): printable and short, or not kept.
pub fn control_id(field: &[u8]) -> Option<&[u8]> {
    let field = field.trim_ascii();
    let sane = !field.is_empty() && field.len() <= limits::HL7_ID && field.iter().all(u8::is_ascii_graphic);
    sane.then_some(field)
}

/// Appends a number; the formatting of the standard library takes ten times as long, and a message has a dozen.
fn push_number(text: &mut Vec<u8>, number: u32) {
    if let Some(rest) = number.checked_div(10).filter(|rest| *rest > 0) {
        push_number(text, rest);
    }
    text.push(b'0'.wrapping_add((number % 10) as u8));
}
