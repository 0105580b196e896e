//! DICOM over TCP: the upper layer (PS3.8) and the messages in it (PS3.7). Of data sets (PS3.5) only the head is read, and of that only what
//! identifies equipment; pixel data is never seen.

mod association;
mod command;
mod cursor;
mod dataset;
mod message;
mod pdu;
pub mod preamble;
mod probe;
mod session;
#[cfg(test)]
mod tests;
pub mod uids;
mod walker;

use crate::protocols::Protocol;
use crate::stream;

stream! {
    /// One association between two application entities, written when it ends. A title or version name that holds what a data set of it tells of
    /// the patient is left out. DICOM PS3.8.
    DicomAssociation = "dicom_association" {
        /// Application entity title of who asked. PS3.8 Table 9-11.
        calling_ae: Word,
        /// Application entity title of who was asked. PS3.8 Table 9-11.
        called_ae: Word,
        /// How it ended: rejected, released, aborted; accepted if neither release nor abort was seen, open if not even an answer.
        result: Word,
        /// Whether the rejection is permanent (1) rather than transient (2). PS3.8 Table 9-21.
        reject_permanent: Bool,
        /// Who rejected: service-user, service-provider (ACSE), service-provider (presentation), else the number. PS3.8 Table 9-21.
        result_source: Word,
        /// Why it was rejected, as PS3.8 Table 9-21 words it, else the number.
        reject_reason: Word,
        /// Implementation class UID of the requestor: names the software. PS3.7 D.3.3.2.
        calling_implementation_class_uid: Word,
        /// Implementation version name of the requestor. PS3.7 D.3.3.2.
        calling_implementation_version: Word,
        /// Implementation class UID of the acceptor. PS3.7 D.3.3.2.
        called_implementation_class_uid: Word,
        /// Implementation version name of the acceptor. PS3.7 D.3.3.2.
        called_implementation_version: Word,
        /// Longest P-DATA-TF that the requestor takes, bytes; 0: any. PS3.8 D.1.
        calling_max_pdu: Int,
        /// Longest P-DATA-TF that the acceptor takes, bytes; 0: any. PS3.8 D.1.
        called_max_pdu: Int,
        /// Application context name. PS3.7 Annex A.
        app_context: Word,
        /// Protocol versions, one bit each; bit 0 is version 1. PS3.8 Table 9-11.
        protocol_version: Int,
        /// Abstract syntaxes proposed, one a presentation context, in order. PS3.8 9.3.2.2.
        proposed_abstract: Texts,
        /// The same by name, where PS3.6 Annex A has one.
        proposed_names: Texts,
        /// Transfer syntaxes proposed: `context id:UID,UID`. PS3.8 9.3.2.2.
        proposed_transfer: Texts,
        /// Answers: `context id:result:transfer syntax`; 0 acceptance, 1 user-rejection, 2 no-reason, 3 abstract syntax, 4 transfer syntaxes not supported. PS3.8 Table 9-18.
        accepted: Texts,
        /// Roles proposed: `SOP class:SCU:SCP`, each 0 or 1. PS3.7 D.3.3.4.
        roles: Texts,
        /// Roles accepted, likewise.
        roles_accepted: Texts,
        /// SOP classes with extended negotiation, plain or common. PS3.7 D.3.3.5 and D.3.3.6.
        extended_negotiation: Texts,
        /// Kind of user identity offered: none, username, username_passcode, kerberos, saml, jwt, else the number. Never the identity. PS3.7 D.3.3.7.
        user_identity: Word,
        /// Operations at once, `invoked:performed`, as answered, else as proposed. PS3.7 D.3.3.3.
        async_ops: Word,
        /// Fingerprint of the asking software: first 16 hexadecimal digits of SHA-256 over the proposed contexts in order, each `abstract,transfer,...;`.
        contexts_hash: Word,
        /// Who asked for release first: requestor or acceptor. PS3.8 7.2.
        released_by: Word,
        /// Who sent the A-ABORT: requestor or acceptor. PS3.8 7.3.
        aborted_by: Word,
        /// What aborted: service-user or service-provider, else the number. PS3.8 Table 9-26.
        abort_source: Word,
        /// Why the service-provider aborted. PS3.8 Table 9-26.
        abort_reason: Word,
        /// DIMSE messages seen in it, both ways.
        dimse_messages: Int,
        /// Bytes of its PDUs from the connection's originator, as their heads tell.
        bytes_orig: Int,
        /// Bytes of its PDUs from the connection's responder, as their heads tell.
        bytes_resp: Int,
        /// Seconds from its first to its last PDU.
        duration: Float,
        /// The request was not seen: the capture began later, or lost it.
        midstream: Bool,
        /// Its end or its beginning was not seen, or bytes of it were lost.
        partial: Bool,
        /// What is wrong with it, if anything.
        malformed: Word,
    }
}

