//! What a request asks: service, level and study, from method, target and head. PS3.18 8.3 (targets), 9 (URI service), 10 (studies service).

use super::parts::{outside_quotes, parameter};
use crate::keys::Keys;
use crate::limits;
use crate::protocols::dicom::uids::uid;
use crate::protocols::http::clean::{known_media_type, media_type};
use crate::protocols::http::uri::{decoded, parameters};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    Qido,
    Wado,
    Stow,
    Delete,
    WadoUri,
    File,
}

impl Service {
    pub fn name(self) -> &'static str {
        match self {
            Service::Qido => "qido",
            Service::Wado => "wado",
            Service::Stow => "stow",
            Service::Delete => "delete",
            Service::WadoUri => "wado-uri",
            Service::File => "file",
        }
    }
}

/// A request as DICOMweb reads it.
#[derive(Clone, Debug)]
pub struct Asked {
    pub service: Service,
    pub level: Option<&'static str>,
    pub resource: Option<&'static str>,
    pub study: Option<String>,
    pub patient: Option<String>,
    pub media_types: Vec<String>,
    pub transfer_syntaxes: Vec<String>,
}

impl Asked {
    pub fn of(service: Service) -> Asked {
        Asked {
            service,
            level: None,
            resource: None,
            study: None,
            patient: None,
            media_types: Vec::new(),
            transfer_syntaxes: Vec::new(),
        }
    }
}

/// Whether a Content-Type or Accept is of DICOM: by itself or by what its parts are.
fn is_dicom(value: &[u8]) -> bool {
    let of = |media: Option<String>| media.is_some_and(|m| m == "application/dicom" || m.starts_with("application/dicom+"));
    of(media_type(value)) || parameter(value, b"type").is_some_and(|inner| of(media_type(inner)))
}

/// Names that a base of DICOMweb has: those of the standard's services and of common servers.
const BASES: &[&str] = &[
    "dicom-web",
    "dicomweb",
    "dicom_web",
    "rs",
    "qido",
    "qido-rs",
    "wado-rs",
    "stow",
    "stow-rs",
];

/// Reads a request; `None` if it is not DICOMweb's. The types are the values of Accept and Content-Type.
pub fn asked(method: &str, path: &[u8], query: &[u8], [accept, content_type]: [&[u8]; 2], keys: &Keys) -> Option<Asked> {
    let mut found = by_uri(query).or_else(|| by_path(method, path, is_dicom(accept) || is_dicom(content_type), keys))?;
    found.parameters(query, keys);
    found.accepts(accept);
    Some(found)
}

/// PS3.18 9.1: requestType=WADO says it all.
fn by_uri(query: &[u8]) -> Option<Asked> {
    let wado = parameters(query).any(|(name, value)| name.as_ref() == b"requestType" && value.eq_ignore_ascii_case(b"WADO"));
    wado.then(|| Asked {
        level: Some("instance"),
        ..Asked::of(Service::WadoUri)
    })
}

/// `base/studies[/uid[/series[/uid[/instances[/uid[/frames/1]]]]]][/metadata]`. Archives have other interfaces with such paths: the base, the
/// media types or the UID must tell.
fn by_path(method: &str, path: &[u8], typed: bool, keys: &Keys) -> Option<Asked> {
    let path = std::str::from_utf8(path).ok()?;
    path.split('/').find_map(level)?;
    let segments: Vec<&str> = path.split('/').filter(|s| !s.is_empty()).take(limits::HTTP_SEGMENTS).collect();
    let start = segments.iter().position(|s| level(s).is_some())?;
    let named = segments
        .get(..start)?
        .iter()
        .any(|s| BASES.contains(&s.to_ascii_lowercase().as_str()));
    let mut rest = segments.get(start..)?.iter().copied().peekable();
    let (mut last, mut one, mut study) = (None, false, None);
    while let Some(of) = rest.next_if(|s| level(s).is_some()) {
        last = level(of);
        let id = rest.next_if(|s| level(s).is_none() && resource(s).is_none());
        let id = id.map(|id| decoded(id.as_bytes()));
        one = id.is_some();
        if last == Some("study") {
            study = id.as_deref().and_then(uid).map(str::to_owned);
        }
    }
    if !(named || typed || study.as_ref().is_some_and(|uid| uid.contains('.'))) {
        return None;
    }
    let resource = rest.next().and_then(resource);
    let service = match method {
        "GET" | "HEAD" if one || resource.is_some() => Service::Wado,
        "GET" | "HEAD" => Service::Qido,
        "POST" if last == Some("study") => Service::Stow,
        "DELETE" => Service::Delete,
        _ => return None,
    };
    Some(Asked {
        level: last,
        resource,
        study: study.and_then(|uid| keys.pseudonym(&uid)),
        ..Asked::of(service)
    })
}

