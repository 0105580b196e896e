//! One authentication, from the first of its messages to what came of it, whatever carries it.

use super::fields::{self, Challenge, Message};
use super::Ntlm;
use crate::context::Context;
use crate::protocols::Dir;

/// What carries it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Carrier {
    #[default]
    Smb,
    Http,
    Proxy,
}

/// What the server said in the end.
#[derive(Clone, Copy, Debug)]
pub struct Outcome {
    pub success: bool,
    pub status: i64,
}

#[derive(Debug, Default)]
pub struct Logon {
    pub carrier: Carrier,
    /// When, from where and at which offset it began.
    began: Option<(i64, Dir, u64)>,
    challenge: Option<Challenge>,
    answered: bool,
    hostname: Option<String>,
    account: Option<String>,
    version: Option<&'static str>,
    client_os: Option<String>,
    signing: Option<bool>,
}

impl Logon {
    /// Whether any message of it was seen: what else may stand in a token (Kerberos) is none.
    pub fn is_begun(&self) -> bool {
        self.began.is_some()
    }

    /// A token, from either side, in a message that began there.
    pub fn token(&mut self, token: &[u8], began: (i64, Dir, u64)) {
        let Some(message) = fields::read(token) else { return };
        self.began.get_or_insert(began);
        match message {
            Message::Negotiate(told) => self.client_os = told.os,
            Message::Challenge(told) => self.challenge = Some(told),
            Message::Authenticate(told) => {
                self.answered = true;
                self.signing = Some(told.flags & fields::SIGN != 0);
                self.client_os = told.os.or(self.client_os.take());
                (self.hostname, self.account, self.version) = (told.hostname, told.account, told.version);
            }
        }
    }

    /// An answer that stands without tokens, so long for LM and for NT (SMB1 before there was extended security).
    pub fn bare(&mut self, (lm, nt): (usize, usize), (domain, user): (&str, &str), began: (i64, Dir, u64)) {
        self.began.get_or_insert(began);
        (self.challenge, self.answered) = (Some(Challenge::default()), true);
        self.account = fields::account(domain, user);
        let anonymous = self.account.is_none() && nt == 0;
        self.version = if anonymous { Some("anonymous") } else { fields::by_lengths(lm, nt) };
    }

    /// Whether the server has asked and the client not answered yet.
    pub fn waits(&self) -> bool {
        self.challenge.is_some() && !self.answered
    }

    pub fn tell(&self, outcome: Option<Outcome>, cx: &mut Context<'_>) {
        let Some((ts, dir, at)) = self.began else { return };
        let account = self.account.as_deref().and_then(|account| cx.pseudonym(account.as_bytes()));
        let server = self.challenge.as_ref();
        let row = Ntlm {
            carried_by: Some(match self.carrier {
                Carrier::Smb => "smb",
                Carrier::Http => "http",
                Carrier::Proxy => "proxy",
            }),
            username_seen: self.answered.then_some(account.is_some()),
            account: account.as_deref(),
            hostname: self.hostname.as_deref(),
            server_nb_computer_name: server.and_then(|s| s.nb_name.as_deref()),
            server_dns_computer_name: server.and_then(|s| s.dns_name.as_deref()),
            ntlm_version: self.version,
            server_os_version: server.and_then(|s| s.os.as_deref()),
            client_os_version: self.client_os.as_deref(),
            signing: self.signing,
            success: outcome.filter(|_| self.answered).map(|o| o.success),
            status: outcome.map(|o| o.status),
            partial: Some(!self.answered || server.is_none() || outcome.is_none()),
            ..Ntlm::default()
        };
        cx.emit(ts, dir, at, &row);
    }
}
