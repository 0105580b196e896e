//! HL7 v2 over TCP: the minimal lower layer protocol (MLLP), messages without framing, and HL7 over HTTP.
//!
//! MLLP (HL7 Transport Specification MLLP, releases 1 and 2): start block 0x0B, message, end block 0x1C, 0x0D. Messages: HL7 v2.5.1 to v2.9,
//! chapter 2. A message is read segment by segment and never held: documents of many megabytes in OBX-5 pass through, and what stands around
//! them is read.

mod long;
pub mod message;
pub mod outbox;
pub mod over_http;
mod personal;
mod probe;
pub(in crate::protocols) mod segment;
mod session;
#[cfg(test)]
mod tests;

use crate::protocols::Protocol;
use crate::stream;

stream! {
    /// One HL7 v2 message or acknowledgement. A message's row is written when its acknowledgement was seen, when too many are unanswered, or at the end.
    Hl7 = "hl7" {
        /// How it came: mllp (framed), raw (unframed), batch (in an FHS/BHS envelope; HL7 2.10.3), http (HL7 over HTTP; then there is a row in
        /// `http` too, with the same `uid`).
        kind: Word,
        /// MSH-3, first component.
        sending_application: Word,
        /// MSH-4, first component.
        sending_facility: Word,
        /// MSH-5, first component.
        receiving_application: Word,
        /// MSH-6, first component.
        receiving_facility: Word,
        /// MSH-9.1, message code: ADT, ORU, ACK ... (table 0076).
        message_type: Word,
        /// MSH-9.2: A01, R01 ... (table 0003).
        trigger_event: Word,
        /// MSH-9.3 (table 0354).
        message_structure: Word,
        /// MSH-10; its pseudonym if it holds an id, a name or the date of birth of the message's patient, or acknowledges what was not seen.
        control_id: Text,
        /// MSH-11.1: P production, T training, D debugging (table 0103).
        processing_id: Word,
        /// MSH-12.1 (table 0104).
        version: Word,
        /// MSH-18, as written (table 0211).
        charset: Word,
        /// SFT-1.1, organisation that made the sending software.
        software_vendor: Word,
        /// SFT-3.
        software_product: Word,
        /// SFT-2, certified version or release number.
        software_version: Word,
        /// Segments by name with their number, in order of first appearance: `OBX:12`.
        segments: Listed,
        /// MSA-1: AA AE AR (original mode), CA CE CR (commit, enhanced mode) (table 0008).
        ack_code: Word,
        /// MSA-2: control id of the message that is acknowledged; its pseudonym if that message was not seen or holds its own as one.
        acked_control_id: Text,
        /// Seconds from the message's last segment to the first byte of the first acknowledgement that names it.
        latency: Float,
        /// Bytes of the message without its framing.
        message_bytes: Int,
        /// Pseudonym of PID-3.1 (first repetition; without it PID-2.1) of the first PID.
        patient: Text,
        /// Pseudonyms of all patients that it names, each once: of every PID as in `patient` (v2.5.1 3.4.2.3), and of MRG-1.1, the prior id of a
        /// merge (3.4.9.1); at most 256.
        patients: Texts,
        /// Pseudonym of the placer order number (ORC-2.1, OBR-2.1), without it of the filler's (ORC-3.1, OBR-3.1).
        order_id: Text,
        /// Pseudonym of the accession number: IPC-1.1, or OBR-18 where radiology systems put it (IHE RAD TF-2 4.4).
        accession: Text,
        /// Pseudonym of the study instance UID: IPC-3.1, or ZDS-1.1 (IHE RAD TF-2 4.4).
        study: Text,
        /// Equipment that measured or took part: OBX-18 and PRT-10, EI.1 or EI.3; identifiers only, no text.
        device_ids: Texts,
        /// Unique device identifiers: PRT-16 (v2.8.2), and identifiers in GS1 form in OBX-18 and PRT-10.
        udi: Texts,
        /// Whether it answers another message (ACK, or any message with an MSA).
        is_ack: Bool,
        /// MSH-7; read as UTC where it has no offset.
        ts_message: Time,
        /// MSH-2.
        encoding_characters: Word,
        /// BHS-11 of the batch that it came in, without it FHS-11.
        batch_id: Text,
        /// Exploit strings in what was read of it (`data/marks_exploits.tsv`): `exploit-log4shell` and so on.
        marks: Texts,
        /// Its end was not seen, or bytes of it were lost.
        partial: Bool,
        /// What is wrong with it: no end block, no MSH, delimiters, message type, long segment (over 64 KiB besides its long fields).
        malformed: Word,
    }
}

pub static PROTOCOL: Protocol = Protocol {
    name: "hl7",
    ports: &[2575, 6661, 6660, 3600],
    probe: probe::probe,
    find: Some(probe::find),
    session: || Box::new(session::Hl7Session::default()),
};
