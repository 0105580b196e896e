//! Header values made safe to keep: products, hosts, media types and schemes, nothing that could name a person.

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::LazyLock;

use base64::engine::general_purpose::STANDARD;
use base64::Engine as _;

use super::uri::UNKNOWN;
use crate::{credentials, hostname, limits};

/// A host name or address without its port, in lower case and without names of people; `None` if it is neither. RFC 3986 3.2.2.
pub fn host(value: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(value).ok()?.trim();
    // Who is to be let in, and by which password, may stand before it (RFC 3986 section 3.2.1).
    let text = text.rsplit('@').next().unwrap_or_default();
    if let Some(inner) = text.strip_prefix('[') {
        return inner
            .split(']')
            .next()
            .and_then(|a| a.parse::<std::net::Ipv6Addr>().ok())
            .map(|a| a.to_string());
    }
    let (name, port) = text.split_once(':').unwrap_or((text, ""));
    if !port.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    Some(hostname::shown(&hostname::valid(name)?).into_owned())
}

/// The host of an absolute URI.
pub fn uri_host(value: &[u8]) -> Option<String> {
    let after = value
        .windows(3)
        .position(|w| w == b"://")
        .and_then(|n| value.get(n.checked_add(3)?..))?;
    let authority = after.split(|b| matches!(b, b'/' | b'?' | b'#')).next()?;
    host(authority)
}

/// `type/subtype` in lower case, without parameters. RFC 9110 8.3.1.
pub fn media_type(value: &[u8]) -> Option<String> {
    let media = value.split(|b| matches!(b, b';' | b',')).next()?.trim_ascii();
    let text = std::str::from_utf8(media).ok()?;
    let (kind, subtype) = text.split_once('/')?;
    let token = |t: &str| {
        !t.is_empty()
            && t.bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.' | b'*' | b'_'))
    };
    (text.len() <= 100 && token(kind) && token(subtype)).then(|| text.to_ascii_lowercase())
}

/// Media types by name (`data/media_types.txt`) and their top-level types.
static MEDIA: LazyLock<(HashSet<&'static str>, HashSet<&'static str>)> = LazyLock::new(|| {
    let lines = include_str!("../../../data/media_types.txt")
        .lines()
        .filter(|line| !line.starts_with('#'));
    let types: HashSet<_> = lines.flat_map(str::split_ascii_whitespace).collect();
    let tops = types.iter().filter_map(|t| t.split_once('/')).map(|(top, _)| top).collect();
    (types, tops)
});

/// The media type as it may be kept: a known one whole, of another its top-level type with `{}` for the rest.
pub fn known_media_type(value: &[u8]) -> Option<Cow<'static, str>> {
    let media = media_type(value)?;
    let (types, tops) = &*MEDIA;
    if let Some(known) = types.get(media.as_str()) {
        return Some(Cow::Borrowed(known));
    }
    let top = media.split_once('/').and_then(|(top, _)| tops.get(top)).copied().unwrap_or(UNKNOWN);
    Some(Cow::Owned(format!("{top}/{UNKNOWN}")))
}

/// The scheme of an `Authorization` value (RFC 9110 11.4), and whether a user name stands readable in it.
pub fn scheme(value: &[u8]) -> (&'static str, bool) {
    let mut parts = value.splitn(2, |b| *b == b' ');
    let name = parts.next().unwrap_or_default();
    let rest = parts.next().unwrap_or_default().trim_ascii();
    let is = |known: &str| name.eq_ignore_ascii_case(known.as_bytes());
    match () {
        () if is("basic") => ("basic", basic_user(rest)),
        () if is("bearer") => ("bearer", false),
        () if is("digest") => ("digest", rest.windows(9).any(|w| w.eq_ignore_ascii_case(b"username="))),
        () if is("ntlm") => ("ntlm", false),
        () if is("negotiate") => ("negotiate", false),
        () => ("other", false),
    }
}

/// RFC 7617: base 64 of `user:password`; only its first byte is looked at.
fn basic_user(credentials: &[u8]) -> bool {
    let head = credentials.get(..4).and_then(|c| STANDARD.decode(c).ok());
    head.is_some_and(|h| h.first().is_some_and(|b| *b != b':'))
}

/// Whether an `Authorization` value is Basic with credentials that makers document.
pub fn is_default(value: &[u8]) -> bool {
    let Some((scheme, rest)) = value.split_at_checked(6) else {
        return false;
    };
    if !scheme.eq_ignore_ascii_case(b"basic ") || rest.len() > limits::BASIC {
        return false;
    }
    let Ok(pair) = STANDARD.decode(rest.trim_ascii()) else {
        return false;
    };
    let mut parts = pair.splitn(2, |b| *b == b':');
    let user = credentials::user(parts.next().unwrap_or_default());
    parts.next().is_some_and(|password| user.has(password))
}

/// The reason phrase if it is the registered one (IANA HTTP status codes): anything else is free text.
pub fn reason(status: u16, phrase: &[u8]) -> Option<&'static str> {
    let known = match status {
        100 => "Continue",
        101 => "Switching Protocols",
        200 => "OK",
        201 => "Created",
        202 => "Accepted",
        203 => "Non-Authoritative Information",
        204 => "No Content",
        205 => "Reset Content",
        206 => "Partial Content",
        207 => "Multi-Status",
        300 => "Multiple Choices",
        301 => "Moved Permanently",
        302 => "Found",
        303 => "See Other",
        304 => "Not Modified",
        307 => "Temporary Redirect",
        308 => "Permanent Redirect",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        406 => "Not Acceptable",
        407 => "Proxy Authentication Required",
        408 => "Request Timeout",
        409 => "Conflict",
        410 => "Gone",
        411 => "Length Required",
        412 => "Precondition Failed",
        413 => "Content Too Large",
        415 => "Unsupported Media Type",
        416 => "Range Not Satisfiable",
        422 => "Unprocessable Content",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        505 => "HTTP Version Not Supported",
        _ => return None,
    };
    known.as_bytes().eq_ignore_ascii_case(phrase).then_some(known)
}
