//! A small scanner over XML 1.0 that sees a document in pieces, whatever its length: tags, attributes and the text between them.
//!
//! It knows nothing of a document type, so that no entity is ever expanded: a document with one is let go, as FHIR (R4 xml.html) and SOAP
//! (SOAP 1.2 part 1, 5) forbid it. Text in CDATA sections passes unread.
#![deny(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation
)]

use std::borrow::Cow;

use crate::keys::Keys;
use crate::limits;
use crate::text::find_near;

/// Told what a document holds, in order.
pub trait Handler {
    /// The name of a start tag, with its prefix; empty if it is too long to be held.
    fn name(&mut self, name: &[u8]);

    /// Whether the value of this attribute of the tag just named matters.
    fn wants(&mut self, attribute: &[u8]) -> bool;

    /// The value of an attribute that matters, as written.
    fn attribute(&mut self, name: &[u8], value: &[u8]);

    /// The start tag ended: an element is open.
    fn opened(&mut self, keys: &Keys);

    /// A piece of the text between two tags, as written.
    fn text(&mut self, _bytes: &[u8]) {}

    /// The innermost element ended.
    fn closed(&mut self, keys: &Keys);
}

/// What the next byte belongs to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum At {
    #[default]
    Text,
    /// Behind `<`.
    Markup,
    /// Behind `<!`: a comment, a CDATA section or a document type.
    Declaration,
    /// Until `>` behind `need` times `mark`, of which `seen` stand before.
    Passing {
        mark: u8,
        need: u8,
        seen: u8,
    },
    EndTag,
    Name,
    /// Between the attributes of a start tag; behind a `/`, which makes the tag an empty element.
    Tag {
        empty: bool,
    },
    Attribute,
    Equals,
    Value {
        quote: u8,
    },
}

#[derive(Debug, Default)]
pub struct Xml<H> {
    pub handler: H,
    /// Looks at nothing more.
    stopped: bool,
    /// Why it looks at nothing more, if that is the document's fault.
    pub broken: Option<&'static str>,
    at: At,
    /// A name or value, if wanted.
    held: Vec<u8>,
    wanted: bool,
    attribute: Vec<u8>,
}

impl<H: Handler> Xml<H> {
    pub fn new(handler: H) -> Xml<H> {
        Xml {
            handler,
            stopped: false,
            broken: None,
            at: At::Text,
            held: Vec::new(),
            wanted: false,
            attribute: Vec::new(),
        }
    }

    pub fn wants_more(&self) -> bool {
        !self.stopped
    }

    pub fn stop(&mut self) {
        self.stopped = true;
    }

    fn give_up(&mut self, why: &'static str) {
        self.broken = Some(why);
        self.stop();
    }

    /// Looks at the next bytes; says how many it looked at.
    pub fn feed(&mut self, bytes: &[u8], keys: &Keys) -> usize {
        let mut rest = bytes;
        while !rest.is_empty() && !self.stopped {
            let used = self.step(rest, keys);
            rest = rest.get(used..).unwrap_or_default();
        }
        bytes.len().saturating_sub(rest.len())
    }

    /// Uses at least one byte, or none and is elsewhere then.
    fn step(&mut self, bytes: &[u8], keys: &Keys) -> usize {
        match self.at {
            At::Text => self.text(bytes, keys),
            At::EndTag => self.end_tag(bytes, keys),
            At::Markup => self.markup(bytes),
            At::Declaration => self.declaration(bytes),
            At::Passing { mark, need, seen } => self.passing(bytes, mark, need, seen),
            At::Name => {
                let used = self.hold_until(bytes, is_behind_name);
                if used < bytes.len() {
                    self.handler.name(if self.wanted { &self.held } else { b"" });
                    self.at = At::Tag { empty: false };
                }
                used
            }
            At::Tag { empty } => self.tag(bytes, empty, keys),
            At::Attribute => {
                let used = self.hold_until(bytes, |b| b.is_ascii_whitespace() | (b == b'=') | (b == b'>') | (b == b'/'));
                if used < bytes.len() {
                    self.wanted = self.wanted && self.handler.wants(&self.held);
                    std::mem::swap(&mut self.attribute, &mut self.held);
                    self.at = At::Equals;
                }
                used
            }
            At::Equals => self.equals(bytes),
            At::Value { quote } => {
                let used = self.hold_until(bytes, |b| b == quote);
                if used == bytes.len() {
                    return used;
                }
                // One too long to be held does not matter.
                if self.wanted {
                    self.handler.attribute(&self.attribute, &self.held);
                }
                self.at = At::Tag { empty: false };
                used.saturating_add(1)
            }
        }
    }

    fn text(&mut self, bytes: &[u8], keys: &Keys) -> usize {
        let end = find_near(bytes, |b| b == b'<');
        let piece = bytes.get(..end.unwrap_or(bytes.len())).unwrap_or_default();
        if !piece.is_empty() {
            self.handler.text(piece);
        }
        match end {
            Some(n) => {
                let n = n.saturating_add(1);
                let used = self.plain_tag(bytes.get(n..).unwrap_or_default(), keys);
                if used == 0 {
                    self.at = At::Markup;
                }
                n.saturating_add(used)
            }
            None => bytes.len(),
        }
    }

