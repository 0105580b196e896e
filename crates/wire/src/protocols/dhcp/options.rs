//! Options of a DHCP message. RFC 2132; the same option more than once is one long option (RFC 3396).

use std::borrow::Cow;

use crate::hostname::host;
use crate::product::class;

pub const HOST_NAME: u8 = 12;
pub const DOMAIN: u8 = 15;
pub const REQUESTED_ADDRESS: u8 = 50;
pub const LEASE_TIME: u8 = 51;
const OVERLOAD: u8 = 52;
pub const MESSAGE_TYPE: u8 = 53;
pub const SERVER: u8 = 54;
pub const PARAMETERS: u8 = 55;
pub const VENDOR_CLASS: u8 = 60;
pub const CLIENT_ID: u8 = 61;
pub const USER_CLASS: u8 = 77;
pub const CLIENT_FQDN: u8 = 81;
pub const RELAY_AGENT: u8 = 82;
const PAD: u8 = 0;
const END: u8 = 255;

/// The options in the order sent.
pub struct Options<'a> {
    all: Vec<(u8, &'a [u8])>,
    pub malformed: Option<&'static str>,
}

impl<'a> Options<'a> {
    /// `file` and `sname` are read only where option 52 says that options go on there. RFC 2132 9.3, RFC 2131 4.1.
    pub fn parse(field: &'a [u8], file: &'a [u8], sname: &'a [u8]) -> Options<'a> {
        let mut options = Options {
            all: Vec::new(),
            malformed: None,
        };
        options.read(field);
        let overload = options.get(OVERLOAD).and_then(|value| value.first().copied()).unwrap_or(0);
        if overload & 1 != 0 {
            options.read(file);
        }
        if overload & 2 != 0 {
            options.read(sname);
        }
        options
    }

    fn read(&mut self, mut field: &'a [u8]) {
        while let Some((&code, rest)) = field.split_first() {
            field = rest;
            match code {
                PAD => continue,
                END => return,
                _ => {}
            }
            let parts = rest
                .split_first()
                .and_then(|(&length, rest)| rest.split_at_checked(usize::from(length)));
            let Some((value, next)) = parts else {
                // Nor is what came of it before the whole (RFC 3396).
                self.all.retain(|(found, _)| *found != code);
                self.malformed = Some("option");
                return;
            };
            self.all.push((code, value));
            field = next;
        }
    }

    /// The value of an option.
    pub fn get(&self, code: u8) -> Option<Cow<'a, [u8]>> {
        let mut parts = self.all.iter().filter(|(found, _)| *found == code).map(|&(_, value)| value);
        let first = parts.next()?;
        let mut value = Cow::Borrowed(first);
        for part in parts {
            value.to_mut().extend_from_slice(part);
        }
        Some(value)
    }
}

/// RFC 2132 9.6, RFC 3203, RFC 4388.
pub fn message_type(value: u8) -> Option<&'static str> {
    Some(match value {
        1 => "DISCOVER",
        2 => "OFFER",
        3 => "REQUEST",
        4 => "DECLINE",
        5 => "ACK",
        6 => "NAK",
        7 => "RELEASE",
        8 => "INFORM",
        9 => "FORCERENEW",
        10 => "LEASEQUERY",
        11 => "LEASEUNASSIGNED",
        12 => "LEASEUNKNOWN",
        13 => "LEASEACTIVE",
        _ => return None,
    })
}

/// Flags, two result codes, and the name as text or (flag E) in the form of RFC 1035. RFC 4702 2.1.
pub fn fqdn(value: &[u8]) -> Option<String> {
    const ENCODED: u8 = 4;
    let name = value.get(3..)?;
    if value.first()? & ENCODED == 0 {
        return host(name);
    }
    parts(name).and_then(|labels| host(&labels.join(&b'.')))
}

/// Classes with their length in front (RFC 3004 section 4), or plain text as Windows sends it.
pub fn user_class(value: &[u8]) -> Option<String> {
    const UNKNOWN: &str = "{}";
    let joined = parts(value).map(|classes| classes.join(&b','));
    let text = joined.as_deref().unwrap_or(value);
    let blank = text.iter().all(|b| matches!(b, 0 | b' ' | b','));
    (!blank).then(|| class(text).unwrap_or_else(|| UNKNOWN.to_owned()))
}

/// Byte strings with their length in front, up to an empty one; `None` if they do not fit.
fn parts(mut bytes: &[u8]) -> Option<Vec<&[u8]>> {
    let mut found = Vec::new();
    while let Some((&length, rest)) = bytes.split_first().filter(|(&length, _)| length > 0) {
        let (part, next) = rest.split_at_checked(usize::from(length))?;
        found.push(part);
        bytes = next;
    }
    Some(found)
}
