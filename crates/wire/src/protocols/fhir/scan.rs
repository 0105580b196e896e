//! A small scanner over FHIR JSON (RFC 8259, FHIR R4 json.html) that sees a body in pieces and keeps only who and what it is about.
//!
//! It knows where it is by a bounded stack of roles; text that no role wants is never copied. NDJSON is many roots one after another.

use std::collections::BTreeSet;

use crate::keys::Keys;
use crate::limits;
use crate::protocols::http::uri::resource_type;
use crate::text;

/// What a body told.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// Type of the first resource.
    pub resource_type: Option<&'static str>,
    /// Pseudonyms of patient identifiers and of logical ids.
    pub patients: BTreeSet<String>,
    pub patient_refs: BTreeSet<String>,
    pub device_refs: BTreeSet<String>,
    pub software: Option<String>,
    pub publisher: Option<String>,
}

/// What an open object or array is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Resource,
    Resources,
    Identifiers,
    Identifier,
    IdentifierType,
    Codings,
    Coding,
    Reference,
    Software,
    Other,
}

#[derive(Clone, Copy, Debug)]
struct Frame {
    role: Role,
    object: bool,
    key: Key,
}

/// The member names that matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Key {
    ResourceType,
    Resource,
    Contained,
    Identifier,
    Value,
    Type,
    Coding,
    Code,
    Subject,
    Reference,
    Software,
    Name,
    Version,
    Publisher,
    Other,
}

fn key(name: &[u8]) -> Key {
    match name {
        b"resourceType" => Key::ResourceType,
        b"resource" => Key::Resource,
        b"contained" => Key::Contained,
        b"identifier" => Key::Identifier,
        b"value" => Key::Value,
        b"type" => Key::Type,
        b"coding" => Key::Coding,
        b"code" => Key::Code,
        b"subject" | b"patient" => Key::Subject,
        b"reference" => Key::Reference,
        b"software" => Key::Software,
        b"name" => Key::Name,
        b"version" => Key::Version,
        b"publisher" => Key::Publisher,
        _ => Key::Other,
    }
}

/// An open resource: judged when it ends, because its type may come last.
#[derive(Debug, Default)]
struct Resource {
    kind: Option<&'static str>,
    first: Option<String>,
    record_number: Option<String>,
    subject: Option<String>,
    publisher: Option<String>,
    software: Option<String>,
    version: Option<String>,
}

#[derive(Debug)]
pub struct Scan {
    left: usize,
    /// Nothing has said yet that this is FHIR: give up soon.
    doubtful: bool,
    frames: Vec<Frame>,
    /// Containers open beyond the depth that is followed.
    deeper: usize,
    resources: Vec<Resource>,
    identifier: Option<String>,
    medical_record: bool,
    /// Within a string; its escape state; whether it is a member name; its bytes if wanted.
    string: bool,
    escaped: bool,
    naming: bool,
    wanted: bool,
    text: Vec<u8>,
    /// The string before a colon may be a member name.
    expects_name: bool,
    found: Found,
}

impl Scan {
    /// `doubtful`: only JSON is known, FHIR must show itself at once.
    pub fn new(doubtful: bool) -> Scan {
        Scan {
            left: limits::FHIR_BODY,
            doubtful,
            frames: Vec::new(),
            deeper: 0,
            resources: Vec::new(),
            identifier: None,
            medical_record: false,
            string: false,
            escaped: false,
            naming: false,
            wanted: false,
            text: Vec::new(),
            expects_name: false,
            found: Found::default(),
        }
    }

    pub fn wants_more(&self) -> bool {
        self.left > 0
    }

    /// Looks at nothing more.
    pub fn stop(&mut self) {
        self.left = 0;
    }

    pub fn feed(&mut self, bytes: &[u8], keys: &Keys) {
        let shown = bytes.get(..self.left).unwrap_or(bytes);
        let mut rest = shown;
        while !rest.is_empty() && self.left > 0 {
            let used = if self.string {
                self.in_string(rest, keys)
            } else {
                self.between(rest, keys)
            };
            rest = rest.get(used..).unwrap_or_default();
            self.left = self.left.saturating_sub(used);
            let seen = limits::FHIR_BODY.saturating_sub(self.left);
            if self.doubtful && self.found.resource_type.is_none() && seen > limits::FHIR_SNIFF {
                self.left = 0;
            }
        }
    }

