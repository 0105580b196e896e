//! RDP, the remote desktop of Windows and xrdp: who asks for it, and how the connection is protected. MS-RDPBCGR 2.2.1.
//!
//! Of the cookie, which is a user's name, it is kept that it was there. What RDP's own encryption hides, and what follows once the connection
//! turns to TLS, is not looked at.

mod connect;
mod negotiation;
mod probe;
mod session;
#[cfg(test)]
mod tests;

use crate::protocols::Protocol;
use crate::stream;

stream! {
    /// One connection, as far as its beginning is in clear. Columns as Zeek's rdp.log where it has them. MS-RDPBCGR 2.2.1.1 to 2.2.1.4.
    Rdp = "rdp" {
        /// Whether the request names a user in a cookie (`mstshash`). The name is not kept. MS-RDPBCGR 2.2.1.1.
        cookie_seen: Bool,
        /// Protections that the client can speak: rdp (its own), ssl, hybrid, rdstls, hybrid_ex, aad; one that negotiates nothing can rdp only.
        /// MS-RDPBCGR 2.2.1.1.1.
        requested_protocols: Texts,
        /// Protection that the server chose, in the same way. MS-RDPBCGR 2.2.1.2.1.
        security_protocol: Word,
        /// Whether users prove themselves before there is a session (hybrid or hybrid_ex was chosen: CredSSP, Network Level Authentication).
        nla: Bool,
        /// What came of the negotiation: success, or why the server refuses: ssl_required_by_server, ssl_not_allowed_by_server,
        /// ssl_cert_not_on_server, inconsistent_flags, hybrid_required_by_server, ssl_with_user_auth_required_by_server.
        /// MS-RDPBCGR 2.2.1.2.2.
        result: Word,
        /// Build of the client, where it stands in clear: no TLS. MS-RDPBCGR 2.2.1.3.2.
        client_build: Int,
        /// Name of the client's machine, likewise; `*` stands for the owner of somebody's machine.
        client_name: Word,
        /// How the server has RDP's own protection encrypt: none 40bit 56bit 128bit fips. MS-RDPBCGR 2.2.1.4.3.
        encryption_method: Word,
        /// What of it: none low client_compatible high fips.
        encryption_level: Word,
        /// The beginning was open at the end of the input, or bytes of it were lost.
        partial: Bool,
        /// What was not built as the standard says.
        malformed: Word,
    }
}

pub static PROTOCOL: Protocol = Protocol {
    name: "rdp",
    ports: &[3389],
    probe: probe::probe,
    find: None,
    session: || Box::new(session::Beginning::default()),
};
