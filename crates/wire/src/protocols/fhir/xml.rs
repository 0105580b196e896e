//! A small scanner over FHIR XML (XML 1.0, FHIR R4 xml.html) that sees a body in pieces, whatever its length.
//!
//! It knows tags and attributes and nothing of a document type: FHIR allows none, and a body with one is let go. Values of FHIR stand in the
//! attribute `value`; text between tags is never looked at.

use std::borrow::Cow;

use super::collect::{key, wanted, Collector, Found, Key, Role};
use crate::keys::Keys;
use crate::limits;
use crate::protocols::http::uri::resource_type;
use crate::text::find_near;

/// R4 xml.html: the namespace of every element of FHIR.
const NAMESPACE: &[u8] = b"http://hl7.org/fhir";

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

/// The attributes that matter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Attribute {
    Value,
    Namespace,
    #[default]
    Other,
}

#[derive(Debug, Default)]
pub struct Xml {
    /// Bytes that may still be seen before something says that this is FHIR.
    doubtful: Option<usize>,
    stopped: bool,
    at: At,
    roles: Vec<Role>,
    /// Elements open beyond the depth that is followed.
    deeper: usize,
    /// The start tag that is open: its name, as a resource's type too, and its value.
    key: Key,
    kind: Option<&'static str>,
    value: Option<String>,
    attribute: Attribute,
    /// A name or value, if wanted.
    text: Vec<u8>,
    wanted: bool,
    collector: Collector,
}

impl Xml {
    /// `doubtful`: only XML is known, FHIR must show itself at once.
    pub fn new(doubtful: bool) -> Xml {
        Xml {
            doubtful: doubtful.then_some(limits::FHIR_SNIFF),
            ..Xml::default()
        }
    }

    pub fn wants_more(&self) -> bool {
        !self.stopped
    }

    /// Looks at nothing more.
    pub fn stop(&mut self) {
        self.stopped = true;
    }

    /// What follows is not FHIR.
    fn give_up(&mut self) {
        self.collector.found.cut = true;
        self.stop();
    }

    pub fn feed(&mut self, bytes: &[u8], keys: &Keys) {
        let mut rest = bytes;
        while !rest.is_empty() && !self.stopped {
            let shown = rest.get(..self.doubtful.unwrap_or(rest.len())).unwrap_or(rest);
            let used = self.step(shown, keys);
            rest = rest.get(used..).unwrap_or_default();
            if let Some(left) = self.doubtful {
                self.doubtful = Some(left.saturating_sub(used));
                self.stopped = self.doubtful == Some(0);
            }
        }
    }

    /// What was found, resources that were still open included.
    pub fn finish(self, keys: &Keys) -> Found {
        self.collector.finish(keys)
    }

    /// Uses at least one byte, or none and is elsewhere then.
    fn step(&mut self, bytes: &[u8], keys: &Keys) -> usize {
        match self.at {
            At::Text => self.until(bytes, |b| b == b'<', At::Markup),
            At::EndTag => {
                let used = self.until(bytes, |b| b == b'>', At::Text);
                if self.at == At::Text {
                    self.shut(keys);
                }
                used
            }
            At::Markup => self.markup(bytes),
            At::Declaration => self.declaration(bytes),
            At::Passing { mark, need, seen } => self.passing(bytes, mark, need, seen),
            At::Name => {
                let used = self.hold_until(bytes, |b| b.is_ascii_whitespace() | (b == b'>') | (b == b'/'));
                if used < bytes.len() {
                    self.named();
                }
                used
            }
            At::Tag { empty } => self.tag(bytes, empty, keys),
            At::Attribute => {
                let used = self.hold_until(bytes, |b| b.is_ascii_whitespace() | (b == b'=') | (b == b'>') | (b == b'/'));
                if used < bytes.len() {
                    self.attribute = self.attribute();
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
                self.valued();
                used.saturating_add(1)
            }
        }
    }

    /// Passes what comes before a byte of this kind and the byte itself; then it is at `next`.
    fn until(&mut self, bytes: &[u8], kind: impl Fn(u8) -> bool, next: At) -> usize {
        match find_near(bytes, kind) {
            Some(n) => {
                self.at = next;
                n.saturating_add(1)
            }
            None => bytes.len(),
        }
    }

    /// Holds what comes before a byte of this kind.
    fn hold_until(&mut self, bytes: &[u8], kind: impl Fn(u8) -> bool) -> usize {
        let n = find_near(bytes, kind).unwrap_or(bytes.len());
        let more = bytes.get(..n).unwrap_or_default();
        self.wanted &= self.text.len().saturating_add(more.len()) <= limits::FHIR_STRING;
        if self.wanted {
            self.text.extend_from_slice(more);
        }
        n
    }

    fn begin_text(&mut self, wanted: bool) {
        self.text.clear();
        self.wanted = wanted;
    }

    fn markup(&mut self, bytes: &[u8]) -> usize {
        (self.at, self.key, self.kind, self.value) = (At::Name, Key::Other, None, None);
        self.begin_text(true);
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
            _ => self.give_up(),
        }
        1
    }

