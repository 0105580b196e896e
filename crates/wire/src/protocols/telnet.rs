//! Telnet until somebody is logged in: that a name and a password stand there readable, and whether they are documented ones. RFC 854, RFC 855.
//!
//! What is typed is compared in memory, line by line, as long as a server asks for a name or a password, and forgotten with the next line. Behind a
//! login nothing is read.

mod options;
mod prompt;
mod session;
#[cfg(test)]
mod tests;

use crate::protocols::banner::binary;
use crate::protocols::Protocol;
use crate::stream;

stream! {
    /// One attempt to log in; of a connection without any, the connection.
    Telnet = "telnet" {
        /// Options agreed on so far, as IANA names them, the number for another. RFC 855, IANA Telnet Options.
        options: Texts,
        /// Whether the server asked for a user's name.
        login_prompt: Bool,
        /// Whether a user name stood there readable. The name is not kept.
        user_seen: Bool,
        /// Whether a password stood there readable.
        password_seen: Bool,
        /// Whether it succeeded, by what the server said then: a guess. Null if it did not show.
        success: Bool,
        /// Marks of what was said: default-credentials.
        marks: Texts,
        /// Nobody saw what came of it, more may follow, or bytes of the connection were lost.
        partial: Bool,
    }
}

pub static PROTOCOL: Protocol = Protocol {
    name: "telnet",
    ports: &[23],
    probe: binary::telnet,
    find: None,
    session: || Box::new(session::Terminal::default()),
};
