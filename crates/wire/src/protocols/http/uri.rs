//! Targets made safe to keep: a path template of known words and the names of known parameters. RFC 3986 3.3, 3.4.

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::OnceLock;

use crate::limits;

/// Stands for whatever may be an id, a name or a file.
pub const UNKNOWN: &str = "{}";

/// Known words: of paths in lower case, of file extensions with their dot, of parameters and FHIR types as they are written.
struct Vocabulary {
    path: HashSet<&'static str>,
    query: HashSet<&'static str>,
    fhir: HashSet<&'static str>,
}

fn vocabulary() -> &'static Vocabulary {
    static WORDS: OnceLock<Vocabulary> = OnceLock::new();
    let words = |text: &'static str| {
        text.lines()
            .filter(|l| !l.starts_with('#'))
            .flat_map(str::split_ascii_whitespace)
            .collect()
    };
    WORDS.get_or_init(|| Vocabulary {
        path: words(include_str!("../../../data/path_words.txt")),
        query: words(include_str!("../../../data/query_keys.txt")),
        fhir: words(include_str!("../../../data/fhir_resource_types.txt")),
    })
}

/// The FHIR resource type of this name, exactly as FHIR writes it.
pub fn resource_type(name: &str) -> Option<&'static str> {
    vocabulary().fhir.get(name).copied()
}

/// A request target (RFC 9112 3.2), split: the path and the query, of which nothing has been kept yet.
pub struct Target<'a> {
    pub authority: Option<&'a [u8]>,
    pub path: &'a [u8],
    pub query: &'a [u8],
}

pub fn split<'a>(method: &str, target: &'a [u8]) -> Target<'a> {
    if method == "CONNECT" {
        return Target {
            authority: Some(target),
            path: b"",
            query: b"",
        };
    }
    let mut rest = target;
    let mut authority = None;
    for scheme in [b"http://".as_slice(), b"https://"] {
        if target.get(..scheme.len()).is_some_and(|s| s.eq_ignore_ascii_case(scheme)) {
            let after = target.get(scheme.len()..).unwrap_or_default();
            let end = after.iter().position(|b| matches!(b, b'/' | b'?')).unwrap_or(after.len());
            authority = after.get(..end);
            rest = after.get(end..).unwrap_or_default();
        }
    }
    let rest = rest.split(|b| *b == b'#').next().unwrap_or_default();
    let mut halves = rest.splitn(2, |b| *b == b'?');
    Target {
        authority,
        path: halves.next().unwrap_or_default(),
        query: halves.next().unwrap_or_default(),
    }
}

/// The path with every segment that is no known word replaced.
pub fn template(path: &[u8]) -> Option<String> {
    if path == b"*" {
        return Some("*".to_owned());
    }
    let segments = path.strip_prefix(b"/").unwrap_or(path).split(|b| *b == b'/');
    let mut text = String::new();
    for segment in segments.take(limits::HTTP_SEGMENTS) {
        text.push('/');
        text.push_str(&word(segment));
    }
    (!path.is_empty()).then_some(text)
}

fn word(segment: &[u8]) -> Cow<'static, str> {
    let segment = segment.split(|b| *b == b';').next().unwrap_or_default();
    let Ok(text) = std::str::from_utf8(segment) else {
        return Cow::Borrowed(UNKNOWN);
    };
    if text.is_empty() || text.len() > 64 {
        return Cow::Borrowed(if text.is_empty() { "" } else { UNKNOWN });
    }
    if let Some(kind) = resource_type(text) {
        return Cow::Borrowed(kind);
    }
    let known = |w: &str| vocabulary().path.get(w).copied();
    let lower = text.to_ascii_lowercase();
    if let Some(word) = known(&lower) {
        return Cow::Borrowed(word);
    }
    match lower
        .rfind('.')
        .and_then(|dot| Some((lower.get(..dot)?, known(lower.get(dot..)?)?)))
    {
        Some((stem, extension)) => Cow::Owned(format!("{}{extension}", known(stem).unwrap_or(UNKNOWN))),
        None => Cow::Borrowed(UNKNOWN),
    }
}

/// Names and values of a query, decoded (application/x-www-form-urlencoded).
pub fn parameters(query: &[u8]) -> impl Iterator<Item = (Cow<'_, [u8]>, Cow<'_, [u8]>)> {
    query
        .split(|b| *b == b'&')
        .filter(|p| !p.is_empty())
        .take(limits::HTTP_PARAMETERS)
        .map(|pair| {
            let mut halves = pair.splitn(2, |b| *b == b'=');
            (
                decoded(halves.next().unwrap_or_default()),
                decoded(halves.next().unwrap_or_default()),
            )
        })
}

/// The distinct names of a query that are known, in order; one `{}` for all others.
pub fn keys(query: &[u8]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for (name, _) in parameters(query) {
        let name = std::str::from_utf8(&name).ok().filter(|n| known_key(n)).unwrap_or(UNKNOWN);
        if !names.iter().any(|n| n == name) {
            names.push(name.to_owned());
        }
    }
    names
}

/// A parameter name, in FHIR with modifiers and chains (`subject:Patient.identifier`; FHIR R4 3.1.1.4): all parts are known.
fn known_key(name: &str) -> bool {
    let words = vocabulary();
    let known = |part: &str| words.query.contains(part) || words.fhir.contains(part);
    name.len() <= 128 && (known(name) || name.split([':', '.']).all(known))
}

/// Percent-decoded, `+` as space.
pub fn decoded(text: &[u8]) -> Cow<'_, [u8]> {
    if !text.iter().any(|b| matches!(b, b'%' | b'+')) {
        return Cow::Borrowed(text);
    }
    let mut plain = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&byte, after)) = rest.split_first() {
        let hex = |b: Option<&u8>| b.and_then(|b| char::from(*b).to_digit(16)).and_then(|d| u8::try_from(d).ok());
        rest = after;
        match (byte, hex(after.first()), hex(after.get(1))) {
            (b'%', Some(high), Some(low)) => {
                plain.push((high << 4) | low);
                rest = after.get(2..).unwrap_or_default();
            }
            (b'+', ..) => plain.push(b' '),
            _ => plain.push(byte),
        }
    }
    Cow::Owned(plain)
}