    fn declaration(&mut self, bytes: &[u8]) -> usize {
        self.text.extend(bytes.first());
        let (mark, begin): (u8, &[u8]) = if self.text.first() == Some(&b'-') {
            (b'-', b"--")
        } else {
            (b']', b"[CDATA[")
        };
        if self.text == begin {
            self.at = At::Passing { mark, need: 2, seen: 0 };
        } else if !begin.starts_with(&self.text) {
            self.give_up();
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

    /// The name of a start tag ended. A prefix is left out: names of other namespaces have no role, because what they stand in has none.
    fn named(&mut self) {
        let name = self.text.rsplit(|b| *b == b':').next().filter(|_| self.wanted).unwrap_or_default();
        self.key = key(name);
        if self.deeper == 0 && matches!(self.roles.last(), None | Some(Role::Resources)) {
            self.kind = std::str::from_utf8(name).ok().and_then(resource_type);
        }
        self.at = At::Tag { empty: false };
    }

    fn tag(&mut self, bytes: &[u8], empty: bool, keys: &Keys) -> usize {
        match bytes.first() {
            Some(b'>') => {
                self.at = At::Text;
                self.open(keys);
                if empty {
                    self.shut(keys);
                }
            }
            Some(b'/') => self.at = At::Tag { empty: true },
            Some(b) if b.is_ascii_whitespace() => {}
            _ => {
                self.at = At::Attribute;
                self.begin_text(true);
                return 0;
            }
        }
        1
    }

    /// The name of an attribute ended.
    fn attribute(&self) -> Attribute {
        let role = self.roles.last().filter(|_| self.deeper == 0);
        match self.text.as_slice() {
            _ if !self.wanted => Attribute::Other,
            b"value" if role.is_some_and(|role| wanted(*role, self.key)) => Attribute::Value,
            name if name.starts_with(b"xmlns") => Attribute::Namespace,
            _ => Attribute::Other,
        }
    }

    fn equals(&mut self, bytes: &[u8]) -> usize {
        match bytes.first() {
            Some(quote @ (b'"' | b'\'')) => {
                self.at = At::Value { quote: *quote };
                self.begin_text(self.attribute != Attribute::Other);
            }
            Some(b) if *b == b'=' || b.is_ascii_whitespace() => {}
            _ => {
                self.at = At::Tag { empty: false };
                return 0;
            }
        }
        1
    }

    /// The value of an attribute ended. One too long to be held does not matter.
    fn valued(&mut self) {
        self.at = At::Tag { empty: false };
        match self.attribute {
            Attribute::Value if self.wanted => self.value = Some(unescaped(&self.text).into_owned()),
            Attribute::Namespace if self.wanted && self.text == NAMESPACE => self.doubtful = None,
            _ => {}
        }
    }

    /// A start tag ended.
    fn open(&mut self, keys: &Keys) {
        if self.roles.len() >= limits::FHIR_DEPTH || self.deeper > 0 {
            self.deeper = self.deeper.saturating_add(1);
            return;
        }
        let parent = self.roles.last().copied();
        if let (Some(parent), Some(value)) = (parent, self.value.take()) {
            self.collector.value(parent, self.key, &value, keys);
        }
        let role = child(parent, self.key);
        self.collector.opened(role);
        if let Some(kind) = self.kind.take().filter(|_| self.doubtful.is_none()) {
            self.collector.value(role, Key::ResourceType, kind, keys);
        }
        self.roles.push(role);
    }

    /// An element ended.
    fn shut(&mut self, keys: &Keys) {
        if self.deeper > 0 {
            self.deeper = self.deeper.saturating_sub(1);
        } else if let Some(role) = self.roles.pop() {
            self.collector.closed(role, self.roles.last().copied(), keys);
        }
    }
}

/// What an element of this name is within one that is `parent`. Resources stand at the root, in `contained` and in `resource`.
fn child(parent: Option<Role>, key: Key) -> Role {
    match (parent, key) {
        (None | Some(Role::Resources), _) => Role::Resource,
        (_, Key::Resource) | (Some(Role::Resource), Key::Contained) => Role::Resources,
        (Some(Role::Resource | Role::Reference), Key::Identifier) => Role::Identifier,
        (Some(Role::Resource), Key::Subject) => Role::Reference,
        (Some(Role::Resource), Key::Software) => Role::Software,
        (Some(Role::Identifier), Key::Type) => Role::IdentifierType,
        (Some(Role::IdentifierType), Key::Coding) => Role::Coding,
        _ => Role::Other,
    }
}

/// An attribute's value with its references undone: characters by number and the five entities that XML has of itself (XML 1.0 4.1, 4.6).
fn unescaped(raw: &[u8]) -> Cow<'_, str> {
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
