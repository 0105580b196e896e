//! Simple Authentication and Security Layer (RFC 4422) as text protocols and LDAP carry it: which mechanism, and whether it shows a secret.

use base64::engine::general_purpose::STANDARD;
use base64::Engine as _;

use crate::credentials::{self, User};

/// IANA SASL Mechanisms, and those that are in use without (LOGIN: draft-murchison-sasl-login; NTLM: MS-SMTPNTLM; XOAUTH2: Google).
const MECHANISMS: &[&str] = &[
    "PLAIN",
    "LOGIN",
    "CRAM-MD5",
    "DIGEST-MD5",
    "NTLM",
    "GSSAPI",
    "GSS-SPNEGO",
    "GS2-KRB5",
    "EXTERNAL",
    "ANONYMOUS",
    "OTP",
    "SKEY",
    "XOAUTH2",
    "OAUTHBEARER",
    "SCRAM-SHA-1",
    "SCRAM-SHA-1-PLUS",
    "SCRAM-SHA-256",
    "SCRAM-SHA-256-PLUS",
    "SCRAM-SHA-512",
];

/// What stands for a mechanism that nobody registered: its name may say anything.
const OTHER: &str = "{}";

/// The registered name of a mechanism.
pub fn mechanism(name: &[u8]) -> &'static str {
    let known = MECHANISMS.iter().find(|known| known.as_bytes().eq_ignore_ascii_case(name));
    known.copied().unwrap_or(OTHER)
}

/// An exchange, as far as it shows who logs in with what.
#[derive(Clone, Copy, Debug)]
pub struct Exchange {
    pub mechanism: &'static str,
    /// A user name stood there readable.
    pub user_seen: bool,
    /// So did a password or a token that serves as one.
    pub password_seen: bool,
    /// They are documented ones.
    pub default: bool,
    user: Option<User>,
}

impl Exchange {
    pub fn begin(name: &[u8]) -> Exchange {
        Exchange {
            mechanism: mechanism(name),
            user_seen: false,
            password_seen: false,
            default: false,
            user: None,
        }
    }

    /// One response of the client as text protocols write it: base 64, `=` for an empty one. RFC 4954 section 4.
    pub fn encoded(&mut self, response: &[u8]) {
        if let Ok(response) = STANDARD.decode(response.trim_ascii()) {
            self.response(&response);
        }
    }

    /// One response of the client.
    pub fn response(&mut self, response: &[u8]) {
        match self.mechanism {
            "PLAIN" => self.plain(response),
            "LOGIN" => self.login(response),
            // RFC 7628 section 3.1.
            "XOAUTH2" | "OAUTHBEARER" => {
                let bearer = response.windows(7).any(|part| part.eq_ignore_ascii_case(b"Bearer "));
                self.password_seen |= bearer;
                self.user_seen |= bearer;
            }
            // RFC 2195 section 2: the user's name, and a digest.
            "CRAM-MD5" => self.user_seen |= response.iter().position(|b| *b == b' ').is_some_and(|end| end > 0),
            _ => {}
        }
    }

    /// RFC 4616 section 2: whom to act for, who, and the password, NUL between them.
    fn plain(&mut self, response: &[u8]) {
        let mut parts = response.splitn(3, |b| *b == 0).skip(1);
        if let (Some(user), Some(password)) = (parts.next(), parts.next()) {
            self.shown(credentials::user(user), password);
            self.user_seen |= !user.is_empty();
        }
    }

    /// The user's name, then the password.
    fn login(&mut self, response: &[u8]) {
        match self.user.take() {
            Some(user) => self.shown(user, response),
            None => {
                self.user = Some(credentials::user(response));
                self.user_seen |= !response.is_empty();
            }
        }
    }

    fn shown(&mut self, user: User, password: &[u8]) {
        self.password_seen |= !password.is_empty();
        self.default |= user.has(password);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn played(name: &[u8], responses: &[&[u8]]) -> (bool, bool, bool) {
        let mut exchange = Exchange::begin(name);
        responses.iter().for_each(|response| exchange.encoded(response));
        (exchange.user_seen, exchange.password_seen, exchange.default)
    }

    #[test]
    fn what_each_mechanism_shows() {
        assert_eq!(played(b"plain", &[b"AGFkbWluAGFkbWlu"]), (true, true, true));
        assert_eq!(played(b"PLAIN", &[b"AHp6dGVzdAB6enRlc3Q="]), (true, true, false));
        assert_eq!(played(b"LOGIN", &[b"YWRtaW4=", b"cGFzc3dvcmQ="]), (true, true, true));
        assert_eq!(played(b"LOGIN", &[b"YWRtaW4="]), (true, false, false));
        assert_eq!(played(b"XOAUTH2", &[b"dXNlcj16egFhdXRoPUJlYXJlciB6egEB"]), (true, true, false));
        assert_eq!(played(b"CRAM-MD5", &[b"enogYWJj"]), (true, false, false));
        assert_eq!(played(b"GSSAPI", &[b"YIIB"]), (false, false, false));
        assert_eq!(played(b"PLAIN", &[b"*", b"=", b"not base 64"]), (false, false, false));
    }

    #[test]
    fn a_name_that_nobody_registered_is_none() {
        assert_eq!(mechanism(b"gss-spnego"), "GSS-SPNEGO");
        assert_eq!(mechanism(b"ERIKA"), "{}");
    }
}
