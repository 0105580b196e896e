//! What the elements of a message tell (POCT01-A2 B.6, the objects of its messages): names are unique, values stand in the attribute `V`.

use std::borrow::Cow;

use super::probe::is_message;
use super::Poct1;
use crate::context::Context;
use crate::hostname;
use crate::keys::Keys;
use crate::limits;
use crate::product;
use crate::protocols::hl7::segment::{time, token};
use crate::protocols::personal::Personal;
use crate::protocols::Dir;
use crate::xml::{local, unescaped, Handler};

/// The elements that matter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Key {
    ControlId,
    Version,
    Created,
    DeviceId,
    VendorId,
    Manufacturer,
    Model,
    Serial,
    Software,
    Hardware,
    Profile,
    Condition,
    NewObservations,
    Code,
    AckCode,
    AckedControlId,
    ErrorCode,
    Patient,
    /// A name, date of birth or id of a person, compared with the control id and forgotten.
    Person,
    Order,
    #[default]
    Other,
}

fn key(name: &[u8]) -> Key {
    match name {
        b"HDR.control_id" => Key::ControlId,
        b"HDR.version_id" => Key::Version,
        b"HDR.creation_dttm" => Key::Created,
        b"DEV.device_id" => Key::DeviceId,
        b"DEV.vendor_id" => Key::VendorId,
        b"DEV.manufacturer_name" => Key::Manufacturer,
        b"DEV.model_id" => Key::Model,
        b"DEV.serial_id" => Key::Serial,
        b"DEV.sw_version" => Key::Software,
        b"DEV.hw_version" => Key::Hardware,
        b"DSC.connection_profile_cd" => Key::Profile,
        b"DST.condition_cd" => Key::Condition,
        b"DST.new_observations_qty" => Key::NewObservations,
        b"REQ.request_cd" | b"DTV.command_cd" | b"EOT.topic_cd" | b"TRM.reason_cd" | b"ESC.detail_cd" => Key::Code,
        b"ACK.type_cd" => Key::AckCode,
        // Some devices leave out the `ack_`.
        b"ACK.ack_control_id" | b"ACK.control_id" | b"ESC.esc_control_id" => Key::AckedControlId,
        b"ACK.error_detail_cd" => Key::ErrorCode,
        b"PT.patient_id" => Key::Patient,
        // FAM, GIV and MID are the parts of a name (POCT01-A2 B.7, PN).
        b"PT.name" | b"PT.birth_date" | b"OPR.operator_id" | b"OPR.name" | b"FAM" | b"GIV" | b"MID" => Key::Person,
        b"ORD.order_id" => Key::Order,
        _ => Key::Other,
    }
}

/// What is remembered of one message.
#[derive(Debug, Default)]
pub struct Elements {
    pub message_type: Option<String>,
    key: Key,
    depth: u32,
    pub deep: bool,
    pub control_id: Option<String>,
    version: Option<String>,
    ts_message: Option<i64>,
    device_id: Option<String>,
    vendor_id: Option<String>,
    manufacturer: Option<String>,
    model: Option<String>,
    serial: Option<String>,
    software: Option<String>,
    hardware: Option<String>,
    profile: Option<String>,
    condition: Option<String>,
    new_observations: Option<i64>,
    code: Option<String>,
    ack_code: Option<String>,
    error_code: Option<String>,
    pub acked_control_id: Option<String>,
    services: i64,
    observations: i64,
    patient_count: i64,
    operators: i64,
    events: i64,
    /// Ids as they stood, until the next element: a pseudonym needs the keys, which the end of the tag brings.
    waiting: Option<(Key, String)>,
    patients: Vec<String>,
    order: Option<String>,
    personal: Personal,
}

impl Handler for Elements {
    fn name(&mut self, name: &[u8]) {
        let name = local(name);
        self.key = key(name);
        let counter = match name {
            b"SVC" => &mut self.services,
            b"OBS" => &mut self.observations,
            b"PT" => &mut self.patient_count,
            b"OPR" => &mut self.operators,
            b"EVT" => &mut self.events,
            _ => {
                if self.message_type.is_none() && is_message(name) {
                    self.message_type = std::str::from_utf8(name).ok().map(str::to_owned);
                }
                return;
            }
        };
        *counter = counter.saturating_add(1);
    }

