//! SQL Server: who logs in to which, how, and what of it can be read. MS-TDS.
//!
//! A password that is not encrypted is only turned about, by a rule that stands in the specification: it counts as readable. Where the login
//! alone is encrypted, what the server says of it is not. Behind it nothing is looked at.

mod login;
mod packet;
mod session;
#[cfg(test)]
mod tests;
mod tokens;

use crate::protocols::Protocol;
use crate::stream;

stream! {
    /// One connection, as far as its login: both sides agree on encryption, a client logs in and is answered. MS-TDS 2.2.2, 3.2.
    Tds = "tds" {
        /// Product of the server and its version, as it tells when both agree on encryption. MS-TDS 2.2.6.5, VERSION.
        server: Word,
        /// What is encrypted: none, login (what is said behind it is not), or tls, behind which nothing more shows. MS-TDS 2.2.6.5, ENCRYPTION.
        encryption: Word,
        /// Version of TDS that the client speaks. MS-TDS 2.2.6.4, TDSVersion.
        version: Word,
        /// How the client proves who it is: password (SQL Server's own), ntlm, kerberos, spnego (either), federated. MS-TDS 2.2.6.4.
        method: Word,
        /// Pseudonym of the user of a login by password.
        account: Word,
        /// Pseudonym of the database that the client names.
        database: Word,
        /// Name of the client's machine; `*` stands for the owner of somebody's machine. MS-TDS 2.2.6.4, HostName.
        hostname: Word,
        /// What the client calls itself, in words of products and versions. MS-TDS 2.2.6.4, AppName.
        application: Word,
        /// Its library, in the same way. MS-TDS 2.2.6.4, CltIntName.
        library: Word,
        /// Whether it succeeded; null where it did not show.
        success: Bool,
        /// Number of the first error. MS-TDS 2.2.7.10; SQL Server, Database Engine Events and Errors.
        error_code: Int,
        /// Whether a password stood there that anybody can turn back. MS-TDS 2.2.6.4.
        password_seen: Bool,
        /// Whether the password was empty; null where it did not show.
        without_password: Bool,
        /// Marks of what was said: default-credentials.
        marks: Texts,
        /// What came of it was not seen, or bytes of the login were lost.
        partial: Bool,
        /// What was not built as the standard says.
        malformed: Word,
    }
}

pub static PROTOCOL: Protocol = Protocol {
    name: "tds",
    ports: &[1433],
    probe: packet::probe,
    find: None,
    session: || Box::new(session::Login::default()),
};
