//! A body that is read while it passes: plain or compressed, scanned to its end by the protocol that it is of.

use super::inflate::{Coding, Inflate};
use crate::context::Context;
use crate::exploits::{body as exploits, Signs};
use crate::protocols::dicomweb;
use crate::protocols::fhir::json::Json;
use crate::protocols::fhir::xml::Xml;
use crate::protocols::fhir::Found;
use crate::protocols::files::Carried;
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

/// Who looks at what a body says, each as long as it wants.
#[derive(Debug, Default)]
pub struct Readers {
    pub scan: Option<Scan>,
    pub carried: Option<Carried>,
    pub exploits: Option<exploits::Body>,
}

impl Readers {
    pub fn are_some(&self) -> bool {
        self.scan.is_some() || self.carried.is_some() || self.exploits.is_some()
    }

    /// Whether any of them wants to see more.
    fn want_more(&self) -> bool {
        self.scan.as_ref().is_some_and(Scan::wants_more)
            || self.carried.as_ref().is_some_and(Carried::wants_more)
            || self.exploits.as_ref().is_some_and(exploits::Body::wants_more)
    }

    fn show(&mut self, bytes: &[u8], cx: &mut Context<'_>) {
        if let Some(scan) = self.scan.as_mut().filter(|scan| scan.wants_more()) {
            scan.feed(bytes, cx);
        }
        if let Some(carried) = self.carried.as_mut().filter(|carried| carried.wants_more()) {
            carried.feed(bytes, cx);
        }
        if let Some(exploits) = self.exploits.as_mut().filter(|exploits| exploits.wants_more()) {
            exploits.feed(bytes);
        }
    }

    /// Bytes that they hold where a stranger can make that many.
    fn held(&self) -> usize {
        let scan = match &self.scan {
            Some(Scan::Hl7(hl7)) => hl7.held(),
            _ => 0,
        };
        let carried = self.carried.as_ref().map_or(0, Carried::held);
        let exploits = self.exploits.as_ref().map_or(0, exploits::Body::held);
        scan.saturating_add(carried).saturating_add(exploits)
    }
}

#[derive(Debug)]
pub struct Content {
    readers: Readers,
    inflate: Option<Box<Inflate>>,
    coded: bool,
    /// Not all of it could be inflated.
    cut: bool,
    /// Bytes of it were lost.
    lost: bool,
}

impl Content {
    pub fn new(readers: Readers, coding: Option<Coding>) -> Content {
        Content {
            readers,
            inflate: coding.map(|coding| Box::new(Inflate::new(coding))),
            coded: coding.is_some(),
            cut: false,
            lost: false,
        }
    }

    pub fn wants_more(&self) -> bool {
        !self.lost && !self.cut && self.readers.want_more()
    }

    /// Bytes that it holds where a stranger can make that many.
    pub fn held(&self) -> usize {
        self.readers.held()
    }

    /// Bytes of it were lost: looks at nothing more.
    pub fn stop(&mut self) {
        if let Some(scan) = &mut self.readers.scan {
            scan.stop();
        }
        self.lost = true;
        self.inflate = None;
    }

    pub fn feed(&mut self, bytes: &[u8], cx: &mut Context<'_>) {
        let readers = &mut self.readers;
        let Some(inflate) = &mut self.inflate else {
            if !self.coded {
                readers.show(bytes, cx);
            }
            return;
        };
        let more = inflate.feed(bytes, |plain| {
            readers.show(plain, cx);
            readers.want_more()
        });
        if !more {
            self.cut = inflate.cut;
            self.inflate = None;
            if let Some(scan) = &mut self.readers.scan {
                scan.stop();
            }
        }
    }

    /// Tells of the files that it carries only.
    pub fn leave(mut self, cut: bool, length: Option<u64>, cx: &mut Context<'_>) {
        self.told_files(cut, length, cx);
    }

    fn told_files(&mut self, cut: bool, length: Option<u64>, cx: &mut Context<'_>) {
        let coded = self.coded;
        if let Some(mut inflate) = self.inflate.take() {
            let readers = &mut self.readers;
            inflate.finish(|plain| {
                readers.show(plain, cx);
                readers.want_more()
            });
            self.cut = inflate.cut;
        }
        if let Some(carried) = self.readers.carried.take() {
            carried.finish(length.filter(|_| !coded), !(cut || self.cut || self.lost), cx);
        }
    }

    /// What it told, and the exploits that its beginning holds. `cut`: bytes of it were lost, or its end was. `length`: its bytes as they passed,
    /// if that is known.
    pub fn finish(mut self, cut: bool, length: Option<u64>, cx: &mut Context<'_>) -> (Option<Told>, Signs) {
        self.told_files(cut, length, cx);
        let signs = self.readers.exploits.as_ref().map(exploits::Body::signs);
        (self.told(cut, cx), signs.unwrap_or_default())
    }

    fn told(self, cut: bool, cx: &mut Context<'_>) -> Option<Told> {
        let fhir = |mut found: Found| {
            found.cut |= self.cut;
            Told::Fhir(Box::new(found))
        };
        Some(match self.readers.scan? {
            Scan::FhirJson(json) => fhir(json.finish(&cx.out.keys)),
            Scan::FhirXml(xml) => fhir(xml.finish(&cx.out.keys)),
            Scan::Soap(soap) => Told::Soap(soap),
            Scan::Hl7(mut hl7) => {
                hl7.ended(cut || self.cut, cx);
                Told::Hl7(hl7)
            }
            Scan::Dicomweb(body) => Told::Dicomweb(body, cut || self.cut),
        })
    }
}