    /// A start tag without attributes, or an end tag, that stands whole behind its `<`: most do, and then take one step instead of four. Nothing is
    /// used of others.
    fn plain_tag(&mut self, bytes: &[u8], keys: &Keys) -> usize {
        let end = match bytes.first() {
            Some(b) if b.is_ascii_alphabetic() => find_near(bytes, is_behind_name),
            Some(b'/') => find_near(bytes, |b| b == b'>'),
            _ => None,
        };
        let Some((name, b'>')) = end.and_then(|n| Some((bytes.get(..n)?, *bytes.get(n)?))) else {
            return 0;
        };
        if name.starts_with(b"/") {
            self.handler.closed(keys);
        } else {
            self.handler.name(if name.len() <= limits::XML_VALUE { name } else { b"" });
            self.handler.opened(keys);
        }
        name.len().saturating_add(1)
    }

    fn end_tag(&mut self, bytes: &[u8], keys: &Keys) -> usize {
        match find_near(bytes, |b| b == b'>') {
            Some(n) => {
                self.at = At::Text;
                self.handler.closed(keys);
                n.saturating_add(1)
            }
            None => bytes.len(),
        }
    }

    /// Holds what comes before a byte of this kind.
    fn hold_until(&mut self, bytes: &[u8], kind: impl Fn(u8) -> bool) -> usize {
        let n = find_near(bytes, kind).unwrap_or(bytes.len());
        let more = bytes.get(..n).unwrap_or_default();
        self.wanted &= self.held.len().saturating_add(more.len()) <= limits::XML_VALUE;
        if self.wanted {
            self.held.extend_from_slice(more);
        }
        n
    }

    fn begin(&mut self, wanted: bool) {
        self.held.clear();
        self.wanted = wanted;
    }

    fn markup(&mut self, bytes: &[u8]) -> usize {
        self.at = At::Name;
        self.begin(true);
        match bytes.first() {
            Some(b'/') => self.at = At::EndTag,
            Some(b'!') => self.at = At::Declaration,
            Some(b'?') => {
                self.at = At::Passing {
                    mark: b'?',
                    need: 1,
                    seen: 0,
                }
            }
            Some(b) if b.is_ascii_alphabetic() || matches!(b, b'_' | b':' | 0x80..) => return 0,
            // No XML has this.
            _ => self.give_up("markup"),
        }
        1
    }

    fn declaration(&mut self, bytes: &[u8]) -> usize {
        self.held.extend(bytes.first());
        let (mark, begin): (u8, &[u8]) = if self.held.first() == Some(&b'-') {
            (b'-', b"--")
        } else {
            (b']', b"[CDATA[")
        };
        if self.held == begin {
            self.at = At::Passing { mark, need: 2, seen: 0 };
        } else if !begin.starts_with(&self.held) {
            self.give_up("document type");
        }
        1
    }

    fn passing(&mut self, bytes: &[u8], mark: u8, need: u8, seen: u8) -> usize {
        let n = find_near(bytes, |b| (b == mark) | (b == b'>')).unwrap_or(bytes.len());
        // The marks stand together and before the end.
        let seen = if n == 0 { seen } else { 0 };
        self.at = match bytes.get(n) {
            Some(b'>') if seen == need => At::Text,
            Some(b) if *b == mark => At::Passing {
                mark,
                need,
                seen: seen.saturating_add(1).min(need),
            },
            _ => At::Passing { mark, need, seen: 0 },
        };
        n.saturating_add(1).min(bytes.len())
    }

    fn tag(&mut self, bytes: &[u8], empty: bool, keys: &Keys) -> usize {
        match bytes.first() {
            Some(b'>') => {
                self.at = At::Text;
                self.handler.opened(keys);
                if empty {
                    self.handler.closed(keys);
                }
            }
            Some(b'/') => self.at = At::Tag { empty: true },
            Some(b) if b.is_ascii_whitespace() => {}
            _ => {
                self.at = At::Attribute;
                self.begin(true);
                return 0;
            }
        }
        1
    }

    fn equals(&mut self, bytes: &[u8]) -> usize {
        match bytes.first() {
            Some(quote @ (b'"' | b'\'')) => {
                self.at = At::Value { quote: *quote };
                let wanted = self.wanted;
                self.begin(wanted);
            }
            Some(b) if *b == b'=' || b.is_ascii_whitespace() => {}
            _ => {
                self.at = At::Tag { empty: false };
                return 0;
            }
        }
        1
    }
}

fn is_behind_name(b: u8) -> bool {
    b.is_ascii_whitespace() | (b == b'>') | (b == b'/')
}

/// A name without its prefix (Namespaces in XML 1.0, 4).
pub fn local(name: &[u8]) -> &[u8] {
    name.rsplit(|b| *b == b':').next().unwrap_or_default()
}

/// Text with its references undone: characters by number and the five entities that XML has of itself (XML 1.0 4.1, 4.6).
pub fn unescaped(raw: &[u8]) -> Cow<'_, str> {
    let text = String::from_utf8_lossy(raw);
    if !text.contains('&') {
        return text;
    }
    let mut parts = text.split('&');
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        match part.split_once(';').and_then(|(name, rest)| Some((character(name)?, rest))) {
            Some((character, rest)) => {
                plain.push(character);
                plain.push_str(rest);
            }
            None => {
                plain.push('&');
                plain.push_str(part);
            }
        }
    }
    Cow::Owned(plain)
}

fn character(name: &str) -> Option<char> {
    match name {
        "lt" => Some('<'),
        "gt" => Some('>'),
        "amp" => Some('&'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix('x') {
                Some(digits) => u32::from_str_radix(digits, 16),
                None => number.parse(),
            };
            char::from_u32(code.ok()?)
        }
    }
}
