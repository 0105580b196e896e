//! RFB, the remote frame buffer of VNC: which protection a screen that others may take over has. RFC 6143 7.1 to 7.3.
//!
//! Challenges, answers, passwords and the name of the desktop, which often is a person's, are passed over. Nothing after the handshake is
//! looked at; where it turns to TLS, that begins as TLS.

mod probe;
mod security;
mod session;
#[cfg(test)]
mod tests;

use crate::protocols::Protocol;
use crate::stream;

stream! {
    /// One connection to a screen, as its handshake shows it. Columns as Zeek's rfb.log where it has them. RFC 6143 7.1 to 7.3.
    Rfb = "rfb" {
        /// Version that the client speaks, before and after the dot, as written. RFC 6143 7.1.1.
        client_major_version: Word,
        client_minor_version: Word,
        /// Highest version that the server speaks.
        server_major_version: Word,
        server_minor_version: Word,
        /// Security types that the server offers, in order: none, vnc, tight, vencrypt, ard, ...; `other` for one that IANA does not name.
        /// Before version 3.7 the server decides, and its choice stands here. RFC 6143 7.1.2; IANA, Remote Framebuffer Security Types.
        security_types: Texts,
        /// Security type chosen, in the same way.
        authentication_method: Word,
        /// What a security type that holds others chose within: of Tight none or vnc, of VeNCrypt plain, tls_vnc, x509_plain, ...
        authentication_submethod: Word,
        /// Whether the server let the client in; null if it did not say so in clear. RFC 6143 7.1.3.
        auth: Bool,
        /// Whether the connection goes on as TLS, after which nothing of it is in clear.
        tls: Bool,
        /// Whether the client leaves other clients connected. RFC 6143 7.3.1.
        share_flag: Bool,
        /// Pixels of the screen. RFC 6143 7.3.2.
        width: Int,
        height: Int,
        /// The handshake was open at the end of the input, began before it, or bytes of it were lost.
        partial: Bool,
    }
}

pub static PROTOCOL: Protocol = Protocol {
    name: "rfb",
    ports: &[5900],
    probe: probe::probe,
    find: None,
    session: || Box::new(session::Handshake::default()),
};
