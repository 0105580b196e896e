//! Heads of requests and responses: the start line and the header fields that are wanted, where they lie. RFC 9112 2 to 5.

use crate::exploits::{self, Signs};
use crate::limits;
use crate::protocols::{Dir, Probe};
use crate::text::find;

/// Methods of RFC 9110 9.3, PATCH (RFC 5789), WebDAV (RFC 4918), UPnP.
const METHODS: &[&str] = &[
    "GET",
    "HEAD",
    "POST",
    "PUT",
    "DELETE",
    "OPTIONS",
    "PATCH",
    "CONNECT",
    "TRACE",
    "PROPFIND",
    "PROPPATCH",
    "MKCOL",
    "COPY",
    "MOVE",
    "LOCK",
    "UNLOCK",
    "REPORT",
    "SEARCH",
    "NOTIFY",
    "SUBSCRIBE",
    "UNSUBSCRIBE",
];

/// A head, split. Values are as on the wire.
#[derive(Debug, Default)]
pub struct Head<'a> {
    pub start: Start<'a>,
    /// 1.0, 1.1 or 2; of HTTP/1 if the start line is whole.
    pub version: Option<&'static str>,
    /// The capture does not hold all of it.
    pub cut: bool,
    pub host: Option<&'a [u8]>,
    pub user_agent: Option<&'a [u8]>,
    pub referer: Option<&'a [u8]>,
    pub authorization: Option<&'a [u8]>,
    pub proxy_authorization: Option<&'a [u8]>,
    /// What WWW-Authenticate or Proxy-Authenticate asks for.
    pub challenge: Option<&'a [u8]>,
    pub accept: Option<&'a [u8]>,
    pub content_type: Option<&'a [u8]>,
    pub content_encoding: Option<&'a [u8]>,
    pub content_disposition: Option<&'a [u8]>,
    pub content_range: Option<&'a [u8]>,
    pub content_length: Option<u64>,
    pub chunked: bool,
    pub upgrade: Option<&'a [u8]>,
    pub server: Option<&'a [u8]>,
    pub malformed: Option<&'static str>,
    /// Exploits that a request holds.
    pub signs: Signs,
}

#[derive(Debug, Default)]
pub enum Start<'a> {
    Request {
        /// `None` if it is not known; HTTP/1 is recognised by it.
        method: Option<&'static str>,
        /// `None` if it was cut.
        target: Option<&'a [u8]>,
    },
    Response {
        status: u16,
        reason: &'a [u8],
    },
    #[default]
    Neither,
}

/// The length of the head with its empty line; `from` is where an earlier look ended.
pub fn end(bytes: &[u8], from: usize) -> Option<usize> {
    let mut at = from.saturating_sub(3);
    while let Some(n) = bytes.get(at..)?.iter().position(|b| *b == b'\n') {
        at = at.saturating_add(n).saturating_add(1);
        match bytes.get(at..)? {
            [b'\n', ..] => return at.checked_add(1),
            [b'\r', b'\n', ..] => return at.checked_add(2),
            _ => {}
        }
    }
    None
}

pub fn parse(bytes: &[u8]) -> Head<'_> {
    let mut lines = bytes.split(|b| *b == b'\n').map(|l| l.strip_suffix(b"\r").unwrap_or(l));
    let mut head = Head::begun(start_line(lines.next().unwrap_or_default()));
    let asks = matches!(head.start, Start::Request { .. });
    if let Start::Request { target: Some(target), .. } = head.start {
        head.signs = exploits::of_target(target);
    }
    for line in lines.filter(|l| !l.is_empty()) {
        match line.iter().position(|b| *b == b':') {
            Some(colon) => {
                let value = line.get(colon.saturating_add(1)..).unwrap_or_default().trim_ascii();
                head.field(line.get(..colon).unwrap_or_default(), value);
                if asks {
                    head.signs.join(exploits::of_text(value));
                }
            }
            // A folded line (RFC 9112 5.2) continues a field; anything else is no field.
            None if line.first().is_some_and(u8::is_ascii_whitespace) => {}
            None => head.malformed = Some("header"),
        }
    }
    head
}

