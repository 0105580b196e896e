//! One SOAP message: read as it comes, and the row it gives.

use std::borrow::Cow;

use super::elements::Elements;
use super::names::Action;
use super::Sdc;
use crate::context::Context;
use crate::keys::Keys;
use crate::limits;
use crate::protocols::Dir;
use crate::xml::Xml;

/// What an envelope said, made safe to keep.
#[derive(Debug, Default)]
pub struct Told {
    pub action: Option<Action>,
    pub message_id: Option<String>,
    pub relates_to: Option<String>,
    pub endpoint: Option<String>,
    pub matches: u32,
    pub types: Vec<&'static str>,
    pub scopes: Vec<String>,
    pub xaddrs: Vec<String>,
    pub metadata_version: Option<u32>,
    pub manufacturer: Option<String>,
    pub model: Option<String>,
    pub model_number: Option<String>,
    pub friendly_name: Option<String>,
    pub firmware: Option<String>,
    pub serial: Option<String>,
    pub services: Vec<&'static str>,
    pub mdib_version: Option<i64>,
    pub states: u32,
    pub patient: Option<String>,
    pub fault: Option<&'static str>,
    /// It names a standard of SDC.
    pub medical: bool,
}

/// When and where a message began, and how it came.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    pub ts: i64,
    pub dir: Dir,
    pub at: u64,
    pub transport: Transport,
}

#[derive(Clone, Copy, Debug)]
pub enum Transport {
    Udp,
    /// With the status, if it is an answer.
    Http(Option<u16>),
}

#[derive(Debug)]
pub struct Soap {
    scan: Xml<Elements>,
    bytes: u64,
}

impl Default for Soap {
    fn default() -> Soap {
        Soap {
            scan: Xml::new(Elements::default()),
            bytes: 0,
        }
    }
}

impl Soap {
    pub fn wants_more(&self) -> bool {
        self.scan.wants_more()
    }

    /// Looks at nothing more.
    pub fn stop(&mut self) {
        self.scan.stop();
    }

    pub fn feed(&mut self, bytes: &[u8], keys: &Keys) {
        let read = self.scan.feed(bytes, keys);
        self.bytes = self.bytes.saturating_add(read as u64);
    }

    fn told(&self) -> &Told {
        &self.scan.handler.told
    }

    /// A UUID that was read, or a pseudonym.
    pub fn message_id(&self) -> Option<&str> {
        self.told().message_id.as_deref()
    }

    /// Whether an envelope was opened: some answers say that they are SOAP and are empty.
    pub fn is_begun(&self) -> bool {
        self.scan.handler.begun
    }

    /// Whether it is SDC's: it names one of its standards, or looks by WS-Discovery 1.1 for devices of any type. Other SOAP and other devices
    /// (printers and computers of Windows, cameras of ONVIF) are none.
    pub fn is_medical(&self) -> bool {
        let told = self.told();
        let action = told.action.unwrap_or_default();
        self.is_begun() && (told.medical || action.medical || action.discovery && told.types.is_empty())
    }

    /// Writes the row.
    pub fn emit(&self, place: Place, cx: &mut Context<'_>) {
        let told = self.told();
        let action = told.action.unwrap_or_default();
        let broken = self
            .scan
            .broken
            .or((told.action.is_none() && self.scan.handler.whole).then_some("action"));
        let (transport, status) = match place.transport {
            Transport::Udp => ("udp", None),
            Transport::Http(status) => ("http", status),
        };
        let row = Sdc {
            transport: Some(transport),
            action: action.name,
            service: action.service,
            message_id: told.message_id.as_deref(),
            relates_to: told.relates_to.as_deref(),
            endpoint: told.endpoint.as_deref(),
            matches: Some(i64::from(told.matches)).filter(|_| matches!(action.name, Some("ProbeMatches" | "ResolveMatches"))),
            types: told.types.iter().copied().map(Cow::Borrowed).collect(),
            scopes: texts(&told.scopes),
            xaddrs: texts(&told.xaddrs),
            metadata_version: told.metadata_version.map(i64::from),
            manufacturer: told.manufacturer.as_deref(),
            model: told.model.as_deref(),
            model_number: told.model_number.as_deref(),
            friendly_name: told.friendly_name.as_deref(),
            firmware: told.firmware.as_deref(),
            serial: told.serial.as_deref(),
            services: told.services.iter().copied().map(Cow::Borrowed).collect(),
            mdib_version: told.mdib_version,
            states: Some(i64::from(told.states)),
            patient: told.patient.as_deref(),
            fault: told.fault,
            status_code: status.map(i64::from),
            message_bytes: i64::try_from(self.bytes).ok(),
            partial: Some(!self.scan.handler.whole),
            malformed: broken,
            ..Sdc::default()
        };
        cx.emit(place.ts, place.dir, place.at, &row);
    }
}

fn texts(list: &[String]) -> Vec<Cow<'_, str>> {
    list.iter().take(limits::LIST).map(|s| Cow::Borrowed(s.as_str())).collect()
}
