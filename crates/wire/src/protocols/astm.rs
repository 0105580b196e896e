//! Laboratory analysers: ASTM E1381 (CLSI LIS01-A2) frames over TCP, as terminal servers and analysers send them, and the records of
//! ASTM E1394 (CLSI LIS02-A2) in them or, from some analysers, without any frame.
//!
//! A frame counts once however often it is sent, and only when its checksum holds. What a record says of a person or a result is never kept.

mod message;
mod probe;
mod record;
mod sender;
mod session;
#[cfg(test)]
mod tests;

use crate::protocols::Protocol;
use crate::stream;

stream! {
    /// One message of a laboratory analyser or to one: the records from a header (H) to its terminator (L).
    Astm = "astm" {
        /// How it came: framed (LIS01-A2), raw (records alone).
        kind: Word,
        /// Whether the originator of the connection sent it: analysers connect to their host, terminal servers are connected to.
        is_orig: Bool,
        /// H-5, sender name or id: its first component, words for products and equipment only.
        sender: Text,
        /// Maker of the instrument, where a component of H-5 names one.
        manufacturer: Text,
        /// Model of the instrument as H-5 names it.
        model: Text,
        /// Version of its software: the component of H-5 that reads like one.
        software_version: Text,
        /// Serial number of the instrument: the component of H-5 that reads like one.
        serial_number: Text,
        /// H-10, receiver id: its first component, words for products and equipment only.
        receiver: Text,
        /// results (there are R records), query (Q), orders (O alone).
        direction: Word,
        /// H-3; its pseudonym if it holds an id, a name or the date of birth of one of the message's patients.
        control_id: Text,
        /// H-12: P production, T training, D debugging, Q quality control.
        processing_id: Word,
        /// H-13: 1, LIS2-A2, E1394-97 ...
        version: Word,
        /// H-14; read as UTC.
        ts_message: Time,
        /// Records by type with their number, in order of first appearance: `R:12`.
        records: Texts,
        /// P records.
        patient_count: Int,
        /// O records.
        orders: Int,
        /// R records.
        results: Int,
        /// Q records.
        queries: Int,
        /// L-3: N normal, T sender aborted, R receiver asked for the end, E system error, Q error in the request, I nothing found, F request done.
        termination: Word,
        /// Pseudonym of the first patient: P-3 (the practice's id), without it P-4 (the laboratory's), without it P-5; of a query.
        patient: Text,
        /// Pseudonyms of all patients that it names, each once, at most 256.
        patients: Texts,
        /// Pseudonym of the first specimen's id, which is the laboratory's order number: O-3, without it O-4; of a query.
        order_id: Text,
        /// Pseudonyms of all specimens by O-3, O-4 and, each once, at most 256.
        specimens: Texts,
        /// Bytes of its records, the end of each counted as one.
        message_bytes: Int,
        /// Frames that carried it, each counted once.
        frames: Int,
        /// Frames that were sent again.
        retransmitted: Int,
        /// Frames whose checksum did not hold.
        checksum_errors: Int,
        /// Frames that the receiver refused (NAK).
        naks: Int,
        /// Longest time in seconds from a frame's last byte to the answer (ACK, NAK or EOT).
        latency: Float,
        /// H-2 with the field delimiter before it.
        encoding_characters: Text,
        /// Its terminator was not seen, because the capture or the connection ended or bytes of it were lost.
        partial: Bool,
        /// What is wrong with it: no header, no terminator, delimiters, record type, frame, frame number, long frame, long record.
        malformed: Text,
    }
}

pub static PROTOCOL: Protocol = Protocol {
    name: "astm",
    ports: &[15200, 4000, 5100, 9100, 1235],
    probe: probe::probe,
    find: Some(probe::find),
    session: || Box::new(session::AstmSession::default()),
};