/// The first bytes of a head, all that the capture holds: a line without its end is left out, for its value may go on.
pub fn parse_cut(bytes: &[u8]) -> Head<'_> {
    let whole = bytes.iter().rposition(|b| *b == b'\n').and_then(|end| bytes.get(..=end));
    Head {
        cut: true,
        ..whole.map_or_else(|| Head::begun(unfinished(bytes)), parse)
    }
}

/// What can be said of a start line without its end: the version ends a request line, three digits are a whole status.
fn unfinished(line: &[u8]) -> (Start<'_>, Option<&'static str>) {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    match start_line(line) {
        (Start::Response { status, .. }, version) => (Start::Response { status, reason: b"" }, version),
        (Start::Neither, _) => match method(line) {
            None => (Start::Neither, None),
            method => (Start::Request { method, target: None }, None),
        },
        request => request,
    }
}

/// The method that a line begins with, and a space behind it.
fn method(line: &[u8]) -> Option<&'static str> {
    let space = line.iter().position(|b| *b == b' ')?;
    known_method(line.get(..space)?)
}

pub fn known_method(name: &[u8]) -> Option<&'static str> {
    METHODS.iter().find(|m| m.as_bytes() == name).copied()
}

impl<'a> Head<'a> {
    fn begun((start, version): (Start<'a>, Option<&'static str>)) -> Head<'a> {
        Head {
            start,
            version,
            ..Head::default()
        }
    }

    /// One more field; of several with one name the first counts.
    pub fn field(&mut self, name: &[u8], value: &'a [u8]) {
        let slot = match name {
            n if n.eq_ignore_ascii_case(b"host") => &mut self.host,
            n if n.eq_ignore_ascii_case(b"user-agent") => &mut self.user_agent,
            n if n.eq_ignore_ascii_case(b"referer") => &mut self.referer,
            n if n.eq_ignore_ascii_case(b"authorization") => &mut self.authorization,
            n if n.eq_ignore_ascii_case(b"accept") => &mut self.accept,
            n if n.eq_ignore_ascii_case(b"content-type") => &mut self.content_type,
            n if n.eq_ignore_ascii_case(b"content-encoding") => &mut self.content_encoding,
            n if n.eq_ignore_ascii_case(b"content-disposition") => &mut self.content_disposition,
            n if n.eq_ignore_ascii_case(b"content-range") => &mut self.content_range,
            n if n.eq_ignore_ascii_case(b"server") => &mut self.server,
            n if n.eq_ignore_ascii_case(b"upgrade") => &mut self.upgrade,
            n if n.eq_ignore_ascii_case(b"www-authenticate") || n.eq_ignore_ascii_case(b"proxy-authenticate") => &mut self.challenge,
            n if n.eq_ignore_ascii_case(b"proxy-authorization") => &mut self.proxy_authorization,
            n if n.eq_ignore_ascii_case(b"content-length") => return self.length(value),
            n if n.eq_ignore_ascii_case(b"transfer-encoding") => {
                self.chunked = value.len() >= 7
                    && value
                        .get(value.len().saturating_sub(7)..)
                        .is_some_and(|v| v.eq_ignore_ascii_case(b"chunked"));
                return;
            }
            _ => return,
        };
        slot.get_or_insert(value);
    }

    fn length(&mut self, value: &[u8]) {
        let length = std::str::from_utf8(value)
            .ok()
            .filter(|v| v.bytes().all(|b| b.is_ascii_digit()))
            .and_then(|v| v.parse::<u64>().ok());
        let agrees = self.content_length.is_none() || self.content_length == length;
        if length.is_none() || !agrees {
            self.malformed = Some("content length");
        }
        self.content_length = self.content_length.or(length);
    }
}

