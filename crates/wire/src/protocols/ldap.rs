//! LDAP: who binds how, and what a directory answers. RFC 4511, RFC 4513; what Windows adds: MS-ADTS 5.1.1.
//!
//! Names are kept as pseudonyms; filters, attributes and their values, which are of people, are never looked at.

use crate::protocols::banner::ber;
use crate::protocols::Protocol;
use crate::stream;

mod message;
mod session;
#[cfg(test)]
mod tests;

stream! {
    /// One bind or StartTLS with its answer; and, at the end of a connection, all searches of it in one row. Columns as Zeek's ldap.log where it
    /// has them.
    Ldap = "ldap" {
        /// Identifier of the message; null for `search`. RFC 4511 4.1.1.1.
        message_id: Int,
        /// bind, starttls (4.14), search.
        opcode: Word,
        /// Version of the protocol that a bind names. RFC 4511 4.2.
        version: Int,
        /// How a bind proves who it is: anonymous, unauthenticated (a name without a password, RFC 4513 5.1.2), simple, sasl, sicily (MS-ADTS
        /// 5.1.1.1.3); `{}` for another.
        auth: Word,
        /// Mechanism of SASL, as IANA names it; `{}` for another. RFC 4511 4.2.
        mechanism: Word,
        /// Pseudonym of the name that a bind is for; null for an empty one.
        object: Text,
        /// Whether a password stood there readable.
        password_seen: Bool,
        /// Result of the operation; null where it was not answered. RFC 4511 4.1.9. Binds in steps have 14 until the last.
        result_code: Int,
        /// The same by its name in RFC 4511.
        result: Word,
        /// Searches of the connection.
        searches: Int,
        /// Whether the connection went on in a security layer of SASL, signed or encrypted (RFC 4422 section 3.7): what it asked then is unseen.
        sealed: Bool,
        /// Signs: default-credentials, and exploits (`data/marks_exploits.tsv`) in the name of a bind.
        marks: Texts,
        /// Question or answer missing, begun before or going on after what was seen, or bytes of it were lost.
        partial: Bool,
        /// What was not built as the standard says.
        malformed: Word,
    }
}

pub static PROTOCOL: Protocol = Protocol {
    name: "ldap",
    ports: &[389, 3268],
    probe: ber::ldap,
    find: None,
    session: || Box::new(session::Directory::default()),
};
