//! FHIR JSON as it comes over HTTP: plain, or compressed with gzip (RFC 9110 8.4.1.3), inflated only as far as it is scanned.

use std::io::Write as _;

use flate2::write::GzDecoder;

use super::scan::{Found, Scan};
use crate::keys::Keys;
use crate::limits;

#[derive(Debug)]
pub struct Content {
    scan: Scan,
    gzip: Option<GzDecoder<Vec<u8>>>,
}

impl Content {
    /// `doubtful`: only JSON is known, FHIR must show itself at once.
    pub fn new(gzip: bool, doubtful: bool) -> Content {
        Content {
            scan: Scan::new(doubtful),
            gzip: gzip.then(|| GzDecoder::new(Vec::new())),
        }
    }

    pub fn wants_more(&self) -> bool {
        self.scan.wants_more()
    }

    /// Looks at nothing more.
    pub fn stop(&mut self) {
        self.scan.stop();
        self.gzip = None;
    }

    pub fn feed(&mut self, bytes: &[u8], keys: &Keys) {
        let Some(gzip) = &mut self.gzip else {
            return self.scan.feed(bytes, keys);
        };
        for part in bytes.chunks(limits::FHIR_INFLATE) {
            let sound = gzip.write_all(part).is_ok();
            self.scan.feed(gzip.get_ref(), keys);
            gzip.get_mut().clear();
            if !sound || !self.scan.wants_more() {
                return self.stop();
            }
        }
    }

    pub fn finish(mut self, keys: &Keys) -> Found {
        if let Some(mut gzip) = self.gzip.take() {
            // What was cut off is an error here and still good up to there.
            let _ = gzip.try_finish();
            self.scan.feed(gzip.get_ref(), keys);
        }
        self.scan.finish(keys)
    }
}
