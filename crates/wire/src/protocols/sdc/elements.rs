//! The elements of a SOAP envelope that matter, by their names and places.

use super::clean;
use super::message::Told;
use super::names::{self, kind, space, Space};
use crate::hostname::title;
use crate::keys::Keys;
use crate::limits;
use crate::xml::{local, unescaped, Handler};

/// The names of elements that matter. The prefix is left out: where they stand tells them from others of the same name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Key {
    Envelope,
    Header,
    Body,
    Action,
    MessageId,
    RelatesTo,
    EndpointReference,
    Address,
    Types,
    Scopes,
    XAddrs,
    MetadataVersion,
    /// Hello, Bye, Probe, Resolve: who is announced or asked for.
    Subject,
    /// ProbeMatch, ResolveMatch.
    Match,
    Host,
    Hosted,
    ThisModel,
    ThisDevice,
    Manufacturer,
    ModelName,
    ModelNumber,
    FriendlyName,
    FirmwareVersion,
    SerialNumber,
    State,
    Identification,
    Fault,
    Code,
    Value,
    #[default]
    Other,
}

fn key(name: &[u8]) -> Key {
    match name {
        b"Envelope" => Key::Envelope,
        b"Header" => Key::Header,
        b"Body" => Key::Body,
        b"Action" => Key::Action,
        b"MessageID" => Key::MessageId,
        b"RelatesTo" => Key::RelatesTo,
        b"EndpointReference" => Key::EndpointReference,
        b"Address" => Key::Address,
        b"Types" => Key::Types,
        b"Scopes" => Key::Scopes,
        b"XAddrs" => Key::XAddrs,
        b"MetadataVersion" => Key::MetadataVersion,
        b"Hello" | b"Bye" | b"Probe" | b"Resolve" => Key::Subject,
        b"ProbeMatch" | b"ResolveMatch" => Key::Match,
        b"Host" => Key::Host,
        b"Hosted" => Key::Hosted,
        b"ThisModel" => Key::ThisModel,
        b"ThisDevice" => Key::ThisDevice,
        b"Manufacturer" => Key::Manufacturer,
        b"ModelName" => Key::ModelName,
        b"ModelNumber" => Key::ModelNumber,
        b"FriendlyName" => Key::FriendlyName,
        b"FirmwareVersion" => Key::FirmwareVersion,
        b"SerialNumber" => Key::SerialNumber,
        b"State"
        | b"MetricState"
        | b"AlertState"
        | b"ComponentState"
        | b"ContextState"
        | b"OperationState"
        | b"ProposedContextState"
        | b"ProposedMetricState"
        | b"ProposedAlertState"
        | b"ProposedComponentState" => Key::State,
        b"Identification" => Key::Identification,
        b"Fault" => Key::Fault,
        b"Code" => Key::Code,
        b"Value" => Key::Value,
        _ => Key::Other,
    }
}

/// An open element.
#[derive(Clone, Copy, Debug, Default)]
struct Open {
    key: Key,
    /// It is the state of a patient's context.
    patient: bool,
}

/// A namespace and the prefix that stands for it, from this depth on.
#[derive(Debug)]
struct Bound {
    depth: usize,
    prefix: Box<[u8]>,
    space: Space,
}

/// Puts together what an envelope says.
#[derive(Debug, Default)]
pub struct Elements {
    open: Vec<Open>,
    /// Elements open beyond the depth that is followed.
    deeper: usize,
    bound: Vec<Bound>,
    /// The start tag that is being read.
    next: Open,
    extension: Option<String>,
    /// The text of the innermost element, if wanted.
    text: Vec<u8>,
    wanted: bool,
    pub told: Told,
    /// The root was opened, and closed again.
    pub begun: bool,
    pub whole: bool,
}

