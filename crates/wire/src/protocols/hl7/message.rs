//! What is remembered of one message between its first segment and its acknowledgement: short texts in one buffer, counts, times.

use std::borrow::Cow;

use super::personal::Personal;
use super::segment::{code, short, time, token, Segment, ENCODING_CHARACTERS};
use super::Hl7;
use crate::charset::Charset;
use crate::context::Context;
use crate::limits;
use crate::protocols::Dir;

/// The texts that a row holds, by their place in [`Message::spans`].
#[derive(Clone, Copy)]
pub enum Slot {
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
    EncodingCharacters,
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

#[derive(Clone, Copy, Debug, Default)]
struct Span {
    from: u16,
    to: u16,
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
    text: String,
    spans: [Span; Slot::Count as usize],
    segments: Vec<([u8; 3], u32)>,
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
    pub malformed: Option<&'static str>,
    pub partial: bool,
}

impl Message {
    /// Forgets everything but its memory, for the next message.
    pub fn clear(&mut self) {
        let (mut text, mut segments, mut patients, mut devices, mut udi, mut personal) = (
            std::mem::take(&mut self.text),
            std::mem::take(&mut self.segments),
            std::mem::take(&mut self.patients),
            std::mem::take(&mut self.devices),
            std::mem::take(&mut self.udi),
            std::mem::take(&mut self.personal),
        );
        text.clear();
        segments.clear();
        patients.clear();
        devices.clear();
        udi.clear();
        personal.clear();
        *self = Message {
            text,
            segments,
            patients,
            devices,
            udi,
            personal,
            ..Message::default()
        };
    }

    pub fn get(&self, slot: Slot) -> Option<&str> {
        self.spans.get(slot as usize).and_then(|s| self.at_span(*s))
    }

    fn at_span(&self, span: Span) -> Option<&str> {
        self.text
            .get(usize::from(span.from)..usize::from(span.to))
            .filter(|t| !t.is_empty())
    }

    /// Keeps a text, unless the message has already had more text than any real one.
    fn keep(&mut self, text: &str) -> Option<Span> {
        let from = self.text.len();
        let to = from.checked_add(text.len()).filter(|to| *to <= limits::HL7_TEXT)?;
        self.text.push_str(text);
        Some(Span {
            from: u16::try_from(from).ok()?,
            to: u16::try_from(to).ok()?,
        })
    }

