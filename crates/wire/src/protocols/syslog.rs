//! Syslog: who tells whom what happened, in clear over a network that anybody may read or write. RFC 3164, RFC 5424, RFC 5426.
//!
//! Messages name users, patients and machines: what they say is compared with what is known to mean something, and never kept.

mod conversation;
mod marks;
mod message;
#[cfg(test)]
mod tests;

use crate::protocols::Datagrams;
use crate::stream;

stream! {
    /// What one end told the other of one facility, when it is over; one that goes on gives a row every hour with what came since the row
    /// before. Columns as Zeek's syslog.log where it has them.
    Syslog = "syslog" {
        /// Over what it came: udp.
        proto: Word,
        /// What kind of program tells, as Zeek names it: KERN USER MAIL DAEMON AUTH and so on. RFC 5424 6.2.1.
        facility: Word,
        /// The gravest severity: EMERG ALERT CRIT ERR WARNING NOTICE INFO DEBUG. RFC 5424 6.2.1.
        severity: Word,
        /// Seconds from the first message to the last, messages, and bytes of them.
        duration: Float,
        messages: Int,
        bytes: Int,
        /// How many of each severity, from EMERG to DEBUG.
        severities: Ints,
        /// How the first was built: `rfc5424`, `rfc3164`, or `other` where only its priority stands as it should.
        format: Word,
        /// Known products among the names of programs, at most 16.
        apps: Texts,
        /// Different names of hosts, at most 64 are told apart: more than one are handed on.
        hosts: Int,
        /// Signs in what was said (`data/marks_syslog.tsv`), exploit strings (`data/marks_exploits.tsv`), and messages that bear one.
        marks: Texts,
        marked: Int,
        /// Whether the conversation went on behind this row.
        interim: Bool,
        /// Some message was not captured whole.
        partial: Bool,
        /// What was not built as the standard says: `priority` is none.
        malformed: Word,
    }
}

pub static PROTOCOL: Datagrams = Datagrams {
    name: "syslog",
    ports: &[514],
    probe: message::probe,
    conversation: || Box::new(conversation::Exchange::default()),
};