    /// What was found, resources that were still open included.
    pub fn finish(mut self, keys: &Keys) -> Found {
        while let Some(resource) = self.resources.pop() {
            self.judge(resource, keys);
        }
        self.found
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
        let at = bytes.iter().position(|b| matches!(b, b'"' | b'\\')).unwrap_or(bytes.len());
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
        let Some(frame) = self.frames.last().filter(|f| f.object) else {
            return false;
        };
        matches!(
            (frame.role, frame.key),
            (Role::Resource, Key::ResourceType | Key::Publisher)
                | (Role::Identifier, Key::Value)
                | (Role::Coding, Key::Code)
                | (Role::Software, Key::Name | Key::Version)
                | (_, Key::Reference)
        )
    }

    /// A string ended: a member name or a value. One too long to be held is neither that matters.
    fn ended(&mut self, keys: &Keys) {
        let held = std::mem::take(&mut self.text);
        if self.naming {
            self.expects_name = false;
            if let Some(frame) = self.frames.last_mut() {
                frame.key = if self.wanted { key(&held) } else { Key::Other };
            }
        } else if self.wanted {
            self.value(&unescaped(&held), keys);
        }
        self.text = held;
    }

    fn value(&mut self, value: &str, keys: &Keys) {
        let Some(frame) = self.frames.last().copied() else { return };
        let kept = || text::clean(value.as_bytes()).map(|t| t.chars().take(limits::FHIR_TEXT).collect::<String>());
        match (frame.role, frame.key, self.resources.last_mut()) {
            (Role::Resource, Key::ResourceType, Some(resource)) => {
                resource.kind = resource_type(value);
                if self.found.resource_type.is_none() {
                    self.found.resource_type = resource.kind;
                }
            }
            (Role::Resource, Key::Publisher, Some(resource)) => resource.publisher = kept(),
            (Role::Software, Key::Name, Some(resource)) => resource.software = kept(),
            (Role::Software, Key::Version, Some(resource)) => resource.version = kept(),
            (Role::Identifier, Key::Value, _) => self.identifier = Some(value.to_owned()),
            (Role::Coding, Key::Code, _) => self.medical_record |= value == "MR",
            (_, Key::Reference, _) => self.reference(value, keys),
            _ => {}
        }
    }

    /// `[base/]Patient/id[/_history/vid]` (R4 references.html 2.3.0.1).
    fn reference(&mut self, value: &str, keys: &Keys) {
        let mut parts = value.split('/').skip_while(|p| !matches!(*p, "Patient" | "Device"));
        let (Some(kind), Some(id)) = (parts.next(), parts.next()) else {
            return;
        };
        if id.is_empty() || id.len() > 64 || !id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_')) {
            return;
        }
        if kind == "Patient" {
            insert(&mut self.found.patient_refs, keys.pseudonym(id));
        } else {
            insert(&mut self.found.device_refs, Some(format!("Device/{id}")));
        }
    }

    fn open(&mut self, object: bool) {
        if self.frames.len() >= limits::FHIR_DEPTH || self.deeper > 0 {
            self.deeper = self.deeper.saturating_add(1);
            return;
        }
        let role = self.role(object);
        match role {
            Role::Resource => self.resources.push(Resource::default()),
            Role::Identifier => (self.identifier, self.medical_record) = (None, false),
            _ => {}
        }
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
        match frame.role {
            Role::Resource => {
                if let Some(resource) = self.resources.pop() {
                    self.judge(resource, keys);
                }
            }
            Role::Identifier => self.identified(),
            _ => {}
        }
    }

    /// An identifier ended: the subject's, or one of the resource itself.
    fn identified(&mut self) {
        let of_subject = self.frames.last().is_some_and(|f| f.role == Role::Reference);
        let (Some(value), Some(resource)) = (self.identifier.take(), self.resources.last_mut()) else {
            return;
        };
        if of_subject {
            resource.subject = Some(value);
        } else if self.medical_record && resource.record_number.is_none() {
            resource.record_number = Some(value);
        } else if resource.first.is_none() {
            resource.first = Some(value);
        }
    }

    fn judge(&mut self, resource: Resource, keys: &Keys) {
        let Some(kind) = resource.kind else { return };
        let own = if kind == "Patient" {
            resource.record_number.or(resource.first)
        } else {
            resource.subject
        };
        insert(&mut self.found.patients, own.and_then(|id| keys.pseudonym(&id)));
        if kind == "CapabilityStatement" {
            let software = resource.software.map(|name| match resource.version {
                Some(version) => format!("{name} {version}"),
                None => name,
            });
            self.found.software = self.found.software.take().or(software);
            self.found.publisher = self.found.publisher.take().or(resource.publisher);
        }
    }
}

fn insert(set: &mut BTreeSet<String>, value: Option<String>) {
    if let Some(value) = value.filter(|_| set.len() < limits::FHIR_PATIENTS) {
        set.insert(value);
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
