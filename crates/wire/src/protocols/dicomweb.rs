//! DICOM over HTTP: what was asked of which study, and how many instances went which way. DICOM PS3.18; bodies are counted, and of each file
//! only the 132 bytes are seen that say whether it is DICOM's and something else too.
//!
//! A stream of its own beside `fhir`, not more columns of `http`: nine of ten requests would have none of them.

mod body;
mod objects;
mod parts;
mod request;
#[cfg(test)]
mod tests;
mod transaction;

pub use body::Body;
pub use parts::parameter;
pub use request::{asked, Asked, Service};
pub use transaction::{Exchanged, Transaction};

use crate::stream;

stream! {
    /// One transaction of DICOMweb, seen in clear. Also a row in `http`, with the same `uid` and `ts`.
    Dicomweb = "dicomweb" {
        /// qido (search), wado (retrieve), stow (store), delete (PS3.18 10), wado-uri (PS3.18 9); file: a DICOM file by an archive's own interface.
        service: Word,
        /// study, series or instance: what is asked for or stored.
        level: Word,
        /// What of it: metadata, rendered, thumbnail, frames, bulkdata, pixeldata; null for all of it.
        resource: Word,
        /// HTTP status of the answer.
        status_code: Int,
        /// Bytes of the request's body.
        request_bytes: Int,
        /// Bytes of the answer's body.
        response_bytes: Int,
        /// Scheme of `Authorization`, null without one.
        auth_scheme: Word,
        /// Media types asked for (Accept, contentType), of multipart/related those of its parts; `{}` for a subtype that is not well known.
        media_types: Texts,
        /// Transfer syntaxes asked for (PS3.18 8.7.3.5, transferSyntax): UIDs of DICOM's own, `*` for any.
        transfer_syntaxes: Texts,
        /// Pseudonym of the Study Instance UID.
        study: Text,
        /// Pseudonym of the Patient ID of a search; one with a wildcard has none.
        patient: Text,
        /// Results of a search in JSON, or instances that metadata in JSON is of.
        matches: Int,
        /// Parts of the body that was stored or retrieved.
        parts: Int,
        /// Parts, or the whole body, that are DICOM files (PS3.10 7.1).
        instances: Int,
        /// Marks of files that are DICOM's and something else too: `dicom-preamble-mz` (CVE-2019-11687).
        marks: Texts,
        /// Not all was seen: request, answer, or the end of a body.
        partial: Bool,
        /// What is wrong: boundary, part head, no DICM (a part that says it is a DICOM file and is none).
        malformed: Word,
    }
}
