//! PostgreSQL: who logs in to which server, how, and what of it can be read. PostgreSQL, Frontend/Backend Protocol.
//!
//! Behind the login, and where it turns to TLS or GSSAPI, nothing is looked at.

mod message;
mod session;
#[cfg(test)]
mod tests;

use crate::protocols::Protocol;
use crate::stream;

stream! {
    /// One connection, as far as its login: a client asks for encryption or says who it is, proves it, and is answered.
    Postgresql = "postgresql" {
        /// Product of the server and its version, which it tells to who is logged in. ParameterStatus server_version.
        server: Word,
        /// What encrypts the connection: none, or tls or gss, behind which nothing more of the login shows. SSLRequest, GSSENCRequest.
        encryption: Word,
        /// Whether the client asked for encryption and the server has none.
        encryption_refused: Bool,
        /// Method of authentication: none (nothing is asked for: trust, or a certificate), password (in clear), md5, kerberos, scm, gss, sspi, or
        /// the SASL mechanism as IANA names it; `{}` for an unknown one.
        method: Word,
        /// Pseudonym of the user.
        account: Word,
        /// Pseudonym of the database that the client names.
        database: Word,
        /// What the client calls itself, in words of products and versions. Parameter application_name.
        application: Word,
        /// Whether the client asks to be sent all that changes, as a copy of the server. Parameter replication.
        replication: Bool,
        /// Whether it succeeded; null where it did not show.
        success: Bool,
        /// SQLSTATE of the error. PostgreSQL, Appendix A.
        sqlstate: Word,
        /// Whether a password stood there readable.
        password_seen: Bool,
        /// Whether nothing was asked for, or the password was empty; null where it did not show.
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
    name: "postgresql",
    ports: &[5432],
    probe: message::probe,
    find: None,
    session: || Box::new(session::Login::default()),
};
