//! Logins that anybody on the way can read, of protocols that have no stream of their own: POP3 (RFC 1939, RFC 5034) and IMAP (RFC 9051).
//!
//! One stream for both: what matters of either is that somebody logged in, how, and what that showed. FTP, LDAP, SMTP and HTTP say it of
//! themselves in their own streams. Of mail that passes behind a login the files are rows of `files`; nothing else is read, for it is nobody's business.

use crate::context::Context;
use crate::credentials;
use crate::limits;
use crate::protocols::banner::text;
use crate::protocols::{Dir, Protocol};
use crate::stream;

mod imap;
mod pop3;
#[cfg(test)]
mod tests;

stream! {
    /// One attempt to log in to a mailbox over a connection without TLS. Behind STARTTLS none can be seen: `conn` then says `imap,ssl`.
    Login = "login" {
        /// Protocol: pop3, imap.
        service: Word,
        /// How: user (USER and PASS, RFC 1939 section 7), apop, login (RFC 9051 6.2.3), or the SASL mechanism as IANA names it; `{}` for another.
        method: Word,
        /// Product of the server as it greets, in words of products and versions.
        server: Word,
        /// Whether a user name stood there readable. The name is not kept.
        user_seen: Bool,
        /// Whether a password, or a token that serves as one, stood there readable.
        password_seen: Bool,
        /// Whether it succeeded; null where it was not answered.
        success: Bool,
        /// Whether the server had offered STARTTLS before; null where it had not told its capabilities. RFC 2595, RFC 9051 6.2.1.
        starttls_offered: Bool,
        /// Marks of what was said: default-credentials.
        marks: Texts,
        /// Not answered, or bytes of the connection were lost.
        partial: Bool,
    }
}

pub static POP3: Protocol = Protocol {
    name: "pop3",
    ports: &[110],
    probe: text::pop3,
    find: None,
    session: || Box::new(pop3::Pop3::default()),
};

pub static IMAP: Protocol = Protocol {
    name: "imap",
    ports: &[143],
    probe: text::imap,
    find: None,
    session: || Box::new(imap::Imap::default()),
};

/// An attempt on its way.
struct Attempt {
    /// When (ns) and where it began.
    begun: (i64, u64),
    method: &'static str,
    user_seen: bool,
    password_seen: bool,
    default: bool,
}

impl Attempt {
    fn begin(method: &'static str, cx: &Context<'_>) -> Attempt {
        Attempt {
            begun: (cx.ts, cx.offset),
            method,
            user_seen: false,
            password_seen: false,
            default: false,
        }
    }
}

/// What is known of a connection, whatever it speaks.
#[derive(Default)]
struct About {
    server: Option<String>,
    starttls_offered: Option<bool>,
    lost: bool,
    rows: usize,
}

impl About {
    fn emit(&mut self, service: &'static str, attempt: &Attempt, success: Option<bool>, cx: &mut Context<'_>) {
        self.rows = self.rows.saturating_add(1);
        if self.rows > limits::LOGIN_ROWS {
            return;
        }
        let row = Login {
            service: Some(service),
            method: Some(attempt.method),
            server: self.server.as_deref(),
            user_seen: Some(attempt.user_seen),
            password_seen: Some(attempt.password_seen),
            success,
            starttls_offered: self.starttls_offered,
            marks: credentials::marks(attempt.default),
            partial: Some(self.lost || success.is_none()),
            ..Login::default()
        };
        let (ts, at) = attempt.begun;
        cx.emit(ts, Dir::Orig, at, &row);
    }
}
