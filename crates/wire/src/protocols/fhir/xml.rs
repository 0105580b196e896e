//! FHIR XML (R4 xml.html): values stand in the attribute `value`; text between tags is never looked at.

use super::collect::{key, wanted, Collector, Found, Key, Role};
use crate::keys::Keys;
use crate::limits;
use crate::protocols::http::uri::resource_type;
use crate::xml::{self, local, unescaped, Handler};

/// R4 xml.html: the namespace of every element of FHIR.
const NAMESPACE: &[u8] = b"http://hl7.org/fhir";

#[derive(Debug)]
pub struct Xml {
    scan: xml::Xml<Elements>,
    /// Bytes that may still be seen before something says that this is FHIR.
    left: usize,
}

impl Xml {
    /// `doubtful`: only XML is known, FHIR must show itself at once.
    pub fn new(doubtful: bool) -> Xml {
        Xml {
            scan: xml::Xml::new(Elements {
                doubtful,
                ..Elements::default()
            }),
            left: limits::FHIR_SNIFF,
        }
    }

    pub fn wants_more(&self) -> bool {
        self.scan.wants_more()
    }

    /// Looks at nothing more.
    pub fn stop(&mut self) {
        self.scan.stop();
    }

    pub fn feed(&mut self, bytes: &[u8], keys: &Keys) {
        let mut rest = bytes;
        if self.scan.handler.doubtful {
            let (first, after) = rest.split_at(self.left.min(rest.len()));
            self.scan.feed(first, keys);
            self.left = self.left.saturating_sub(first.len());
            rest = after;
            if self.scan.handler.doubtful && self.left == 0 {
                self.stop();
            }
        }
        self.scan.feed(rest, keys);
    }

    /// What was found, resources that were still open included.
    pub fn finish(self, keys: &Keys) -> Found {
        let mut found = self.scan.handler.collector.finish(keys);
        found.cut |= self.scan.broken.is_some();
        found
    }
}

/// The open elements of a resource.
#[derive(Debug, Default)]
struct Elements {
    doubtful: bool,
    roles: Vec<Role>,
    /// Elements open beyond the depth that is followed.
    deeper: usize,
    /// The start tag that is open: its name, as a resource's type too, and its value.
    key: Key,
    kind: Option<&'static str>,
    value: Option<String>,
    collector: Collector,
}

impl Handler for Elements {
    /// A prefix is left out: names of other namespaces have no role, because what they stand in has none.
    fn name(&mut self, name: &[u8]) {
        let name = local(name);
        (self.key, self.kind, self.value) = (key(name), None, None);
        if self.deeper == 0 && matches!(self.roles.last(), None | Some(Role::Resources)) {
            self.kind = std::str::from_utf8(name).ok().and_then(resource_type);
        }
    }

    fn wants(&mut self, attribute: &[u8]) -> bool {
        match attribute {
            b"value" => {
                let role = self.roles.last().filter(|_| self.deeper == 0);
                role.is_some_and(|role| wanted(*role, self.key))
            }
            name => self.doubtful && name.starts_with(b"xmlns"),
        }
    }

    fn attribute(&mut self, name: &[u8], value: &[u8]) {
        if name == b"value" {
            self.value = Some(unescaped(value).into_owned());
        } else if value == NAMESPACE {
            self.doubtful = false;
        }
    }

    fn opened(&mut self, keys: &Keys) {
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
        if let Some(kind) = self.kind.take().filter(|_| !self.doubtful) {
            self.collector.value(role, Key::ResourceType, kind, keys);
        }
        self.roles.push(role);
    }

    fn closed(&mut self, keys: &Keys) {
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