stream! {
    /// One DIMSE message: a request, a response, a pending response, a cancel. What names systems and equipment is left out where it holds an id,
    /// a name or the date of birth that the data set tells of its patient. DICOM PS3.7.
    DicomMessage = "dicom_message" {
        /// Calling AE title of the association. PS3.8 Table 9-11.
        calling_ae: Word,
        /// Called AE title of the association. PS3.8 Table 9-11.
        called_ae: Word,
        /// Presentation context id. PS3.8 9.3.5.1.
        context_id: Int,
        /// Abstract syntax proposed for that context.
        abstract_syntax: Word,
        /// Transfer syntax accepted for that context.
        transfer_syntax: Word,
        /// Whether the requestor of the association sent it, who is the originator of the connection: who fetches by C-GET is sent objects by whom it called.
        is_orig: Bool,
        /// The command: C-STORE-RQ, N-EVENT-REPORT-RSP, ... PS3.7 E.1.
        command: Word,
        /// Command field (0000,0100).
        command_field: Int,
        /// Message ID (0000,0110).
        message_id: Int,
        /// Message ID being responded to (0000,0120).
        responded_to_id: Int,
        /// Status (0000,0900). PS3.7 Annex C.
        status: Int,
        /// The status in words, for the codes that PS3.7 Annex C and all services of PS3.4 share.
        status_name: Word,
        /// Priority (0000,0700): 0 medium, 1 high, 2 low.
        priority: Int,
        /// Affected SOP class UID (0000,0002), else SOP class UID (0008,0016) of the data set.
        affected_sop_class_uid: Word,
        /// Name of the affected, else of the requested SOP class. PS3.6 Annex A.
        sop_class_name: Word,
        /// Affected SOP instance UID (0000,1000), else SOP instance UID (0008,0018) of the data set; pseudonym.
        affected_sop_instance: Text,
        /// Requested SOP class UID (0000,0003).
        requested_sop_class_uid: Word,
        /// Requested SOP instance UID (0000,1001); pseudonym.
        requested_sop_instance: Text,
        /// Event type ID (0000,1002).
        event_type_id: Int,
        /// Action type ID (0000,1008).
        action_type_id: Int,
        /// Error ID (0000,0903).
        error_id: Int,
        /// Whether there is an error comment (0000,0902): free text, never kept.
        error_comment_present: Bool,
        /// Move destination (0000,0600): the AE title that a C-MOVE sends to.
        move_destination: Word,
        /// Move originator AE title (0000,1030).
        move_originator_ae: Word,
        /// Move originator message ID (0000,1031).
        move_originator_message_id: Int,
        /// Sub-operations remaining (0000,1020).
        remaining: Int,
        /// Sub-operations completed (0000,1021).
        completed: Int,
        /// Sub-operations failed (0000,1022).
        failed: Int,
        /// Sub-operations with a warning (0000,1023).
        warning: Int,
        /// Query/retrieve level (0008,0052).
        query_level: Word,
        /// Keys that a C-FIND, C-MOVE or C-GET asks by, in order: `keyword:kind`, kind one of universal, value, wildcard, range, list, sequence; those in a sequence as `sequence.keyword:kind`. PS3.4 C.2.2.2.
        query_keys: Texts,
        /// Modality (0008,0060) of the object. Object columns tell of the equipment that made it, which need not be the sender.
        modality: Word,
        /// Manufacturer (0008,0070).
        manufacturer: Word,
        /// Manufacturer's model name (0008,1090).
        model: Word,
        /// Device serial number (0018,1000).
        serial: Word,
        /// Software versions (0018,1020), separated by backslashes.
        software_versions: Word,
        /// Station name (0008,1010); `*` stands for names of people and long numbers in it.
        station_name: Word,
        /// Device UID (0018,1002).
        device_uid: Text,
        /// Whether the object names an institution (0008,0080); the name is not kept.
        institution_present: Bool,
        /// Patient ID (0010,0020); pseudonym. Of a query only if it asks for exactly one.
        patient: Text,
        /// Study instance UID (0020,000D); pseudonym. Of a query only if it asks for exactly one.
        study: Text,
        /// Accession number (0008,0050); pseudonym. Of a query only if it asks for exactly one.
        accession: Text,
        /// Bytes of the data set, as the heads of its fragments tell.
        dataset_bytes: Int,
        /// Exploit strings in its command set and in the elements of its data set that were read (`data/marks_exploits.tsv`): `exploit-log4shell` and so on.
        marks: Texts,
        /// Its end was not seen, or bytes of it were lost.
        partial: Bool,
        /// What is wrong with it, if anything.
        malformed: Word,
    }
}

pub static PROTOCOL: Protocol = Protocol {
    name: "dicom",
    ports: &[104, 11112, 2762, 2761, 4242],
    probe: probe::probe,
    find: Some(probe::find),
    session: || Box::new(session::Dicom::default()),
};
