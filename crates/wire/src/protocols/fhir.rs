//! FHIR over HTTP: what was asked of which resource, and how many patients could be read. HL7 FHIR R4 (4.0.1) http.html, search.html.

mod collect;
pub mod json;
pub mod request;
#[cfg(test)]
mod tests;
pub mod xml;

pub use collect::Found;

use crate::stream;

stream! {
    /// One FHIR interaction, seen in clear. Also a row in `http`, with the same `uid` and `ts`.
    Fhir = "fhir" {
        /// read vread search create update patch delete history capabilities operation batch (R4 http.html 3.1.0).
        interaction: Word,
        /// Resource type of the interaction, a FHIR name.
        resource_type: Word,
        /// Operation with its `$` (R4 operations.html), `${}` if it is not a well-known one.
        operation: Word,
        /// system, type or instance.
        level: Word,
        /// HTTP status of the answer.
        status_code: Int,
        /// Bytes of the request's body.
        request_bytes: Int,
        /// Bytes of the answer's body.
        response_bytes: Int,
        /// Names of the search parameters, `{}` for unknown ones; values never.
        search_params: Texts,
        /// Scheme of `Authorization`, null without one.
        auth_scheme: Word,
        /// Pseudonym of the patient identifier that was asked for, or of the only one in the bodies.
        patient: Text,
        /// Pseudonyms of the patient identifiers in the bodies (Patient.identifier, of type MR or the first; subject.identifier): the first 256.
        patients: Texts,
        /// Pseudonyms of the logical ids of patients that are referred to (`Patient/id`): the first 256.
        patient_refs: Texts,
        /// Distinct patients in the bodies: identifiers, or references where these are more. 20,000 stands for that or more.
        patient_count: Int,
        /// References to devices: `Device/id`.
        device_refs: Texts,
        /// CapabilityStatement.software.name and version.
        software: Word,
        /// CapabilityStatement.publisher.
        publisher: Word,
        /// The answer was not seen to its end, bytes of it were lost, or a body could not be read to its end: damaged compression, a bomb, XML with a document type.
        partial: Bool,
    }
}
