//! Header values made safe to keep: products, hosts, media types and schemes, nothing that could name a person.

use base64::Engine as _;

use crate::limits;

/// A host name or address without its port, in lower case; `None` if it is neither. RFC 3986 3.2.2, RFC 1123 2.1.
pub fn host(value: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(value).ok()?.trim();
    if let Some(inner) = text.strip_prefix('[') {
        return inner
            .split(']')
            .next()
            .and_then(|a| a.parse::<std::net::Ipv6Addr>().ok())
            .map(|a| a.to_string());
    }
    let name = text.split(':').next().unwrap_or_default().trim_end_matches('.');
    let label = |l: &str| (1..=63).contains(&l.len()) && l.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    (name.len() <= 253 && name.split('.').all(label)).then(|| name.to_ascii_lowercase())
}

/// The host of an absolute URI.
pub fn uri_host(value: &[u8]) -> Option<String> {
    let after = value
        .windows(3)
        .position(|w| w == b"://")
        .and_then(|n| value.get(n.checked_add(3)?..))?;
    let authority = after.split(|b| matches!(b, b'/' | b'?' | b'#')).next()?;
    host(authority.rsplit(|b| *b == b'@').next()?)
}

/// Product tokens and comments (RFC 9110 10.1.5) without words that hold an address, an id or a name's separators.
pub fn products(value: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(value).ok()?;
    let mut kept = String::new();
    for word in text.split_ascii_whitespace().filter(|w| harmless(w)) {
        if kept.len().saturating_add(word.len()) >= limits::TEXT {
            break;
        }
        if !kept.is_empty() {
            kept.push(' ');
        }
        kept.push_str(word);
    }
    (!kept.is_empty()).then_some(kept)
}

/// Six digits in a row are a number of something, unless they are a date-like version (`Gecko/20100101`).
fn harmless(word: &str) -> bool {
    let digits = |s: &str| s.split(|c: char| !c.is_ascii_digit()).map(str::len).max().unwrap_or(0);
    let version = word.split_once('/').is_some_and(|(name, version)| {
        digits(name) < 6 && version.len() == 8 && version.starts_with("20") && version.bytes().all(|b| b.is_ascii_digit())
    });
    word.bytes()
        .all(|b| b.is_ascii_graphic() && !matches!(b, b'@' | b'^' | b'=' | b'"' | b'\'' | b'%'))
        && (version || digits(word) < 6)
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
    let head = credentials
        .get(..4)
        .and_then(|c| base64::engine::general_purpose::STANDARD.decode(c).ok());
    head.is_some_and(|h| h.first().is_some_and(|b| *b != b':'))
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
