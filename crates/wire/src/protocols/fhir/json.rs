//! A small scanner over FHIR JSON (RFC 8259, FHIR R4 json.html) that sees a body in pieces, whatever its length.
//!
//! It knows where it is by a bounded stack of roles; text that no role wants is never copied. NDJSON is many roots one after another.

use super::collect::{key, wanted, Collector, Found, Key, Role};
use crate::keys::Keys;
use crate::limits;
use crate::text::find_near;

#[derive(Clone, Copy, Debug)]
struct Frame {
    role: Role,
    object: bool,
    key: Key,
}

#[derive(Debug, Default)]
pub struct Json {
    /// Bytes that may still be seen before something says that this is FHIR.
    doubtful: Option<usize>,
    stopped: bool,
    frames: Vec<Frame>,
    /// Containers open beyond the depth that is followed.
    deeper: usize,
    /// Within a string; its escape state; whether it is a member name; its bytes if wanted.
    string: bool,
    escaped: bool,
    naming: bool,
    wanted: bool,
    text: Vec<u8>,
    /// The string before a colon may be a member name.
    expects_name: bool,
    collector: Collector,
}

impl Json {
    /// `doubtful`: only JSON is known, FHIR must show itself at once.
    pub fn new(doubtful: bool) -> Json {
        Json {
            doubtful: doubtful.then_some(limits::FHIR_SNIFF),
            ..Json::default()
        }
    }

    pub fn wants_more(&self) -> bool {
        !self.stopped
    }

    /// Looks at nothing more.
    pub fn stop(&mut self) {
        self.stopped = true;
    }

    pub fn feed(&mut self, bytes: &[u8], keys: &Keys) {
        let mut rest = bytes;
        while let Some(left) = self.doubtful.filter(|_| !rest.is_empty() && !self.stopped) {
            let used = self.step(rest.get(..left).unwrap_or(rest), keys);
            rest = rest.get(used..).unwrap_or_default();
            self.doubtful = Some(left.saturating_sub(used)).filter(|_| self.collector.found.resource_type.is_none());
            if self.doubtful == Some(0) {
                self.stop();
                return;
            }
        }
        while !rest.is_empty() && !self.stopped {
            let used = self.step(rest, keys);
            rest = rest.get(used..).unwrap_or_default();
        }
    }

    fn step(&mut self, bytes: &[u8], keys: &Keys) -> usize {
        if self.string {
            self.in_string(bytes, keys)
        } else {
            self.between(bytes, keys)
        }
    }

    /// What was found, resources that were still open included.
    pub fn finish(self, keys: &Keys) -> Found {
        self.collector.finish(keys)
    }

    /// Structure: one byte that means something. Numbers, literals and white space mean nothing here.
    fn between(&mut self, bytes: &[u8], keys: &Keys) -> usize {
        let Some(at) = bytes.iter().position(|b| matches!(b, b'"' | b'{' | b'}' | b'[' | b']' | b',')) else {
            return bytes.len();
        };
        match bytes.get(at) {
            Some(b'"') => {
                let within = self.deeper == 0;
                self.naming = within && self.expects_name;
                self.wanted = within && (self.naming || self.wants_value());
                self.string = true;
                self.text.clear();
            }
            Some(b'{') => self.open(true),
            Some(b'[') => self.open(false),
            Some(b'}' | b']') => self.shut(keys),
            _ => self.expects_name = self.frames.last().is_some_and(|f| f.object),
        }
        at.saturating_add(1)
    }

    fn in_string(&mut self, bytes: &[u8], keys: &Keys) -> usize {
        if self.escaped {
            self.escaped = false;
            self.hold(bytes.get(..1).unwrap_or_default());
            return 1;
        }
        let at = find_near(bytes, |b| (b == b'"') | (b == b'\\')).unwrap_or(bytes.len());
        self.hold(bytes.get(..at).unwrap_or_default());
        match bytes.get(at) {
            Some(b'\\') => {
                self.escaped = true;
                self.hold(b"\\");
            }
            Some(_) => {
                self.string = false;
                self.ended(keys);
            }
            None => return at,
        }
        at.saturating_add(1)
    }

    fn hold(&mut self, bytes: &[u8]) {
        if self.wanted && self.text.len().saturating_add(bytes.len()) <= limits::FHIR_STRING {
            self.text.extend_from_slice(bytes);
        } else {
            self.wanted = false;
        }
    }

    fn wants_value(&self) -> bool {
        self.frames.last().is_some_and(|f| f.object && wanted(f.role, f.key))
    }

    /// A string ended: a member name or a value. One too long to be held is neither that matters.
    fn ended(&mut self, keys: &Keys) {
        let held = std::mem::take(&mut self.text);
        if self.naming {
            self.expects_name = false;
            if let Some(frame) = self.frames.last_mut() {
                frame.key = if self.wanted { key(&held) } else { Key::Other };
            }
        } else if let Some(frame) = self.frames.last().filter(|_| self.wanted) {
            self.collector.value(frame.role, frame.key, &unescaped(&held), keys);
        }
        self.text = held;
    }

    fn open(&mut self, object: bool) {
        if self.frames.len() >= limits::FHIR_DEPTH || self.deeper > 0 {
            self.deeper = self.deeper.saturating_add(1);
            return;
        }
        let role = self.role(object);
        self.collector.opened(role);
        self.frames.push(Frame {
            role,
            object,
            key: Key::Other,
        });
        self.expects_name = object;
    }

    fn role(&self, object: bool) -> Role {
        let Some(parent) = self.frames.last() else {
            return if object { Role::Resource } else { Role::Other };
        };
        match (parent.role, parent.object.then_some(parent.key), object) {
            (Role::Resources, None, true) | (_, Some(Key::Resource), true) => Role::Resource,
            (Role::Identifiers, None, true) | (Role::Resource | Role::Reference, Some(Key::Identifier), true) => Role::Identifier,
            (Role::Codings, None, true) => Role::Coding,
            (Role::Resource, Some(Key::Contained), false) => Role::Resources,
            (Role::Resource, Some(Key::Identifier), false) => Role::Identifiers,
            (Role::Resource, Some(Key::Subject), true) => Role::Reference,
            (Role::Resource, Some(Key::Software), true) => Role::Software,
            (Role::Identifier, Some(Key::Type), true) => Role::IdentifierType,
            (Role::IdentifierType, Some(Key::Coding), false) => Role::Codings,
            _ => Role::Other,
        }
    }

    fn shut(&mut self, keys: &Keys) {
        if self.deeper > 0 {
            self.deeper = self.deeper.saturating_sub(1);
            return;
        }
        let Some(frame) = self.frames.pop() else { return };
        self.expects_name = false;
        self.collector.closed(frame.role, self.frames.last().map(|f| f.role), keys);
    }
}

/// A JSON string without its escapes (RFC 8259 7); a lone surrogate becomes U+FFFD.
fn unescaped(raw: &[u8]) -> String {
    let text = String::from_utf8_lossy(raw);
    if !text.contains('\\') {
        return text.into_owned();
    }
    let mut plain = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(c) = characters.next() {
        match if c == '\\' {
            characters.next()
        } else {
            plain.push(c);
            continue;
        } {
            Some('n' | 'r' | 't' | 'b' | 'f') => plain.push(' '),
            Some('u') => {
                let digits: String = characters.by_ref().take(4).collect();
                plain.push(u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32).unwrap_or('\u{fffd}'));
            }
            Some(other) => plain.push(other),
            None => {}
        }
    }
    plain
}
