//! One message, taken apart. RFC 3164 4.1, RFC 5424 6.

use crate::protocols::Probe;

/// Highest priority: facility 23, severity 7.
const PRIORITIES: u8 = 191;
/// `Mmm dd hh:mm:ss `. RFC 3164 4.1.2.
const STAMP: usize = 16;
/// With microseconds and an offset from UTC, and a space: RFC 5424 6.2.3.
const LONGEST_STAMP: usize = 33;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Rfc5424,
    Rfc3164,
    Other,
}

#[derive(Clone, Copy, Debug)]
pub struct Message<'a> {
    pub facility: u8,
    pub severity: u8,
    pub format: Format,
    pub host: Option<&'a [u8]>,
    pub app: Option<&'a [u8]>,
    /// All behind the priority.
    pub text: &'a [u8],
}

/// A priority is little proof: at another port than its own a stamp has to follow.
pub fn probe(port: u16, payload: &[u8]) -> Probe {
    match read(payload) {
        Some(message) if message.format != Format::Other || port == 514 => Probe::Certain,
        _ => Probe::Never,
    }
}

/// `None` if it does not begin with a priority.
pub fn read(payload: &[u8]) -> Option<Message<'_>> {
    let inside = payload.strip_prefix(b"<")?;
    let end = inside.iter().take(4).position(|byte| *byte == b'>')?;
    let (digits, rest) = inside.split_at_checked(end)?;
    let text = rest.strip_prefix(b">")?;
    let digits = std::str::from_utf8(digits)
        .ok()
        .filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))?;
    let priority: u8 = digits.parse().ok().filter(|priority| *priority <= PRIORITIES)?;
    let (format, host, app) = head(text);
    Some(Message {
        facility: priority >> 3,
        severity: priority & 7,
        format,
        host,
        app,
        text,
    })
}

type Head<'a> = (Format, Option<&'a [u8]>, Option<&'a [u8]>);

fn head(text: &[u8]) -> Head<'_> {
    if text.starts_with(b"1 ") {
        let mut fields = text.split(|byte| *byte == b' ').skip(1);
        let stamp = fields.next();
        if stamp.is_some_and(|stamp| stamp == b"-" || is_timestamp(stamp)) {
            let (host, app) = (fields.next(), fields.next());
            return (Format::Rfc5424, host, app);
        }
    }
    match behind_stamp(text) {
        Some(rest) => {
            let mut words = rest.splitn(3, |byte| *byte == b' ');
            let first = words.next();
            // Programs that write to their own machine leave its name out.
            let (host, tag) = match first {
                Some(first) if first.ends_with(b":") => (None, Some(first)),
                _ => (first, words.next()),
            };
            (Format::Rfc3164, host, tag.and_then(name))
        }
        None => (Format::Other, None, mnemonic(text)),
    }
}

/// What follows the time of the older form, or in its place that of RFC 3339, as rsyslog hands it on.
fn behind_stamp(text: &[u8]) -> Option<&[u8]> {
    if let Some((_, rest)) = text.split_at_checked(STAMP).filter(|(stamp, _)| is_stamp(stamp)) {
        return Some(rest);
    }
    let end = text.iter().take(LONGEST_STAMP).position(|byte| *byte == b' ')?;
    let (stamp, rest) = text.split_at_checked(end)?;
    rest.get(1..).filter(|_| is_timestamp(stamp))
}

/// The program of `sshd[812]:`. RFC 3164 4.1.3: it ends at what is no letter and no digit; without a bracket or colon it is a word of the text.
fn name(tag: &[u8]) -> Option<&[u8]> {
    let end = tag.iter().position(|byte| matches!(byte, b'[' | b':'))?;
    tag.get(..end).filter(|name| !name.is_empty())
}

/// What switches write: `%SYS-5-CONFIG_I`, of which the first part names what tells.
fn mnemonic(text: &[u8]) -> Option<&[u8]> {
    let at = text.iter().position(|byte| *byte == b'%')?;
    let word = text.get(at.checked_add(1)?..)?;
    word.split(|byte| *byte == b'-')
        .next()
        .filter(|name| name.iter().all(u8::is_ascii_alphanumeric))
}

/// `2026-01-01T...`: RFC 3339.
fn is_timestamp(stamp: &[u8]) -> bool {
    matches!(stamp, [a, b, c, d, b'-', _, _, b'-', _, _, b'T', ..] if [a, b, c, d].iter().all(|byte| byte.is_ascii_digit()))
}

fn is_stamp(stamp: &[u8]) -> bool {
    const MONTHS: [&[u8; 3]; 12] = [
        b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec",
    ];
    let is = |wanted: &[u8]| stamp.starts_with(wanted);
    MONTHS.iter().any(|month| is(month.as_slice())) && matches!(stamp, [_, _, _, b' ', _, _, b' ', _, _, b':', _, _, b':', _, _, b' '])
}

/// As Zeek names them. RFC 5424 table 1; the last eight are for local use.
pub fn facility(number: u8) -> &'static str {
    const NAMES: [&str; 24] = [
        "KERN", "USER", "MAIL", "DAEMON", "AUTH", "SYSLOG", "LPR", "NEWS", "UUCP", "CRON", "AUTHPRIV", "FTP", "NTP", "AUDIT", "ALERT",
        "CLOCK", "LOCAL0", "LOCAL1", "LOCAL2", "LOCAL3", "LOCAL4", "LOCAL5", "LOCAL6", "LOCAL7",
    ];
    NAMES.get(usize::from(number)).copied().unwrap_or("UNSPECIFIED")
}

/// As Zeek names them. RFC 5424 table 2.
pub fn severity(number: usize) -> &'static str {
    const NAMES: [&str; 8] = ["EMERG", "ALERT", "CRIT", "ERR", "WARNING", "NOTICE", "INFO", "DEBUG"];
    NAMES.get(number).copied().unwrap_or("UNSPECIFIED")
}
