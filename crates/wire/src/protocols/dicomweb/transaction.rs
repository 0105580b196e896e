//! A request with its answer, and the row that both give.

use std::borrow::Cow;

use super::body::Body;
use super::objects::Objects;
use super::parts::Parts;
use super::request::{Asked, Service};
use super::Dicomweb;
use crate::context::Context;
use crate::limits;
use crate::protocols::Dir;

#[derive(Debug)]
pub struct Transaction {
    asked: Asked,
    /// What the bodies held, as far as it was counted.
    parts: Option<u64>,
    instances: Option<u64>,
    matches: Option<u64>,
    marks: Vec<&'static str>,
    malformed: Option<&'static str>,
    /// A body was not seen to its end.
    cut: bool,
}

/// What HTTP knows of it.
#[derive(Clone, Copy, Debug)]
pub struct Exchanged {
    pub status: Option<u16>,
    pub request_bytes: Option<u64>,
    pub response_bytes: Option<u64>,
    pub auth_scheme: Option<&'static str>,
    pub partial: bool,
}

impl Transaction {
    pub fn new(asked: Asked) -> Transaction {
        Transaction {
            asked,
            parts: None,
            instances: None,
            matches: None,
            marks: Vec::new(),
            malformed: None,
            cut: false,
        }
    }

    /// How a body of this media type is read, if it is. `answer`: it is the answer's.
    pub fn body(&self, media: &str, content_type: &[u8], answer: bool) -> Option<Body> {
        let listed = matches!(self.asked.service, Service::Qido | Service::Wado);
        match media {
            "application/dicom" => Some(Body::Parts(Box::new(Parts::new(content_type)))),
            _ if media.starts_with("multipart/") => Some(Body::Parts(Box::new(Parts::new(content_type)))),
            json if answer && listed && json.ends_with("json") => Some(Body::Objects(Objects::default())),
            _ => None,
        }
    }

    /// A body ended, or (`cut`) was not seen to its end.
    pub fn told(&mut self, body: Body, cut: bool) {
        match body {
            Body::Parts(mut parts) => {
                self.cut |= !parts.finish(cut);
                self.parts = Some(parts.parts).filter(|_| parts.is_multipart());
                self.instances = Some(parts.instances);
                self.malformed = self.malformed.or(parts.malformed);
                self.marks.extend(parts.marks);
            }
            Body::Objects(objects) => {
                self.cut |= cut || !objects.whole;
                self.matches = Some(objects.count);
            }
        }
    }

    pub fn emit(&self, about: Exchanged, (ts, dir, at): (i64, Dir, u64), cx: &mut Context<'_>) {
        let asked = &self.asked;
        let int = |n: Option<u64>| n.and_then(|n| i64::try_from(n).ok());
        let row = Dicomweb {
            service: Some(asked.service.name()),
            level: asked.level,
            resource: asked.resource,
            status_code: about.status.map(i64::from),
            request_bytes: int(about.request_bytes),
            response_bytes: int(about.response_bytes),
            auth_scheme: about.auth_scheme,
            media_types: texts(&asked.media_types),
            transfer_syntaxes: texts(&asked.transfer_syntaxes),
            study: asked.study.as_deref(),
            patient: asked.patient.as_deref(),
            matches: int(self.matches),
            parts: int(self.parts),
            instances: int(self.instances),
            marks: self.marks.iter().copied().map(Cow::Borrowed).collect(),
            partial: Some(about.partial || self.cut),
            malformed: self.malformed,
            ..Dicomweb::default()
        };
        cx.emit(ts, dir, at, &row);
    }
}

fn texts(list: &[String]) -> Vec<Cow<'_, str>> {
    list.iter().take(limits::LIST).map(|s| Cow::Borrowed(s.as_str())).collect()
}
