//! SMTP: which machines hand mail to which, for whose domains, and whether anybody on the way can read it. RFC 5321, RFC 3207, RFC 4954.
//!
//! Of addresses only the domain is kept, of messages only that there was one: headers and bodies pass unread.

use crate::protocols::banner::text;
use crate::protocols::Protocol;
use crate::stream;

mod address;
mod session;
#[cfg(test)]
mod tests;

stream! {
    /// One connection, as far as it is in clear. Columns as Zeek's smtp.log where it has them.
    Smtp = "smtp" {
        /// Name that the client says it has, if it is a host name or an address; `*` stands for the owner of somebody's machine. RFC 5321 4.1.1.1.
        helo: Word,
        /// Product of the server as it greets, in words of products and versions.
        server: Word,
        /// Whether the server offered STARTTLS. RFC 3207 section 4.
        starttls_offered: Bool,
        /// Whether the connection turned to TLS by STARTTLS: what follows is in `ssl`.
        tls: Bool,
        /// Mechanism of the last authentication, as IANA names it; `{}` for another. RFC 4954 section 4.
        auth: Word,
        /// Whether that succeeded (235); null where it was not answered.
        auth_ok: Bool,
        /// Whether a password, or a token that serves as one, stood there readable.
        password_seen: Bool,
        /// Messages that the server took.
        messages: Int,
        /// Recipients that the server took.
        recipients: Int,
        /// Domains of the senders (MAIL FROM), each once; `*` as in `helo`, and for a word that is no domain. RFC 5321 4.1.1.2.
        from_domains: Texts,
        /// Domains of the recipients (RCPT TO), each once, in the same way. RFC 5321 4.1.1.3.
        to_domains: Texts,
        /// Code of the last reply. RFC 5321 4.2.
        last_reply: Int,
        /// Signs: default-credentials, and exploits (`data/marks_exploits.tsv`) in commands and in heads of messages.
        marks: Texts,
        /// Begun before or going on after what was seen, or bytes of it were lost.
        partial: Bool,
    }
}

pub static PROTOCOL: Protocol = Protocol {
    name: "smtp",
    ports: &[25, 587],
    probe: text::smtp,
    find: None,
    session: || Box::new(session::Mail::default()),
};