/// The start line and its version.
fn start_line(line: &[u8]) -> (Start<'_>, Option<&'static str>) {
    if let Some(rest) = line.strip_prefix(b"HTTP/1.") {
        return match rest {
            [minor @ (b'0' | b'1'), b' ', a, b, c, reason @ ..] if [a, b, c].iter().all(|d| d.is_ascii_digit()) => {
                let status = [a, b, c]
                    .iter()
                    .fold(0u16, |n, d| n.saturating_mul(10).saturating_add(u16::from(d.saturating_sub(b'0'))));
                (
                    Start::Response {
                        status,
                        reason: reason.trim_ascii(),
                    },
                    Some(if *minor == b'0' { "1.0" } else { "1.1" }),
                )
            }
            _ => (Start::Neither, None),
        };
    }
    let Some(method) = method(line) else {
        return (Start::Neither, None);
    };
    let rest = line.get(method.len().saturating_add(1)..).unwrap_or_default();
    let space = rest.iter().rposition(|b| *b == b' ').unwrap_or_default();
    let target = rest.get(..space).filter(|target| !target.is_empty());
    let version = match rest.get(space.saturating_add(1)..) {
        Some(b"HTTP/1.1") => Some("1.1"),
        Some(b"HTTP/1.0") => Some("1.0"),
        _ => None,
    };
    let method = Some(method);
    match (target, version) {
        (Some(_), Some(_)) => (Start::Request { method, target }, version),
        _ => (Start::Neither, None),
    }
}

/// A request line or a status line is evidence, wherever a line may begin.
pub fn probe(_dir: Dir, bytes: &[u8]) -> Probe {
    match first_line(bytes) {
        Probe::Never => {
            // Picked up within a connection: a body may end here and a head follow.
            let later = bytes.split(|b| *b == b'\n').skip(1).map(first_line);
            if later.take(64).any(|p| p == Probe::Certain) {
                Probe::Certain
            } else {
                Probe::Never
            }
        }
        other => other,
    }
}

/// What a line, perhaps cut short, says. What is never one does not become one with more bytes: so segments may be cut anywhere.
pub fn first_line(bytes: &[u8]) -> Probe {
    let line = find(bytes, |b| b == b'\n').and_then(|n| bytes.get(..n)).unwrap_or(bytes);
    let ended = line.len() < bytes.len();
    let whole = ended || line.ends_with(b"\r");
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    if line.len() < 13 && line.len() < b"HTTP/1.1 200".len() && b"HTTP/1.".starts_with(line.get(..7).unwrap_or(line)) && !whole {
        return Probe::Unsure;
    }
    if line.starts_with(b"HTTP/1.") {
        return if matches!(start_line(line).0, Start::Response { .. }) {
            Probe::Certain
        } else {
            Probe::Never
        };
    }
    let first = line.first();
    let begins = |m: &str| {
        if first.is_some() && first != m.as_bytes().first() {
            return false;
        }
        let n = m.len().min(line.len());
        let spaced = line.get(n).is_none_or(|b| *b == b' ');
        let target = line
            .get(n.saturating_add(1))
            .is_none_or(|b| matches!(b, b'/' | b'*') || b.is_ascii_alphanumeric());
        line.get(..n) == m.as_bytes().get(..n) && spaced && target
    };
    if !METHODS.iter().any(|m| begins(m)) {
        return Probe::Never;
    }
    // Other protocols have such words too, but do not ask for a path; in a path stands whatever an attacker puts there.
    let path = method(line).is_some_and(|m| line.get(m.len().saturating_add(1)) == Some(&b'/'));
    let printable = || line.iter().all(|b| (0x20..0x7f).contains(b));
    if !path && !printable() {
        return Probe::Never;
    }
    match () {
        () if whole && matches!(start_line(line).0, Start::Request { .. }) => Probe::Certain,
        () if ended => Probe::Never,
        // A line that long after a method is a request, and a long one shall not hide the connection.
        () if line.len() >= limits::PROBE_BYTES / 2 => Probe::Certain,
        () if path => Probe::Likely,
        () => Probe::Unsure,
    }
}
