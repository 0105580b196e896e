//! A body that is read while it passes: plain or compressed, scanned to its end by the protocol that it is of.

use super::inflate::{Coding, Inflate};
use crate::context::Context;
use crate::protocols::dicomweb;
use crate::protocols::fhir::json::Json;
use crate::protocols::fhir::xml::Xml;
use crate::protocols::fhir::Found;
use crate::protocols::hl7::over_http::OverHttp;
use crate::protocols::sdc::Soap;

/// Who reads it.
#[derive(Debug)]
pub enum Scan {
    FhirJson(Box<Json>),
    FhirXml(Box<Xml>),
    Soap(Box<Soap>),
    Hl7(Box<OverHttp>),
    Dicomweb(dicomweb::Body),
}

impl Scan {
    /// `doubtful`: only the format is known, FHIR must show itself at once.
    pub fn fhir_json(doubtful: bool) -> Scan {
        Scan::FhirJson(Box::new(Json::new(doubtful)))
    }

    pub fn fhir_xml(doubtful: bool) -> Scan {
        Scan::FhirXml(Box::new(Xml::new(doubtful)))
    }

    fn wants_more(&self) -> bool {
        match self {
            Scan::FhirJson(json) => json.wants_more(),
            Scan::FhirXml(xml) => xml.wants_more(),
            Scan::Soap(soap) => soap.wants_more(),
            Scan::Hl7(hl7) => hl7.wants_more(),
            Scan::Dicomweb(body) => body.wants_more(),
        }
    }

    fn stop(&mut self) {
        match self {
            Scan::FhirJson(json) => json.stop(),
            Scan::FhirXml(xml) => xml.stop(),
            Scan::Soap(soap) => soap.stop(),
            Scan::Hl7(hl7) => hl7.stop(),
            Scan::Dicomweb(body) => body.stop(),
        }
    }

    fn feed(&mut self, bytes: &[u8], cx: &mut Context<'_>) {
        match self {
            Scan::FhirJson(json) => json.feed(bytes, &cx.out.keys),
            Scan::FhirXml(xml) => xml.feed(bytes, &cx.out.keys),
            Scan::Soap(soap) => soap.feed(bytes, &cx.out.keys),
            Scan::Hl7(hl7) => hl7.feed(bytes, cx),
            Scan::Dicomweb(body) => body.feed(bytes),
        }
    }
}

/// What a body told.
#[derive(Debug)]
pub enum Told {
    Fhir(Box<Found>),
    Soap(Box<Soap>),
    Hl7(Box<OverHttp>),
    /// And whether it was cut.
    Dicomweb(dicomweb::Body, bool),
}

#[derive(Debug)]
pub struct Content {
    scan: Scan,
    inflate: Option<Box<Inflate>>,
    /// Not all of it could be inflated, or bytes of it were lost.
    cut: bool,
}

impl Content {
    pub fn new(scan: Scan, coding: Option<Coding>) -> Content {
        Content {
            scan,
            inflate: coding.map(|coding| Box::new(Inflate::new(coding))),
            cut: false,
        }
    }

    pub fn wants_more(&self) -> bool {
        self.scan.wants_more()
    }

    /// Bytes that it holds where a stranger can make that many.
    pub fn held(&self) -> usize {
        match &self.scan {
            Scan::Hl7(hl7) => hl7.held(),
            _ => 0,
        }
    }

    /// Looks at nothing more.
    pub fn stop(&mut self) {
        self.scan.stop();
        self.inflate = None;
    }

    pub fn feed(&mut self, bytes: &[u8], cx: &mut Context<'_>) {
        let Some(inflate) = &mut self.inflate else {
            return self.scan.feed(bytes, cx);
        };
        let scan = &mut self.scan;
        let more = inflate.feed(bytes, |plain| {
            scan.feed(plain, cx);
            scan.wants_more()
        });
        if !more {
            self.cut = inflate.cut;
            self.stop();
        }
    }

    /// `cut`: bytes of it were lost, or its end was.
    pub fn finish(mut self, cut: bool, cx: &mut Context<'_>) -> Told {
        if let Some(mut inflate) = self.inflate.take() {
            inflate.finish(|plain| {
                self.scan.feed(plain, cx);
                self.scan.wants_more()
            });
            self.cut = inflate.cut;
        }
        let fhir = |mut found: Found| {
            found.cut |= self.cut;
            Told::Fhir(Box::new(found))
        };
        match self.scan {
            Scan::FhirJson(json) => fhir(json.finish(&cx.out.keys)),
            Scan::FhirXml(xml) => fhir(xml.finish(&cx.out.keys)),
            Scan::Soap(soap) => Told::Soap(soap),
            Scan::Hl7(mut hl7) => {
                hl7.ended(cut || self.cut, cx);
                Told::Hl7(hl7)
            }
            Scan::Dicomweb(body) => Told::Dicomweb(body, cut || self.cut),
        }
    }
}
