//! SNMP, by which equipment is watched and set: who asks whom, in which version, and whether with a password that everybody knows.
//! RFC 1157, RFC 1901, RFC 3416; version 3: RFC 3412, RFC 3414.
//!
//! Community strings are passwords: compared with those that makers hand out, never kept. Of what agents answer only what they are is read.

mod community;
mod conversation;
mod message;
#[cfg(test)]
mod tests;

use crate::protocols::Datagrams;
use crate::stream;

stream! {
    /// What two ends said to each other in one version, when it is over; one that goes on gives a row every hour with what came since the row
    /// before. Columns as Zeek's snmp.log where it has them.
    Snmp = "snmp" {
        /// Version: 1, 2c or 3. RFC 1157 4, RFC 1901 3, RFC 3412 6.
        version: Word,
        /// Seconds from the first message to the last.
        duration: Float,
        /// Signs: `snmp-default-community` where a community is one that makers hand out (`data/marks_communities.tsv`).
        marks: Texts,
        /// Different communities, at most 64 are told apart: more than two are somebody's guesses.
        communities: Int,
        /// Questions for values by name or for the next ones. RFC 3416 4.2.1 and 4.2.2.
        get_requests: Int,
        /// Questions for many. RFC 3416 4.2.3.
        get_bulk_requests: Int,
        /// Answers. RFC 3416 4.2.4.
        get_responses: Int,
        /// Changes asked for. RFC 3416 4.2.5.
        set_requests: Int,
        /// Events told: traps of versions 1 and 2, and those that want an answer. RFC 1157 4.1.6; RFC 3416 4.2.6 and 4.2.7.
        traps: Int,
        /// Reports of version 3: engines are found by them, and unknown users and wrong passwords answered. RFC 3412 7.1, RFC 3414 3.2.
        reports: Int,
        /// Messages of version 3 whose kind is encrypted. RFC 3412 6.7.
        encrypted: Int,
        /// Highest level of security of a message, version 3: noAuthNoPriv authNoPriv authPriv. RFC 3411 3.4.3, RFC 3412 6.4.
        security_level: Word,
        /// Who made the engine that has authority: IANA enterprise number in its identifier. RFC 3411, SnmpEngineID; RFC 3414 2.4.
        engine_enterprise: Int,
        /// What the agent says it is: products, versions and known words of its `sysDescr`. RFC 3418 2.
        sys_descr: Word,
        /// What its maker says it is: `sysObjectID`.
        sys_object_id: Word,
        /// Name of the agent, `sysName`, if it is a host's; `*` stands for the owner of somebody's machine.
        sys_name: Word,
        /// When the agent started, by its `sysUpTime`.
        up_since: Time,
        /// Whether the conversation went on behind this row.
        interim: Bool,
        /// Some message was not captured whole.
        partial: Bool,
        /// What was not built as the standard says.
        malformed: Word,
    }
}

pub static PROTOCOL: Datagrams = Datagrams {
    name: "snmp",
    ports: &[161, 162],
    probe: message::probe,
    conversation: || Box::new(conversation::Exchange::default()),
};