    fn wants(&mut self, attribute: &[u8]) -> bool {
        attribute == b"V" && self.key != Key::Other
    }

    fn attribute(&mut self, _name: &[u8], value: &[u8]) {
        let value = unescaped(value);
        let text = value.trim();
        if !text.is_empty() {
            self.value(text);
        }
    }

    fn opened(&mut self, keys: &Keys) {
        self.depth = self.depth.saturating_add(1);
        self.deep |= self.depth > limits::POCT1_DEPTH;
        match self.waiting.take() {
            Some((Key::Patient, id)) => {
                let pseudonym = keys
                    .pseudonym(&id)
                    .filter(|p| self.patients.len() < limits::LABORATORY_IDS && !self.patients.contains(p));
                self.patients.extend(pseudonym);
            }
            Some((Key::DeviceId, id)) => self.device_id = keys.pseudonym(&id),
            Some((_, id)) => self.order = self.order.take().or_else(|| keys.pseudonym(&id)),
            None => {}
        }
    }

    fn closed(&mut self, _keys: &Keys) {
        self.depth = self.depth.saturating_sub(1);
    }
}

impl Elements {
    /// A value; the first of each kind stays.
    fn value(&mut self, text: &str) {
        let (bytes, first) = (text.as_bytes(), text.split('^').next().unwrap_or_default());
        match self.key {
            Key::ControlId => set(&mut self.control_id, control_id(text)),
            Key::Version => set(&mut self.version, code(text)),
            Key::Created => self.ts_message = self.ts_message.or_else(|| created(text)),
            Key::DeviceId if self.device_id.is_none() => match hardware_address(text).or_else(|| product::serial(bytes)) {
                Some(id) => self.device_id = Some(id),
                None => self.waiting = Some((Key::DeviceId, text.to_owned())),
            },
            Key::VendorId => set(&mut self.vendor_id, vendor(first)),
            Key::Manufacturer => set(&mut self.manufacturer, product::class(bytes)),
            Key::Model => set(&mut self.model, product::class(bytes)),
            Key::Serial => set(&mut self.serial, product::serial(bytes)),
            Key::Software => set(&mut self.software, product::version(bytes)),
            Key::Hardware => set(&mut self.hardware, product::version(bytes)),
            Key::Profile => set(&mut self.profile, code(text)),
            Key::Condition => set(&mut self.condition, code(text)),
            Key::NewObservations => self.new_observations = self.new_observations.or_else(|| text.parse::<u32>().ok().map(i64::from)),
            Key::Code => set(&mut self.code, code(text)),
            Key::AckCode => set(&mut self.ack_code, code(text).filter(|c| c.len() == 2)),
            Key::ErrorCode => set(&mut self.error_code, code(text)),
            Key::AckedControlId => set(&mut self.acked_control_id, control_id(text)),
            Key::Patient => {
                self.personal.add(bytes);
                self.waiting = Some((Key::Patient, text.to_owned()));
            }
            Key::Person => {
                for part in text.split([' ', ',', '^']) {
                    self.personal.add(part.as_bytes());
                }
                // A date of birth is written with hyphens, in an id without.
                self.personal.add(text.replace('-', "").as_bytes());
            }
            Key::Order => {
                self.personal.add(bytes);
                self.waiting = Some((Key::Order, text.to_owned()));
            }
            Key::DeviceId | Key::Other => {}
        }
    }

    pub fn is_ack(&self) -> bool {
        self.message_type.as_deref().is_some_and(|kind| kind.starts_with("ACK."))
    }

    /// Whether an answer may come that names it.
    pub fn is_awaited(&self) -> bool {
        self.control_id.is_some() && !self.is_ack() && !self.message_type.as_deref().is_some_and(|kind| kind.starts_with("ESC."))
    }

    /// Whether its control id holds nothing of a person.
    pub fn is_plain(&self) -> bool {
        self.control_id.as_deref().is_some_and(|id| !self.personal.is_in(id))
    }
}

/// One message from its root element on.
#[derive(Debug, Default)]
pub struct Told {
    pub elements: Elements,
    /// Offset and time of its first byte, when its last was seen, nanoseconds.
    pub at: u64,
    pub started: i64,
    pub ended: i64,
    pub bytes: u64,
    pub latency: Option<f64>,
    /// Whether the message that it acknowledges was seen, with a control id that holds nothing of a person.
    pub acked_is_plain: bool,
    pub partial: bool,
    pub malformed: Option<&'static str>,
}

