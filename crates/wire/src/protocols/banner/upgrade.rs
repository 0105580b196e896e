//! Protocols that turn into another one once both sides have agreed: to TLS by a command (STARTTLS and its like), or to whatever the client
//! wants behind a proxy (SOCKS). What they say before is looked at for that agreement, and not kept.

use crate::context::Context;
use crate::limits;
use crate::protocols::{Dir, Session, Step};

/// How an upgrade is agreed on.
pub struct Agreement {
    /// Where what is said ends: after that many bytes, `None` if more must be seen.
    pub whole: fn(&[u8]) -> Option<usize>,
    /// Whether the client asks for it.
    pub asks: fn(&[u8]) -> bool,
    /// Whether the server agrees to what was asked.
    pub agrees: fn(&[u8]) -> bool,
}

/// RFC 3207 section 4: `STARTTLS`, `220`.
pub static SMTP: Agreement = Agreement {
    whole: line,
    asks: |said| is_command(said, b"STARTTLS"),
    agrees: |said| said.starts_with(b"220"),
};
/// RFC 2595 section 4: `STLS`, `+OK`.
pub static POP3: Agreement = Agreement {
    whole: line,
    asks: |said| is_command(said, b"STLS"),
    agrees: |said| said.starts_with(b"+OK"),
};
/// RFC 9051 section 6.2.1: a tag and `STARTTLS`, the tag and `OK`.
pub static IMAP: Agreement = Agreement {
    whole: line,
    asks: |said| tagged(said).is_some_and(|said| is_command(said, b"STARTTLS")),
    agrees: |said| !said.starts_with(b"*") && tagged(said).is_some_and(|said| said.starts_with(b"OK")),
};
/// RFC 4217 section 4: `AUTH TLS` (older servers: `SSL`), `234`.
pub static FTP: Agreement = Agreement {
    whole: line,
    asks: |said| is_command(said, b"AUTH TLS") || is_command(said, b"AUTH SSL") || is_command(said, b"AUTH TLS-C"),
    agrees: |said| said.starts_with(b"234"),
};
/// RFC 4511 section 4.14: an ExtendedRequest of that name, an ExtendedResponse with the result code success.
pub static LDAP: Agreement = Agreement {
    whole: super::ber::length,
    asks: |said| said.windows(START_TLS.len()).any(|part| part == START_TLS),
    agrees: super::ber::extended_success,
};

const START_TLS: &[u8] = b"1.3.6.1.4.1.1466.20037";

/// A conversation before it turns, if it does.
pub struct Upgrade {
    agreement: &'static Agreement,
    asked: bool,
    /// Bytes that are still looked at.
    left: [usize; 2],
}

impl Upgrade {
    pub fn begin(agreement: &'static Agreement) -> Box<dyn Session> {
        Box::new(Upgrade {
            agreement,
            asked: false,
            left: [limits::UPGRADE; 2],
        })
    }
}

impl Session for Upgrade {
    fn data(&mut self, dir: Dir, bytes: &[u8], _cx: &mut Context<'_>) -> Step {
        let Some(left) = self.left.get_mut(dir as usize) else {
            return Step::Done;
        };
        let end = (self.agreement.whole)(bytes);
        let Some(end) = end.filter(|end| *end <= *left && *end > 0) else {
            let need = bytes.len().saturating_add(1);
            return if end.is_none() && need <= (*left).min(limits::UPGRADE_UNIT) {
                Step::Need(need)
            } else {
                Step::Done
            };
        };
        *left = left.saturating_sub(end);
        let said = bytes.get(..end).unwrap_or_default();
        match dir {
            Dir::Orig => {
                self.asked = (self.agreement.asks)(said);
                Step::Took(end)
            }
            Dir::Resp if self.asked && (self.agreement.agrees)(said) => Step::Turn(end),
            Dir::Resp => Step::Took(end),
        }
    }

    fn gap(&mut self, dir: Dir, _missing: u64, _cx: &mut Context<'_>) {
        // What was asked may be in it.
        self.asked |= dir == Dir::Orig;
    }

    fn end(&mut self, _cx: &mut Context<'_>) {}
}

fn line(bytes: &[u8]) -> Option<usize> {
    bytes.iter().position(|b| *b == b'\n').and_then(|n| n.checked_add(1))
}

fn is_command(line: &[u8], command: &[u8]) -> bool {
    line.trim_ascii_end().eq_ignore_ascii_case(command)
}

/// What follows the tag of a line.
fn tagged(line: &[u8]) -> Option<&[u8]> {
    let at = line.iter().position(|b| *b == b' ')?;
    line.get(at.checked_add(1)?..)
}
