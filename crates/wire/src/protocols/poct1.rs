//! Point-of-care meters and analysers: POCT1-A (CLSI POCT01-A, -A2), the device messaging layer of its appendix B: XML messages over TCP,
//! one after the other, some with the block characters of MLLP around them.
//!
//! Tags are read as they come by the shared XML scanner, which knows no document type; values are those of the attribute `V`.

mod elements;
mod probe;
mod session;
#[cfg(test)]
mod tests;

use crate::protocols::Protocol;
use crate::stream;

stream! {
    /// One POCT1 message. Its row is written when its acknowledgement was seen, when too many are unanswered, or at the end.
    Poct1 = "poct1" {
        /// Its root element: HEL.R01 hello, DST.R01 status, OBS.R01 and OBS.R02 observations, ACK.R01 ...
        message_type: Word,
        /// Whether the originator of the connection sent it; devices connect to their manager, some the other way round.
        is_orig: Bool,
        /// HDR.control_id; its pseudonym if it holds an id, a name or a date of birth of the message, or acknowledges what was not seen.
        control_id: Text,
        /// HDR.version_id.
        version: Word,
        /// HDR.creation_dttm; read as UTC where it has no offset.
        ts_message: Time,
        /// DEV.device_id if it is a hardware address or a serial number, else its pseudonym.
        device_id: Text,
        /// DEV.vendor_id, the maker's code.
        vendor_id: Text,
        /// DEV.manufacturer_name.
        manufacturer: Text,
        /// DEV.model_id.
        model: Text,
        /// DEV.serial_id.
        serial_number: Text,
        /// DEV.sw_version.
        software_version: Text,
        /// DEV.hw_version.
        hardware_version: Text,
        /// DSC.connection_profile_cd: SA (it answers and closes), CS (it stays connected).
        connection_profile: Word,
        /// DST.condition_cd: R ready, B busy, L locked ...
        device_state: Word,
        /// DST.new_observations_qty: observations that wait to be fetched.
        new_observations: Int,
        /// What is asked for, ordered or ended: REQ.request_cd, DTV.command_cd, EOT.topic_cd, TRM.reason_cd or ESC.detail_cd.
        code: Word,
        /// SVC elements: services, each with what was measured at one time.
        services: Int,
        /// OBS elements: observations.
        observations: Int,
        /// PT elements: patients, whether measured or in a list.
        patient_count: Int,
        /// OPR elements: operators; who they are is never kept.
        operators: Int,
        /// EVT elements: events of the device.
        events: Int,
        /// Whether it is an ACK.R01.
        is_ack: Bool,
        /// ACK.type_cd: AA accepted, AE error.
        ack_code: Word,
        /// ACK.error_detail_cd.
        error_code: Word,
        /// ACK.ack_control_id or ESC.esc_control_id; its pseudonym if that message was not seen or holds its own as one.
        acked_control_id: Text,
        /// Seconds from the message's last byte to the first of the ACK.R01 or ESC.R01 that names it.
        latency: Float,
        /// Pseudonym of the first patient (PT.patient_id).
        patient: Text,
        /// Pseudonyms of all patients that it names, each once, at most 256.
        patients: Texts,
        /// Pseudonym of the first order (ORD.order_id).
        order_id: Text,
        /// Bytes from its root element to the end of that.
        message_bytes: Int,
        /// Its end was not seen, or bytes of it were lost.
        partial: Bool,
        /// What is wrong with it: no end, document type, markup, nesting, long tag.
        malformed: Text,
    }
}

pub static PROTOCOL: Protocol = Protocol {
    name: "poct1",
    ports: &[3001, 4001, 5000, 9001],
    probe: probe::probe,
    find: Some(probe::find),
    session: || Box::new(session::Poct1Session::default()),
};
