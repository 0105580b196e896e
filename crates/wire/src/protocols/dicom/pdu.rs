//! Protocol data units of the upper layer: their heads, and the two that negotiate. PS3.8 9.3 and Annex D.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

use super::cursor::{be16, be32};
use super::uids::uid;
use crate::limits;
use crate::text::clean;

/// PDU types. PS3.8 Tables 9-11 to 9-26.
pub const A_ASSOCIATE_RQ: u8 = 1;
pub const A_ASSOCIATE_AC: u8 = 2;
pub const A_ASSOCIATE_RJ: u8 = 3;
pub const P_DATA_TF: u8 = 4;
pub const A_RELEASE_RQ: u8 = 5;
pub const A_RELEASE_RP: u8 = 6;
pub const A_ABORT: u8 = 7;

/// Bytes of a PDU head: type, reserved, length.
pub const HEAD: usize = 6;

/// Bytes of a presentation data value's head: length, context id, message control header. PS3.8 Figure 9-2 and E.2.
pub const PDV_HEAD: usize = 6;

/// The head of a PDU: its type and how many bytes follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    pub kind: u8,
    pub length: u32,
}

impl Head {
    /// `None` if these six bytes cannot begin a PDU: every type has a length that it must or may have.
    pub fn read(bytes: &[u8]) -> Option<Head> {
        let head = Head {
            kind: *bytes.first()?,
            length: be32(bytes, 2)?,
        };
        let fits = match head.kind {
            A_ASSOCIATE_RQ | A_ASSOCIATE_AC => head.length >= 68,
            P_DATA_TF => (6..=limits::DICOM_PDU).contains(&head.length),
            A_ASSOCIATE_RJ | A_RELEASE_RQ | A_RELEASE_RP | A_ABORT => head.length == 4,
            _ => false,
        };
        (fits && bytes.get(1) == Some(&0)).then_some(head)
    }
}

/// One presentation context as proposed or answered. PS3.8 9.3.2.2 and 9.3.3.2.
#[derive(Debug, Default)]
pub struct PresentationContext {
    pub id: u8,
    /// Answers only: 0 acceptance, 1 user-rejection, 2 no-reason, 3 abstract-syntax-not-supported, 4 transfer-syntaxes-not-supported.
    pub result: u8,
    pub abstract_syntax: Option<String>,
    pub transfer_syntaxes: Vec<String>,
}

/// What an A-ASSOCIATE-RQ or -AC says. PS3.8 9.3.2 and 9.3.3, the user items of PS3.7 Annex D.3.3.
#[derive(Debug, Default)]
pub struct Associate {
    /// Only its first bytes were captured: what is missing may have been said all the same.
    pub cut: bool,
    pub protocol_version: Option<u16>,
    pub called_ae: Option<String>,
    pub calling_ae: Option<String>,
    pub application_context: Option<String>,
    pub contexts: Vec<PresentationContext>,
    pub max_pdu: Option<u32>,
    pub implementation_class_uid: Option<String>,
    pub implementation_version: Option<String>,
    /// `uid:scu:scp`, each role 0 or 1.
    pub roles: Vec<String>,
    /// Operations invoked and performed at once.
    pub async_operations: Option<(u16, u16)>,
    /// SOP classes with extended negotiation, plain or common.
    pub extended: Vec<String>,
    pub user_identity: Option<u8>,
    pub malformed: Option<&'static str>,
}

impl Associate {
    /// Reads what follows the six bytes of the head, or as much of it as the capture holds.
    pub fn read(body: &[u8], cut: bool) -> Associate {
        let title = |at: usize| body.get(at..at.saturating_add(16)).and_then(clean).map(|t| t.into_owned());
        let mut associate = Associate {
            cut,
            protocol_version: be16(body, 0),
            called_ae: title(4),
            calling_ae: title(20),
            ..Associate::default()
        };
        let mut items = Items::of(body.get(68..).unwrap_or_default());
        for (kind, value) in items.by_ref() {
            match kind {
                0x10 => associate.application_context = uid(value).map(str::to_owned),
                0x20 | 0x21 => associate.context(value),
                0x50 => associate.user_information(value),
                _ => {}
            }
        }
        if let (true, Some((0x50, value))) = (cut, items.unfinished) {
            associate.user_information(value);
        }
        associate.note(items.unfinished.is_some() && !cut, "item longer than the association PDU");
        associate.note(
            associate.protocol_version.is_some_and(|version| version & 1 == 0),
            "protocol version 1 not offered",
        );
        associate
    }

