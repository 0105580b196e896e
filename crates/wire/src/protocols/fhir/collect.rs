//! What a FHIR body tells, in either of its formats: which resource, which patients and devices, and what a server says of its software.
//!
//! A format's scanner says which role each element plays; text that no role wants never gets here.

use std::collections::{BTreeSet, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use crate::hostname;
use crate::keys::Keys;
use crate::limits;
use crate::protocols::http::uri::resource_type;
use crate::text;

/// Distinct pseudonyms: all are counted, the first are kept.
#[derive(Clone, Debug, Default)]
pub struct Distinct {
    kept: BTreeSet<String>,
    /// A hash of each.
    seen: HashSet<u64, ahash::RandomState>,
}

impl Distinct {
    /// Up to [`limits::FHIR_PATIENTS`].
    pub fn count(&self) -> usize {
        self.seen.len()
    }

    /// Those that are kept, sorted.
    pub fn kept(&self) -> &BTreeSet<String> {
        &self.kept
    }

    /// The pseudonym, if there is only one.
    pub fn only(&self) -> Option<&String> {
        self.kept.first().filter(|_| self.count() == 1)
    }

    fn full(&self) -> bool {
        self.seen.len() >= limits::FHIR_PATIENTS
    }

    pub fn insert(&mut self, pseudonym: Option<String>) {
        let Some(pseudonym) = pseudonym.filter(|_| !self.full()) else {
            return;
        };
        let mut hash = DefaultHasher::new();
        pseudonym.hash(&mut hash);
        if self.seen.insert(hash.finish()) && self.kept.len() < limits::LIST {
            self.kept.insert(pseudonym);
        }
    }

    fn extend(&mut self, other: Distinct) {
        for pseudonym in other.kept {
            self.insert(Some(pseudonym));
        }
        for hash in other.seen {
            if !self.full() {
                self.seen.insert(hash);
            }
        }
    }
}

/// What a body told.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// Type of the first resource.
    pub resource_type: Option<&'static str>,
    /// Pseudonyms of patient identifiers and of logical ids.
    pub patients: Distinct,
    pub patient_refs: Distinct,
    pub device_refs: BTreeSet<String>,
    pub software: Option<String>,
    pub publisher: Option<String>,
    /// Not all of the body could be read.
    pub cut: bool,
}

impl Found {
    /// Adds what the other body of an exchange told.
    pub fn extend(&mut self, other: Found) {
        self.resource_type = self.resource_type.or(other.resource_type);
        self.software = self.software.take().or(other.software);
        self.publisher = self.publisher.take().or(other.publisher);
        self.patients.extend(other.patients);
        self.patient_refs.extend(other.patient_refs);
        self.device_refs.extend(other.device_refs);
        self.cut |= other.cut;
    }
}

/// What an open element is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
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

/// The names of elements that matter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Key {
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
    #[default]
    Other,
}

pub fn key(name: &[u8]) -> Key {
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

/// Whether the text of this element of an element with this role matters.
pub fn wanted(role: Role, key: Key) -> bool {
    matches!(
        (role, key),
        (Role::Resource, Key::ResourceType | Key::Publisher)
            | (Role::Identifier, Key::Value)
            | (Role::Coding, Key::Code)
            | (Role::Software, Key::Name | Key::Version)
            | (_, Key::Reference)
    )
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

/// Puts together what a scanner meets.
#[derive(Debug, Default)]
pub struct Collector {
    resources: Vec<Resource>,
    identifier: Option<String>,
    medical_record: bool,
    pub found: Found,
}

impl Collector {
    pub fn opened(&mut self, role: Role) {
        match role {
            Role::Resource => self.resources.push(Resource::default()),
            Role::Identifier => (self.identifier, self.medical_record) = (None, false),
            _ => {}
        }
    }

    /// An element with this role ended, within one that has the role `parent`.
    pub fn closed(&mut self, role: Role, parent: Option<Role>, keys: &Keys) {
        match role {
            Role::Resource => {
                if let Some(resource) = self.resources.pop() {
                    self.judge(resource, keys);
                }
            }
            Role::Identifier => self.identified(parent == Some(Role::Reference)),
            _ => {}
        }
    }

    /// What was found, resources that are still open included.
    pub fn finish(mut self, keys: &Keys) -> Found {
        while let Some(resource) = self.resources.pop() {
            self.judge(resource, keys);
        }
        self.found
    }

    /// The text of the element `key` of an element with this role.
    pub fn value(&mut self, role: Role, key: Key, value: &str, keys: &Keys) {
        let kept = || text::clean(value.as_bytes()).map(|t| t.chars().take(limits::FHIR_TEXT).collect::<String>());
        match (role, key, self.resources.last_mut()) {
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
        if kind == "Device" {
            if self.found.device_refs.len() < limits::LIST {
                // A server may make a device's id of its wearer's.
                self.found.device_refs.insert(format!("Device/{}", hostname::shown(id)));
            }
        } else if !self.found.patient_refs.full() {
            self.found.patient_refs.insert(keys.pseudonym(id));
        }
    }

    /// An identifier ended: the subject's, or one of the resource itself.
    fn identified(&mut self, of_subject: bool) {
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
        if let Some(id) = own.filter(|_| !self.found.patients.full()) {
            self.found.patients.insert(keys.pseudonym(&id));
        }
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
