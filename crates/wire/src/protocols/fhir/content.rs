//! A FHIR body as it comes over HTTP: plain or compressed, scanned to its end.

use super::collect::Found;
use super::inflate::{Coding, Inflate};
use super::json::Json;
use crate::keys::Keys;

#[derive(Debug)]
pub struct Content {
    scan: Json,
    inflate: Option<Box<Inflate>>,
    cut: bool,
}

impl Content {
    /// `doubtful`: only JSON is known, FHIR must show itself at once.
    pub fn new(coding: Option<Coding>, doubtful: bool) -> Content {
        Content {
            scan: Json::new(doubtful),
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
        found.cut = self.cut;
        found
    }
}
