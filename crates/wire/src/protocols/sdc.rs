//! Medical devices at the point of care that talk as services: IEEE 11073 SDC (11073-20701, 11073-20702 and 11073-10207) in clear.
//!
//! They find each other by WS-Discovery 1.1 (SOAP-over-UDP, port 3702), say by DPWS 1.1 what they are, and exchange the messages of BICEPS
//! over HTTP. What is measured and of whom is never looked at, but for the number of a patient, which becomes a pseudonym.

mod clean;
mod discovery;
mod elements;
mod message;
mod names;
#[cfg(test)]
mod tests;

pub use message::{Place, Soap, Transport};

use crate::protocols::Datagrams;
use crate::stream;

stream! {
    /// One message of a medical device or to one. Copies that SOAP-over-UDP sends of a message are one row.
    Sdc = "sdc" {
        /// udp (SOAP-over-UDP 1.1) or http; then there is a row in `http` too, with the same `uid`.
        transport: Word,
        /// What it asks or says: the last part of wsa:Action (Hello, Probe, GetMdib, EpisodicMetricReport), `{}` if no standard has it.
        action: Word,
        /// Whose action that is: discovery, transfer, metadata, eventing, fault, or a service of BICEPS (GetService, SetService; 11073-20701 table 1).
        service: Word,
        /// wsa:MessageID if it is a UUID, else its pseudonym.
        message_id: Text,
        /// wsa:RelatesTo, in the same way: the message that this one answers.
        relates_to: Text,
        /// Address of the device that announces itself, is found, left, asked for or described (the first one), if it is a UUID; else its pseudonym.
        endpoint: Word,
        /// Devices in an answer to a Probe or Resolve; null for other messages.
        matches: Int,
        /// Its types (WS-Discovery 1.1 4.1): dpws:Device, mdpws:MedicalDevice; `{}` for those of no standard of SDC.
        types: Texts,
        /// Its scopes (11073-20701 9.2): coded types, roles, and locations with their names made safe to keep; `{}` for others.
        scopes: Texts,
        /// Host and port of its addresses.
        xaddrs: Texts,
        /// wsd:MetadataVersion.
        metadata_version: Int,
        /// Maker (DPWS 1.1 ThisModel).
        manufacturer: Word,
        /// Model name.
        model: Word,
        /// Model number.
        model_number: Word,
        /// Name that people gave it (DPWS 1.1 ThisDevice), as far as it names nobody.
        friendly_name: Word,
        /// Firmware version.
        firmware: Word,
        /// Serial number.
        serial: Word,
        /// Services that it hosts: sdc:GetService, sdc:SetService.
        services: Texts,
        /// Version of its containment tree (11073-10207 MdibVersion).
        mdib_version: Int,
        /// States in it: of metrics, alerts, components, operations, contexts. Their content is not read.
        states: Int,
        /// Pseudonym of the patient's number: the first Identification of the first PatientContextState (11073-10207).
        patient: Text,
        /// Code of a SOAP fault (SOAP 1.2 part 1, 5.4.6).
        fault: Word,
        /// HTTP status, of an answer over HTTP.
        status_code: Int,
        /// Bytes of the message as far as it was read, inflated.
        message_bytes: Int,
        /// Its end was not seen.
        partial: Bool,
        /// What is wrong: document type, markup, action.
        malformed: Word,
    }
}

pub static DISCOVERY: Datagrams = Datagrams {
    name: "ws-discovery",
    ports: &[3702],
    probe: discovery::probe,
    conversation: || Box::new(discovery::Discovery::default()),
};