impl Told {
    /// Writes the row.
    pub fn emit(&self, dir: Dir, cx: &mut Context<'_>) {
        let e = &self.elements;
        // An acknowledgement says nothing of persons itself: what it repeats is in clear only if that was.
        let plain = if e.is_ack() { self.acked_is_plain } else { true };
        let hidden = |id: &str| cx.pseudonym(id.as_bytes());
        let control_id = e
            .control_id
            .as_deref()
            .and_then(|id| if plain && e.is_plain() { Some(id.to_owned()) } else { hidden(id) });
        let acked = e.acked_control_id.as_deref();
        let acked_control_id = acked.and_then(|id| if self.acked_is_plain { Some(id.to_owned()) } else { hidden(id) });
        let row = Poct1 {
            message_type: e.message_type.as_deref(),
            is_orig: Some(dir == Dir::Orig),
            control_id: control_id.as_deref(),
            version: e.version.as_deref(),
            ts_message: e.ts_message,
            device_id: e.device_id.as_deref(),
            vendor_id: e.vendor_id.as_deref(),
            manufacturer: e.manufacturer.as_deref(),
            model: e.model.as_deref(),
            serial_number: e.serial.as_deref(),
            software_version: e.software.as_deref(),
            hardware_version: e.hardware.as_deref(),
            connection_profile: e.profile.as_deref(),
            device_state: e.condition.as_deref(),
            new_observations: e.new_observations,
            code: e.code.as_deref(),
            services: Some(e.services),
            observations: Some(e.observations),
            patient_count: Some(e.patient_count),
            operators: Some(e.operators),
            events: Some(e.events),
            is_ack: Some(e.is_ack()),
            ack_code: e.ack_code.as_deref(),
            error_code: e.error_code.as_deref(),
            acked_control_id: acked_control_id.as_deref(),
            latency: self.latency,
            patient: e.patients.first().map(String::as_str),
            patients: e.patients.iter().map(|id| Cow::Borrowed(id.as_str())).collect(),
            order_id: e.order.as_deref(),
            message_bytes: i64::try_from(self.bytes).ok(),
            partial: Some(self.partial),
            malformed: self.malformed,
            ..Poct1::default()
        };
        cx.emit(self.started, dir, self.at, &row);
    }
}

fn set(slot: &mut Option<String>, value: Option<String>) {
    if slot.is_none() {
        *slot = value;
    }
}

/// A code of a table of the standard: capitals, digits, `_` and `.`; no more digits together than codes have.
fn code(text: &str) -> Option<String> {
    let digits = text.split(|c: char| !c.is_ascii_digit()).map(str::len).max().unwrap_or(0);
    let sane =
        token(text.as_bytes(), 32, b"_.-").is_some() && !text.bytes().any(|b| b.is_ascii_lowercase()) && digits < limits::HOST_DIGITS;
    let words = text.split(|c: char| !c.is_ascii_alphabetic());
    (sane && !words.into_iter().any(hostname::is_given_name)).then(|| text.to_owned())
}

/// DEV.vendor_id: the code of a maker is a short word in capitals; a longer one is its name.
fn vendor(text: &str) -> Option<String> {
    code(text)
        .filter(|code| code.len() <= 8)
        .or_else(|| product::class(text.as_bytes()))
}

fn control_id(text: &str) -> Option<String> {
    token(text.as_bytes(), limits::HL7_ID, b"-_.:/{}").map(str::to_owned)
}

/// EUI-48 or EUI-64: six or eight pairs of hexadecimal digits.
fn hardware_address(text: &str) -> Option<String> {
    let pairs = text.split(['-', ':']);
    let sound = pairs.clone().all(|p| p.len() == 2 && p.bytes().all(|b| b.is_ascii_hexdigit()));
    (sound && matches!(pairs.count(), 6 | 8)).then(|| text.to_ascii_uppercase().replace('-', ":"))
}

/// HDR.creation_dttm as ISO 8601 writes it, `2001-11-01T16:30:00.00-05:00`, read as HL7's form of the same.
fn created(text: &str) -> Option<i64> {
    let (date, clock) = text.split_once('T')?;
    let clock = clock.trim_end_matches('Z').replace(':', "");
    time([date.replace('-', ""), clock].concat().as_bytes())
}
