//! FTP's control connection: who logs in how, and how much is fetched and stored. RFC 959, RFC 2228, RFC 4217.
//!
//! The connections that carry files are others, each of which is one file ([`DATA`]); names of users, passwords and names of files are never kept.

use crate::protocols::banner::text;
use crate::protocols::{Probe, Protocol};
use crate::stream;

mod data;
mod session;
#[cfg(test)]
mod tests;

stream! {
    /// One login session: from the greeting or from the USER after a login that was answered, to the next one, the turn to TLS or the end.
    /// A connection without a login gives one row. Columns as Zeek's ftp.log where it has them.
    Ftp = "ftp" {
        /// Product of the server as it greets, in words of products and versions.
        server: Word,
        /// Whether the client named a user. The name is not kept.
        user_seen: Bool,
        /// Whether that user is `anonymous` or `ftp`. RFC 1635.
        anonymous: Bool,
        /// Whether a password that is not anonymous's stood there readable.
        password_seen: Bool,
        /// Whether the login succeeded (230, 232); null where it was not answered.
        login_ok: Bool,
        /// Code of the answer that settled the login. RFC 959 section 4.2.
        reply_code: Int,
        /// Whether TLS was asked for: asked (and not answered), accepted, refused. RFC 4217 section 4.
        auth_tls: Word,
        /// Commands of the client in this session.
        commands: Int,
        /// Files fetched (RETR) to the end.
        retrieved: Int,
        /// Files stored (STOR, STOU, APPE) to the end.
        stored: Int,
        /// Signs: default-credentials, exploits (`data/marks_exploits.tsv`), names of files that ransomware leaves notes under; bounce: the server
        /// is to connect to somebody else than the client, or to a port of services. RFC 2577 section 3.
        marks: Texts,
        /// Begun before or going on after what was seen, or bytes of it were lost.
        partial: Bool,
    }
}

/// A connection that carries one file or listing, as a control connection has announced: its bytes tell nothing.
pub static DATA: Protocol = Protocol {
    name: "ftp-data",
    ports: &[20],
    probe: |_, _| Probe::Never,
    find: None,
    session: || Box::new(data::Data::default()),
};

pub static PROTOCOL: Protocol = Protocol {
    name: "ftp",
    ports: &[21],
    probe: text::ftp,
    find: None,
    session: || Box::new(session::Control::default()),
};