impl Elements {
    /// What the innermost open element is, and what it stands in.
    fn place(&self) -> (Key, Key, Key) {
        let mut keys = self.open.iter().rev().map(|o| o.key);
        let mut next = || keys.next().unwrap_or_default();
        (next(), next(), next())
    }

    fn within_patient(&self) -> bool {
        self.deeper == 0 && self.open.last().is_some_and(|o| o.patient)
    }

    fn bind(&mut self, prefix: &[u8], name: &[u8]) {
        let space = space(name);
        self.told.medical |= matches!(space, Space::Mdpws | Space::Sdc | Space::Biceps);
        if self.deeper == 0 && self.bound.len() < limits::SDC_PREFIXES {
            self.bound.push(Bound {
                depth: self.open.len().saturating_add(1),
                prefix: prefix.into(),
                space,
            });
        }
    }

    /// A qualified name as the standards write it. Names without a prefix are of the namespace that is bound to none.
    fn kind(&self, name: &str) -> &'static str {
        let (prefix, local) = name.split_once(':').unwrap_or(("", name));
        let bound = self.bound.iter().rev().find(|b| b.prefix.as_ref() == prefix.as_bytes());
        kind(bound.map_or(Space::Other, |b| b.space), local)
    }

    /// The element ends whose text this is.
    fn valued(&mut self, text: &str, keys: &Keys) {
        let first = |slot: &mut Option<String>, cleaned: Option<String>| {
            if slot.is_none() {
                *slot = cleaned;
            }
        };
        let (own, parent, above) = self.place();
        let told = &mut self.told;
        match (own, parent) {
            (Key::Action, Key::Header) => told.action = told.action.or(Some(names::action(text))),
            (Key::MessageId, Key::Header) => first(&mut told.message_id, clean::identifier(text, keys)),
            (Key::RelatesTo, Key::Header) => first(&mut told.relates_to, clean::identifier(text, keys)),
            (Key::Address, Key::EndpointReference) if matches!(above, Key::Subject | Key::Match | Key::Host) => {
                first(&mut told.endpoint, clean::identifier(text, keys));
            }
            (Key::Types, Key::Subject | Key::Match | Key::Host | Key::Hosted) => {
                let hosted = parent == Key::Hosted;
                let kinds: Vec<_> = text
                    .split_ascii_whitespace()
                    .take(limits::LIST)
                    .map(|name| self.kind(name))
                    .collect();
                let list = if hosted { &mut self.told.services } else { &mut self.told.types };
                kinds.into_iter().for_each(|kind| add(list, kind));
            }
            (Key::Scopes, Key::Subject | Key::Match) => text
                .split_ascii_whitespace()
                .for_each(|uri| add(&mut told.scopes, clean::scope(uri))),
            (Key::XAddrs, Key::Subject | Key::Match) => {
                let found = text.split_ascii_whitespace().filter_map(clean::address);
                found.for_each(|address| add(&mut told.xaddrs, address));
            }
            (Key::MetadataVersion, Key::Subject | Key::Match) => told.metadata_version = told.metadata_version.or(text.parse::<u32>().ok()),
            (Key::Manufacturer, Key::ThisModel) => first(&mut told.manufacturer, plain(text)),
            (Key::ModelName, Key::ThisModel) => first(&mut told.model, plain(text)),
            (Key::ModelNumber, Key::ThisModel) => first(&mut told.model_number, plain(text)),
            (Key::FriendlyName, Key::ThisDevice) => first(&mut told.friendly_name, plain(text).map(|t| title(&t).into_owned())),
            (Key::FirmwareVersion, Key::ThisDevice) => first(&mut told.firmware, plain(text)),
            (Key::SerialNumber, Key::ThisDevice) => first(&mut told.serial, plain(text)),
            (Key::Value, Key::Code) if above == Key::Fault => told.fault = told.fault.or(Some(names::fault(text))),
            _ => {}
        }
    }
}

