//! MySQL and MariaDB: who logs in to which, how, and what of it can be read. MySQL Internals, Connection Phase; MariaDB, Connecting.
//!
//! Behind the login, and where it turns to TLS, nothing is looked at.

mod message;
mod session;
#[cfg(test)]
mod tests;

use crate::protocols::Protocol;
use crate::stream;

stream! {
    /// One connection, as far as its login: a server greets, a client logs in, or asks for TLS, and is answered. Protocol::HandshakeV10.
    Mysql = "mysql" {
        /// Product of the server and its version, as it greets.
        server: Word,
        /// Whether the server offers TLS. CLIENT_SSL.
        tls_offered: Bool,
        /// What encrypts the connection: none, or tls, behind which nothing more of the login shows.
        encryption: Word,
        /// Method of authentication that the server offers first, by the name of its plugin; `{}` for an unknown one.
        method_offered: Word,
        /// The method used, in the same way: the client's, or the one that the server has it switch to.
        method: Word,
        /// Pseudonym of the user.
        account: Word,
        /// Pseudonym of the database that the client names.
        database: Word,
        /// What the client's program calls itself, in words of products and versions. Connection attribute program_name.
        application: Word,
        /// Its library, in the same way. Connection attributes _client_name and _client_version.
        library: Word,
        /// Its operating system, in the same way. Connection attribute _os.
        client_os: Word,
        /// Whether it succeeded; null where it did not show.
        success: Bool,
        /// Number of the error. MySQL Error Message Reference.
        error_code: Int,
        /// Its SQLSTATE.
        sqlstate: Word,
        /// Whether a password stood there readable (mysql_clear_password, dialog).
        password_seen: Bool,
        /// Whether the client gave an empty password; null where it did not show.
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
    name: "mysql",
    ports: &[3306],
    probe: message::probe,
    find: None,
    session: || Box::new(session::Login::default()),
};
