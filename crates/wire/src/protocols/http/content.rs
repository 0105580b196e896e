//! A FHIR body as it comes over HTTP: plain or compressed, scanned to its end.

use super::inflate::{Coding, Inflate};
use crate::keys::Keys;
use crate::protocols::fhir::json::Json;
use crate::protocols::fhir::xml::Xml;
use crate::protocols::fhir::Found;

/// The formats of FHIR (R4 json.html, xml.html).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Json,
    Xml,
}

#[derive(Debug)]
enum Scan {
    Json(Json),
    Xml(Xml),
}

impl Scan {
    fn wants_more(&self) -> bool {
        match self {
            Scan::Json(json) => json.wants_more(),
            Scan::Xml(xml) => xml.wants_more(),
        }
    }

    fn stop(&mut self) {
        match self {
            Scan::Json(json) => json.stop(),
            Scan::Xml(xml) => xml.stop(),
        }
    }

    fn feed(&mut self, bytes: &[u8], keys: &Keys) {
        match self {
            Scan::Json(json) => json.feed(bytes, keys),
            Scan::Xml(xml) => xml.feed(bytes, keys),
        }
    }

    fn finish(self, keys: &Keys) -> Found {
        match self {
            Scan::Json(json) => json.finish(keys),
            Scan::Xml(xml) => xml.finish(keys),
        }
    }
}

#[derive(Debug)]
pub struct Content {
    scan: Scan,
    inflate: Option<Box<Inflate>>,
    cut: bool,
}

impl Content {
    /// `doubtful`: only the format is known, FHIR must show itself at once.
    pub fn new(format: Format, coding: Option<Coding>, doubtful: bool) -> Content {
        Content {
            scan: match format {
                Format::Json => Scan::Json(Json::new(doubtful)),
                Format::Xml => Scan::Xml(Xml::new(doubtful)),
            },
            inflate: coding.map(|coding| Box::new(Inflate::new(coding))),
            cut: false,
        }
    }

    pub fn wants_more(&self) -> bool {
        self.scan.wants_more()
    }

    /// Looks at nothing more.
    pub fn stop(&mut self) {
        self.scan.stop();
        self.inflate = None;
    }

    pub fn feed(&mut self, bytes: &[u8], keys: &Keys) {
        let Some(inflate) = &mut self.inflate else {
            return self.scan.feed(bytes, keys);
        };
        let scan = &mut self.scan;
        let more = inflate.feed(bytes, |plain| {
            scan.feed(plain, keys);
            scan.wants_more()
        });
        if !more {
            self.cut = inflate.cut;
            self.stop();
        }
    }

    pub fn finish(mut self, keys: &Keys) -> Found {
        if let Some(mut inflate) = self.inflate.take() {
            inflate.finish(|plain| {
                self.scan.feed(plain, keys);
                self.scan.wants_more()
            });
            self.cut = inflate.cut;
        }
        let mut found = self.scan.finish(keys);
        found.cut |= self.cut;
        found
    }
}