/// Whether the text of an element matters, given what it stands in.
fn wanted(key: Key, parent: Key) -> bool {
    match parent {
        Key::Header => matches!(key, Key::Action | Key::MessageId | Key::RelatesTo),
        Key::EndpointReference => key == Key::Address,
        Key::Subject | Key::Match => matches!(key, Key::Types | Key::Scopes | Key::XAddrs | Key::MetadataVersion),
        Key::Host | Key::Hosted => key == Key::Types,
        Key::ThisModel => matches!(key, Key::Manufacturer | Key::ModelName | Key::ModelNumber),
        Key::ThisDevice => matches!(key, Key::FriendlyName | Key::FirmwareVersion | Key::SerialNumber),
        Key::Code => key == Key::Value,
        _ => false,
    }
}

/// A text of a device about itself, without control characters.
fn plain(text: &str) -> Option<String> {
    let cleaned = crate::text::clean(text.as_bytes())?;
    Some(cleaned.chars().take(limits::SDC_TEXT).collect())
}

/// Adds to a list, each once.
fn add<T: PartialEq<S> + From<S>, S>(list: &mut Vec<T>, value: S) {
    if list.len() < limits::SDC_LIST && !list.iter().any(|known| *known == value) {
        list.push(value.into());
    }
}

impl Handler for Elements {
    fn name(&mut self, name: &[u8]) {
        self.next = Open {
            key: key(local(name)),
            patient: false,
        };
        self.extension = None;
        self.wanted = false;
    }

    fn wants(&mut self, attribute: &[u8]) -> bool {
        match local(attribute) {
            _ if attribute == b"xmlns" || attribute.starts_with(b"xmlns:") => true,
            b"type" => self.next.key == Key::State,
            b"Extension" => self.next.key == Key::Identification && self.within_patient() && self.told.patient.is_none(),
            b"MdibVersion" => self.told.mdib_version.is_none() && self.place().0 == Key::Body,
            _ => false,
        }
    }

    fn attribute(&mut self, name: &[u8], value: &[u8]) {
        match local(name) {
            _ if name == b"xmlns" => self.bind(b"", value),
            prefix if name.starts_with(b"xmlns:") => self.bind(prefix, value),
            b"type" => self.next.patient = local(value) == b"PatientContextState",
            b"Extension" => self.extension = Some(unescaped(value).into_owned()),
            _ => self.told.mdib_version = unescaped(value).parse::<i64>().ok(),
        }
    }

    fn opened(&mut self, keys: &Keys) {
        if self.open.len() >= limits::SDC_DEPTH || self.deeper > 0 {
            self.deeper = self.deeper.saturating_add(1);
            return;
        }
        let (parent, ..) = self.place();
        if let Some(number) = self.extension.take() {
            self.told.patient = keys.pseudonym(&number);
        }
        match self.next.key {
            Key::State => self.told.states = self.told.states.saturating_add(1),
            Key::Match => self.told.matches = self.told.matches.saturating_add(1),
            _ => {}
        }
        self.begun |= self.next.key == Key::Envelope && self.open.is_empty();
        self.text.clear();
        self.wanted = wanted(self.next.key, parent);
        self.open.push(self.next);
    }

    fn text(&mut self, bytes: &[u8]) {
        self.wanted &= self.text.len().saturating_add(bytes.len()) <= limits::SDC_VALUE;
        if self.wanted {
            self.text.extend_from_slice(bytes);
        }
    }

    fn closed(&mut self, keys: &Keys) {
        if self.deeper > 0 {
            self.deeper = self.deeper.saturating_sub(1);
            return;
        }
        if std::mem::take(&mut self.wanted) {
            let raw = std::mem::take(&mut self.text);
            self.valued(unescaped(&raw).trim(), keys);
        }
        let depth = self.open.len();
        self.open.pop();
        while self.bound.last().is_some_and(|b| b.depth >= depth) {
            self.bound.pop();
        }
        self.whole |= self.open.is_empty();
    }
}