    /// Fills a slot; the first value stays.
    pub fn set(&mut self, slot: Slot, text: Option<&str>) {
        if let Some(text) = text.filter(|t| !t.is_empty() && self.get(slot).is_none()) {
            let span = self.keep(text);
            self.put(slot, span);
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
        let first = declared.and_then(|sets| sets.split('~').next()).unwrap_or_default();
        cx.pseudonym_in(Charset::hl7(first.as_bytes()), &id)
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
        let known = self.patients.iter().find(|s| self.at_span(**s) == Some(&pseudonym));
        if let Some(known) = known {
            return Some(*known);
        }
        let span = self.keep(&pseudonym)?;
        self.patients.push(span);
        Some(span)
    }

    /// Counts a segment and takes from it what identifies sender, equipment, patient and order.
    pub fn segment(&mut self, name: [u8; 3], segment: &Segment<'_>, cx: &Context<'_>) {
        if let Some((_, count)) = self.segments.iter_mut().find(|(n, _)| *n == name) {
            *count = count.saturating_add(1);
        } else if self.segments.len() < limits::HL7_SEGMENT_NAMES {
            self.segments.push((name, 1));
        }
        self.personal.take(name, segment);
        let one = |number: usize| segment.field(number).and_then(|f| segment.component(f, 1));
        match &name {
            b"PID" => {
                // PID-2 counts only if PID-3 is known to be empty, not if it was cut off.
                let told = !segment.cut || segment.fields().nth(3).is_some();
                let span = self.patient(segment, one(3).or_else(|| one(2).filter(|_| told)), cx);
                if self.get(Slot::Patient).is_none() {
                    self.put(Slot::Patient, span);
                }
            }
            b"MRG" => drop(self.patient(segment, one(1), cx)),
            b"MSA" => self.acknowledgement(segment),
            b"SFT" => self.software(segment),
            b"ORC" => self.order(segment, cx),
            b"OBR" => {
                self.order(segment, cx);
                if segment.reaches(18) {
                    self.set_pseudonym(Slot::Accession, segment, one(18), cx);
                }
            }
            b"IPC" => {
                self.set_pseudonym(Slot::Accession, segment, one(1), cx);
                self.set_pseudonym(Slot::Study, segment, one(3), cx);
            }
            b"ZDS" => self.set_pseudonym(Slot::Study, segment, one(1), cx),
            b"OBX" if segment.reaches(18) => self.equipment(segment, 18),
            b"PRT" if segment.reaches(10) => {
                self.equipment(segment, 10);
                if let Some(udi) = one(16) {
                    self.device(udi, true);
                }
            }
            _ => {}
        }
    }

    /// MSH-3 to MSH-18 (2.14.9). FHS and BHS (2.14.7, 2.14.2) have the same first seven.
    pub fn header(&mut self, segment: &Segment<'_>) {
        let mut fields = segment.fields().skip(1);
        let encoding = fields.next().unwrap_or_default();
        let printable = encoding.len() <= ENCODING_CHARACTERS && encoding.iter().all(u8::is_ascii_punctuation);
        self.set(Slot::EncodingCharacters, std::str::from_utf8(encoding).ok().filter(|_| printable));
        for slot in [
            Slot::SendingApplication,
            Slot::SendingFacility,
            Slot::ReceivingApplication,
            Slot::ReceivingFacility,
        ] {
            let field = fields.next().unwrap_or_default();
            let designator = segment.component(field, 1).or_else(|| segment.component(field, 2));
            self.set(slot, designator.and_then(|d| short(d, limits::HL7_ID)).as_deref());
        }
        self.ts_message = fields.next().and_then(|f| segment.component(f, 1)).and_then(time);
        if !segment.line.starts_with(b"MSH") {
            return;
        }
        match fields.nth(1) {
            None if segment.cut => {}
            kind => self.message_type(segment, kind.unwrap_or_default()),
        }
        self.set(Slot::ControlId, fields.next().and_then(control_id));
        let processing = fields.next().and_then(|f| segment.component(f, 1));
        self.set(
            Slot::ProcessingId,
            processing.and_then(|c| code(c, |b| matches!(b, b'P' | b'T' | b'D'), 1)),
        );
        let version = fields.next().and_then(|f| segment.component(f, 1));
        self.set(
            Slot::Version,
            version.and_then(|c| code(c, |b| b.is_ascii_digit() || *b == b'.', 8)),
        );
        let accept = fields.nth(2).unwrap_or_default();
        let application = fields.next().unwrap_or_default();
        self.unanswered = accept == b"NE" && application == b"NE";
        let charset = fields.nth(1).and_then(|f| token(f, limits::HL7_ID, b" /-_~.:"));
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
        self.set(Slot::MessageType, kind);
        self.set(Slot::TriggerEvent, named(2, 3));
        self.set(Slot::MessageStructure, named(3, 7));
        self.is_ack = kind == Some("ACK");
        if kind.is_none() {
            self.malformed.get_or_insert("message type");
        }
    }

    /// MSA-1 and MSA-2 (2.14.8).
    fn acknowledgement(&mut self, segment: &Segment<'_>) {
        self.is_ack = true;
        self.set(Slot::AckCode, segment.field(1).and_then(|f| token(f, 4, b"")));
        self.set(Slot::AckedControlId, segment.field(2).and_then(control_id));
    }

    /// SFT-1 vendor organisation, SFT-2 version, SFT-3 product (2.14.12).
    fn software(&mut self, segment: &Segment<'_>) {
        for (number, slot) in [(1, Slot::Vendor), (2, Slot::SoftwareVersion), (3, Slot::Product)] {
            let text = segment
                .field(number)
                .and_then(|f| segment.component(f, 1))
                .and_then(|c| short(c, limits::HL7_ID));
            self.set(slot, text.as_deref());
        }
    }

    /// The placer's number (ORC-2, OBR-2), else the filler's (ORC-3, OBR-3).
    fn order(&mut self, segment: &Segment<'_>, cx: &Context<'_>) {
        let known = self.get(Slot::Order).is_some();
        if known && !self.filler {
            return;
        }
        let id = |number: usize| segment.field(number).and_then(|f| segment.component(f, 1));
        if let Some(placer) = id(2) {
            self.put(Slot::Order, None);
            self.filler = false;
            self.set_pseudonym(Slot::Order, segment, Some(placer), cx);
        } else if !known {
            self.filler = true;
            self.set_pseudonym(Slot::Order, segment, id(3), cx);
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
        if list.len() >= limits::HL7_DEVICES || list.iter().any(|s| self.at_span(*s) == Some(&id)) {
            return;
        }
        if let Some(span) = self.keep(&id) {
            if udi {
                self.udi.push(span)
            } else {
                self.devices.push(span)
            }
        }
    }

    /// `MSH:1`, `OBX:12` of all segments one after the other, and where each ends.
    fn counts(&self) -> (Vec<u8>, Vec<usize>) {
        let mut text = Vec::with_capacity(self.segments.len().saturating_mul(6));
        let ends = self.segments.iter().map(|(name, count)| {
            text.extend_from_slice(name);
            text.push(b':');
            push_number(&mut text, *count);
            text.len()
        });
        let ends = ends.collect();
        (text, ends)
    }

    /// Writes the row.
    pub fn emit(&self, dir: Dir, cx: &mut Context<'_>) {
        let (counts, ends) = self.counts();
        let counts = std::str::from_utf8(&counts).unwrap_or_default();
        let starts = std::iter::once(0).chain(ends.iter().copied());
        let list = |spans: &[Span]| spans.iter().filter_map(|s| self.at_span(*s)).map(Cow::Borrowed).collect();
        let personal = &self.personal;
        let plain = |slot: Slot| personal.without(self.get(slot));
        let equipment = |spans: &[Span]| {
            let ids = spans.iter().filter_map(|s| self.at_span(*s));
            ids.filter_map(|id| personal.hidden(id, |id| cx.pseudonym(id))).collect()
        };
        // An acknowledgement says nothing of persons itself: what it repeats is in clear only if that was.
        let control_id = self.get(Slot::ControlId).and_then(|id| match self.is_ack && !self.acked_is_plain {
            true => cx.pseudonym(id.as_bytes()).map(Cow::Owned),
            false => personal.hidden(id, |id| cx.pseudonym(id)),
        });
        let acked_control_id = self.get(Slot::AckedControlId).and_then(|id| match self.acked_is_plain {
            true => Some(Cow::Borrowed(id)),
            false => cx.pseudonym(id.as_bytes()).map(Cow::Owned),
        });
        let batch_id = self.get(Slot::Batch).and_then(|id| personal.hidden(id, |id| cx.pseudonym(id)));
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
            message_type: self.get(Slot::MessageType),
            trigger_event: self.get(Slot::TriggerEvent),
            message_structure: self.get(Slot::MessageStructure),
            control_id: control_id.as_deref(),
            processing_id: self.get(Slot::ProcessingId),
            version: self.get(Slot::Version),
            charset: self.get(Slot::Charset),
            software_vendor: self.get(Slot::Vendor),
            software_product: self.get(Slot::Product),
            software_version: self.get(Slot::SoftwareVersion),
            segments: starts
                .zip(&ends)
                .filter_map(|(from, to)| counts.get(from..*to))
                .map(Cow::Borrowed)
                .collect(),
            ack_code: self.get(Slot::AckCode),
            acked_control_id: acked_control_id.as_deref(),
            latency: self.latency,
            message_bytes: i64::try_from(self.bytes).ok(),
            patient: self.get(Slot::Patient),
            patients: list(&self.patients),
            order_id: self.get(Slot::Order),
            accession: self.get(Slot::Accession),
            study: self.get(Slot::Study),
            device_ids: equipment(&self.devices),
            udi: equipment(&self.udi),
            is_ack: Some(self.is_ack),
            ts_message: self.ts_message,
            encoding_characters: self.get(Slot::EncodingCharacters),
            batch_id: batch_id.as_deref(),
            partial: Some(self.partial),
            malformed: self.malformed,
            ..Hl7::default()
        };
        cx.emit(self.started, dir, self.at, &row);
    }
}

impl Message {
    /// Whether its control id holds nothing of a person.
    pub fn control_id_is_plain(&self) -> bool {
        self.get(Slot::ControlId).is_some_and(|id| !self.personal.is_in(id))
    }
}

/// A message control id (MSH-10, MSA-2): printable and short, or not kept.
pub fn control_id(field: &[u8]) -> Option<&str> {
    let field = field.trim_ascii();
    let sane = field.len() <= limits::HL7_ID && field.iter().all(u8::is_ascii_graphic);
    if sane {
        std::str::from_utf8(field).ok().filter(|t| !t.is_empty())
    } else {
        None
    }
}

/// Appends a number; the formatting of the standard library takes ten times as long, and a message has a dozen.
fn push_number(text: &mut Vec<u8>, number: u32) {
    if let Some(rest) = number.checked_div(10).filter(|rest| *rest > 0) {
        push_number(text, rest);
    }
    text.push(b'0'.wrapping_add((number % 10) as u8));
}
