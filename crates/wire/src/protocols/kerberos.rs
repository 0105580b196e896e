//! Kerberos version 5: who asks which domain for a ticket to what, and how weak the keys are. RFC 4120; what Windows adds: MS-KILE, MS-SFU.
//!
//! A client is a pseudonym, a machine by its name; of a service its class and its host are readable. Tickets and what proves a client are never
//! kept, nor hashed: from both passwords can be guessed. What a ticket is for once it is issued (AP exchanges in SMB, LDAP, HTTP) is not read here.

mod exchange;
mod message;
mod names;
mod principal;
#[cfg(test)]
mod tests;
mod transport;

use crate::protocols::banner::ber;
use crate::protocols::{Datagrams, Protocol};
use crate::stream;

stream! {
    /// One request for a ticket with its answer. Columns as Zeek's kerberos.log where it has them. RFC 4120 3.1, 3.3, 5.4, 5.9.
    Kerberos = "kerberos" {
        /// AS, for a client that proves who it is, or TGS, for one that has a ticket-granting ticket; null for an error without its request.
        request_type: Word,
        /// Pseudonym of the client's principal, `name@REALM`; letters in any case are one client.
        client: Word,
        /// Name of the client's machine: of one that asks for itself, or as it tells (RFC 4120 7.5.3, NetBIOS); `*` stands for the owner of somebody's machine.
        hostname: Word,
        /// Class of the service, as its makers write it: krbtgt, cifs, ldap, host, MSSQLSvc; `{}` for an unknown one, null for a service without.
        service: Word,
        /// Host of the service, in the same way as `hostname`.
        service_host: Word,
        /// Pseudonym of the service's principal, `name@REALM`: by it different ones are told apart.
        service_name: Word,
        /// Realm that is asked, in lower case; `{}` if it is not built like a domain. RFC 4120 6.1.
        realm: Word,
        /// Whether a ticket was given; null if it was not answered.
        success: Bool,
        /// Number of the error. RFC 4120 7.5.9.
        error_code: Int,
        /// The same by its name.
        error_msg: Word,
        /// From when and until when the client asks for a ticket; a client that does not care says 1970, or 2037. RFC 4120 5.4.1.
        from: Time,
        till: Time,
        /// What the ticket is encrypted by, which is the key of the service: rc4-hmac where aes256-cts-hmac-sha1-96 would do is what kerberoasting
        /// shows. IANA Kerberos Encryption Type Numbers, the number for another.
        cipher: Word,
        /// What the answer to the client is encrypted by: its own key (AS) or that of its session.
        reply_cipher: Word,
        /// What the ticket-granting ticket is encrypted by that the client shows. RFC 4120 5.5.1.
        presented_cipher: Word,
        /// Ciphers that the client offers, those it likes best first.
        offered: Texts,
        /// Whether the client asks for a ticket that may be handed on, or renewed. RFC 4120 5.4.1 KDCOptions.
        forwardable: Bool,
        renewable: Bool,
        /// Every option asked for, by name. RFC 4120 5.4.1; constrained-delegation is MS-SFU's CNAME-IN-ADDL-TKT.
        options: Texts,
        /// What comes with the request, by name: PA-ENC-TIMESTAMP, PA-TGS-REQ, PA-FOR-USER. IANA Pre-authentication and Typed Data; the number for another.
        pa_types: Texts,
        /// AS: whether the client proved that it knows its key before it got anything; null for TGS.
        preauthenticated: Bool,
        /// Not answered, or not captured whole.
        partial: Bool,
        /// What was not built as the standard says.
        malformed: Word,
    }
}

/// Over TCP four bytes of length stand before each message. RFC 4120 7.2.2.
pub static PROTOCOL: Protocol = Protocol {
    name: "krb_tcp",
    ports: &[88],
    probe: ber::kerberos_stream,
    find: None,
    session: || Box::new(transport::Stream::default()),
};

pub static OVER_UDP: Datagrams = Datagrams {
    name: "krb",
    ports: &[88],
    probe: ber::kerberos,
    conversation: || Box::new(exchange::Exchange::default()),
};