fn level(segment: &str) -> Option<&'static str> {
    match segment {
        "studies" => Some("study"),
        "series" => Some("series"),
        "instances" => Some("instance"),
        _ => None,
    }
}

/// PS3.18 tables 10.4.1-1 to 10.4.1-7.
fn resource(segment: &str) -> Option<&'static str> {
    const RESOURCES: &[&str] = &["metadata", "rendered", "thumbnail", "frames", "bulkdata", "pixeldata"];
    RESOURCES.iter().find(|known| **known == segment).copied()
}

impl Asked {
    /// Keys of a search (PS3.18 8.3.4), by keyword or tag; and what the URI service is asked for.
    fn parameters(&mut self, query: &[u8], keys: &Keys) {
        let id = |value: &[u8]| {
            let plain = !value.iter().any(|b| matches!(b, b'*' | b'?' | b','));
            keys.pseudonym_bytes(value).filter(|_| plain)
        };
        for (name, value) in parameters(query) {
            match name.as_ref() {
                b"PatientID" | b"00100020" => self.patient = self.patient.take().or_else(|| id(&value)),
                b"StudyInstanceUID" | b"0020000D" | b"studyUID" => self.study = self.study.take().or_else(|| id(&value)),
                b"contentType" => value.split(|b| *b == b',').for_each(|one| self.media(one)),
                b"transferSyntax" => self.transfer(&value),
                b"accept" => self.accepts(&value),
                _ => {}
            }
        }
    }

    /// Accept (RFC 9110 12.5.1): media types, those of parts, and their transfer syntaxes.
    fn accepts(&mut self, accept: &[u8]) {
        let mut rest = accept;
        for _ in 0..limits::DICOMWEB_ACCEPT {
            let end = outside_quotes(rest, b',').unwrap_or(rest.len());
            let one = rest.get(..end).unwrap_or_default();
            self.media(parameter(one, b"type").unwrap_or(one));
            if let Some(syntax) = parameter(one, b"transfer-syntax") {
                self.transfer(syntax);
            }
            rest = rest.get(end.saturating_add(1)..).unwrap_or_default();
            if rest.is_empty() {
                return;
            }
        }
    }

    fn media(&mut self, value: &[u8]) {
        if let Some(media) = known_media_type(value) {
            add(&mut self.media_types, &media);
        }
    }

    /// Of DICOM's own UIDs (PS3.6 Table A-1): all others may be made of anything.
    fn transfer(&mut self, value: &[u8]) {
        let own = uid(value).filter(|uid| uid.starts_with("1.2.840.10008.1.2"));
        if let Some(syntax) = own.or((value == b"*").then_some("*")) {
            add(&mut self.transfer_syntaxes, syntax);
        }
    }
}

/// Adds to a list, each once.
fn add(list: &mut Vec<String>, value: &str) {
    if list.len() < limits::DICOMWEB_ACCEPT && !list.iter().any(|known| known == value) {
        list.push(value.to_owned());
    }
}