    fn note(&mut self, wrong: bool, reason: &'static str) {
        if wrong {
            self.malformed = self.malformed.or(Some(reason));
        }
    }

    fn context(&mut self, value: &[u8]) {
        let id = value.first().copied().unwrap_or_default();
        if self.contexts.len() >= limits::DICOM_CONTEXTS {
            return self.note(true, "more than 128 presentation contexts");
        }
        self.note(id & 1 == 0, "presentation context id is even");
        let mut context = PresentationContext {
            id,
            result: value.get(2).copied().unwrap_or_default(),
            ..PresentationContext::default()
        };
        let mut items = Items::of(value.get(4..).unwrap_or_default());
        for (kind, value) in items.by_ref() {
            match kind {
                0x30 => context.abstract_syntax = uid(value).map(str::to_owned),
                0x40 if context.transfer_syntaxes.len() < limits::DICOM_TRANSFERS => {
                    context.transfer_syntaxes.extend(uid(value).map(str::to_owned))
                }
                _ => {}
            }
        }
        self.note(items.unfinished.is_some(), "item longer than its presentation context");
        self.contexts.push(context);
    }

    fn user_information(&mut self, value: &[u8]) {
        let mut items = Items::of(value);
        for (kind, value) in items.by_ref() {
            match kind {
                0x51 => self.max_pdu = be32(value, 0),
                0x52 => self.implementation_class_uid = uid(value).map(str::to_owned),
                0x53 => self.async_operations = be16(value, 0).zip(be16(value, 2)),
                0x54 => self.role(value),
                0x55 => self.implementation_version = value.get(..16).or(Some(value)).and_then(clean).map(|t| t.into_owned()),
                0x56 | 0x57 if self.extended.len() < limits::LIST => self
                    .extended
                    .extend(counted(value).and_then(|(name, _)| uid(name)).map(str::to_owned)),
                0x58 => self.user_identity = value.first().copied(),
                _ => {}
            }
        }
        self.note(items.unfinished.is_some() && !self.cut, "item longer than the user information");
    }

    /// PS3.7 D.3.3.4: which side is user (SCU) and provider (SCP) of a SOP class.
    fn role(&mut self, value: &[u8]) {
        let Some((name, roles)) = counted(value) else { return };
        if let (Some(name), Some(scu), Some(scp), true) = (uid(name), roles.first(), roles.get(1), self.roles.len() < limits::LIST) {
            self.roles.push(format!("{name}:{scu}:{scp}"));
        }
    }

    /// A fingerprint of the software that asks: SHA-256 over abstract and transfer syntaxes, in order, first 16 hexadecimal digits.
    /// `None` if not all of them were seen.
    pub fn contexts_hash(&self) -> Option<String> {
        if self.cut {
            return None;
        }
        let mut hash = Sha256::new();
        for context in &self.contexts {
            hash.update(context.abstract_syntax.as_deref().unwrap_or_default());
            for syntax in &context.transfer_syntaxes {
                hash.update(",");
                hash.update(syntax);
            }
            hash.update(";");
        }
        let mut text = String::with_capacity(16);
        for byte in hash.finalize().iter().take(8) {
            let _ = write!(text, "{byte:02x}");
        }
        Some(text)
    }
}

/// A field with its 16-bit length in front, and what follows it.
fn counted(value: &[u8]) -> Option<(&[u8], &[u8])> {
    value.get(2..)?.split_at_checked(usize::from(be16(value, 0)?))
}

/// Items and sub-items: type, reserved, 16-bit length, value. PS3.8 9.3.2.
struct Items<'a> {
    rest: &'a [u8],
    /// The last one, if it is longer than what there is: its type and the beginning of its value.
    unfinished: Option<(u8, &'a [u8])>,
}

impl<'a> Items<'a> {
    fn of(bytes: &'a [u8]) -> Items<'a> {
        Items {
            rest: bytes,
            unfinished: None,
        }
    }
}

impl<'a> Iterator for Items<'a> {
    type Item = (u8, &'a [u8]);

    fn next(&mut self) -> Option<(u8, &'a [u8])> {
        let kind = *self.rest.first()?;
        match self.rest.get(2..).and_then(counted) {
            Some((value, rest)) => {
                self.rest = rest;
                Some((kind, value))
            }
            None => {
                self.unfinished = Some((kind, self.rest.get(4..).unwrap_or_default()));
                self.rest = &[];
                None
            }
        }
    }
}
