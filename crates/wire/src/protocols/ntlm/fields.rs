//! The three messages, taken apart. MS-NLMP 2.2.1; offsets count from their signature.

use crate::charset::{utf16, Charset};
use crate::hostname;
use crate::limits;

const SIGNATURE: &[u8] = b"NTLMSSP\0";

/// MS-NLMP 2.2.2.5: flags that say something here.
const UNICODE: u32 = 0x0000_0001;
pub const SIGN: u32 = 0x0000_0010;
const ANONYMOUS: u32 = 0x0000_0800;
const EXTENDED_SESSION_SECURITY: u32 = 0x0008_0000;
const VERSION: u32 = 0x0200_0000;

/// MS-NLMP 2.2.2.1.
const NB_COMPUTER_NAME: u16 = 1;
const DNS_COMPUTER_NAME: u16 = 3;

pub enum Message {
    Negotiate(Negotiate),
    Challenge(Challenge),
    Authenticate(Authenticate),
}

/// MS-NLMP 2.2.1.1.
pub struct Negotiate {
    pub os: Option<String>,
}

/// MS-NLMP 2.2.1.2.
#[derive(Debug, Default)]
pub struct Challenge {
    pub nb_name: Option<String>,
    pub dns_name: Option<String>,
    pub os: Option<String>,
}

/// MS-NLMP 2.2.1.3.
#[derive(Debug, Default)]
pub struct Authenticate {
    pub flags: u32,
    pub hostname: Option<String>,
    /// `DOMAIN\user`, for a pseudonym and nothing else.
    pub account: Option<String>,
    pub version: Option<&'static str>,
    pub os: Option<String>,
}

/// The message that a token holds, bare or inside SPNEGO (RFC 4178 4.2), whose frame does not matter here: nothing else in it has the signature.
pub fn read(token: &[u8]) -> Option<Message> {
    let at = token.windows(SIGNATURE.len()).position(|part| part == SIGNATURE)?;
    let message = token.get(at..)?;
    Some(match number(message, 8)? {
        1 => Message::Negotiate(negotiate(message)),
        2 => Message::Challenge(challenge(message)?),
        3 => Message::Authenticate(authenticate(message)?),
        _ => return None,
    })
}

fn number(message: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(message.get(at..at.checked_add(4)?)?.try_into().ok()?))
}

fn short(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(at..at.checked_add(2)?)?.try_into().ok()?))
}

/// The bytes that a field at `at` names: their length, how much room they have, and where they stand. MS-NLMP 2.2.
fn field(message: &[u8], at: usize) -> Option<&[u8]> {
    let (length, offset) = (usize::from(short(message, at)?), number(message, at.checked_add(4)?)?);
    let offset = usize::try_from(offset).ok()?;
    message.get(offset..offset.checked_add(length)?)
}

/// `major.minor.build`, if it is told. MS-NLMP 2.2.2.10.
fn os(message: &[u8], at: usize, flags: u32) -> Option<String> {
    let &[major, minor, low, high, ..] = message.get(at..at.checked_add(8)?)? else {
        return None;
    };
    let told = flags & VERSION != 0 && major > 0;
    told.then(|| format!("{major}.{minor}.{}", u16::from_le_bytes([low, high])))
}

fn negotiate(message: &[u8]) -> Negotiate {
    let flags = number(message, 12).unwrap_or(0);
    Negotiate {
        os: os(message, 32, flags),
    }
}

fn challenge(message: &[u8]) -> Option<Challenge> {
    let flags = number(message, 20)?;
    let mut told = Challenge {
        os: os(message, 48, flags),
        ..Challenge::default()
    };
    let mut rest = field(message, 40).unwrap_or_default();
    for _ in 0..limits::NTLM_PAIRS {
        let (Some(id @ 1..), Some(length)) = (short(rest, 0), short(rest, 2)) else {
            break;
        };
        let Some((value, after)) = rest.get(4..).and_then(|rest| rest.split_at_checked(usize::from(length))) else {
            break;
        };
        match id {
            NB_COMPUTER_NAME => told.nb_name = hostname::host(utf16(value).as_bytes()),
            DNS_COMPUTER_NAME => told.dns_name = hostname::host(utf16(value).as_bytes()),
            _ => {}
        }
        rest = after;
    }
    Some(told)
}

fn authenticate(message: &[u8]) -> Option<Authenticate> {
    // Clients without flags (MS-NLMP 2.2.1.3, Windows before 2000) put the first text where flags would stand.
    let flags = number(message, 60)?;
    let text = |at: usize| {
        field(message, at)
            .map(|bytes| decoded(bytes, flags & UNICODE != 0))
            .unwrap_or_default()
    };
    let (domain, user) = (text(28), text(36));
    Some(Authenticate {
        flags,
        hostname: hostname::host(text(44).as_bytes()),
        version: version(field(message, 12)?, field(message, 20)?.len(), user.is_empty(), flags),
        account: account(&domain, &user),
        os: os(message, 64, flags),
    })
}

/// Text in Unicode, or in the code page of the client.
pub fn decoded(bytes: &[u8], unicode: bool) -> String {
    if unicode {
        utf16(bytes)
    } else {
        Charset::default().decode(bytes).into_owned()
    }
}

pub fn account(domain: &str, user: &str) -> Option<String> {
    (!user.is_empty()).then(|| format!("{domain}\\{user}"))
}

/// By what the client proves itself. MS-NLMP 3.3.1: version 1 answers with 24 bytes, of which with extended session security the LM answer is a
/// challenge of 8 bytes and zeros; 3.3.2: version 2 with 16 bytes and what it vouches for.
fn version(lm: &[u8], nt: usize, nameless: bool, flags: u32) -> Option<&'static str> {
    match nt {
        0 if flags & ANONYMOUS != 0 || nameless => Some("anonymous"),
        24 if flags & EXTENDED_SESSION_SECURITY != 0 && lm.get(8..).is_some_and(|rest| rest.iter().all(|b| *b == 0)) => Some("NTLMv1-ESS"),
        nt => by_lengths(lm.len(), nt),
    }
}

/// The same where there are no flags. MS-CIFS 2.2.4.53.1.
pub fn by_lengths(lm: usize, nt: usize) -> Option<&'static str> {
    match (lm, nt) {
        (_, 24) => Some("NTLMv1"),
        (_, 25..) => Some("NTLMv2"),
        (24, 0) => Some("LM"),
        _ => None,
    }
}
