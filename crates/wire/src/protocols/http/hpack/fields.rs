//! The fields of a header block that are wanted, as the heads of all versions of HTTP have them. RFC 9113 8.

use crate::exploits::{self, Signs};
use crate::limits;
use crate::protocols::http::head::{known_method, Head, Start};

/// Names whose values matter; of all others not even the name is kept.
const WANTED: [&str; 16] = [
    ":method",
    ":path",
    ":authority",
    ":status",
    ":scheme",
    "host",
    "user-agent",
    "referer",
    "authorization",
    "accept",
    "content-type",
    "content-encoding",
    "content-disposition",
    "content-range",
    "content-length",
    "server",
];
const PSEUDO: usize = 5;

/// What a name is to us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Name {
    Wanted(usize),
    Other,
    /// It stood in what was not seen.
    Unknown,
}

impl Name {
    pub fn of(name: &[u8]) -> Name {
        WANTED
            .iter()
            .position(|wanted| wanted.as_bytes() == name)
            .map_or(Name::Other, Name::Wanted)
    }
}

/// The first value of each wanted field.
#[derive(Debug, Default)]
pub struct Fields {
    values: [Option<Box<[u8]>>; WANTED.len()],
    /// Bytes of all fields as RFC 9113 6.5.2 counts them.
    size: usize,
    plain: bool,
    signs: Signs,
    /// Not all is known: what stands in the table was not seen, or the block was not seen to its end.
    pub cut: bool,
    pub malformed: Option<&'static str>,
}

impl Fields {
    /// One more; says whether there may be more still. Without a value: it is not known.
    pub fn add(&mut self, name: Name, value: Option<&[u8]>, length: usize) -> bool {
        self.size = self.size.saturating_add(length);
        self.signs.join(value.map(exploits::of_text).unwrap_or_default());
        match (name, value) {
            (Name::Unknown, _) | (Name::Wanted(_), None) => self.cut = true,
            (Name::Other, _) => self.plain = true,
            (Name::Wanted(nth), Some(value)) => {
                let pseudo = nth < PSEUDO;
                if let Some(slot) = self.values.get_mut(nth) {
                    // RFC 9113 8.3: each once, before all others.
                    if pseudo && (self.plain || slot.is_some()) {
                        self.malformed = Some("header");
                    }
                    slot.get_or_insert_with(|| value.into());
                }
                self.plain |= !pseudo;
            }
        }
        self.size <= limits::HTTP2_FIELDS
    }

    fn value(&self, name: &str) -> Option<&[u8]> {
        let nth = WANTED.iter().position(|wanted| *wanted == name)?;
        self.values.get(nth)?.as_deref()
    }

    pub fn head(&self) -> Head<'_> {
        let mut head = Head {
            start: self.start(),
            version: Some("2"),
            cut: self.cut,
            ..Head::default()
        };
        for (name, value) in WANTED.iter().zip(&self.values).skip(PSEUDO) {
            if let Some(value) = value {
                head.field(name.as_bytes(), value);
            }
        }
        if let Start::Request { target, .. } = head.start {
            head.signs = self.signs;
            head.signs.join(target.map(exploits::of_target).unwrap_or_default());
        }
        head.host = self.value(":authority").or(head.host);
        head.malformed = self.malformed.or(head.malformed);
        if let Start::Request { target: None, .. } = head.start {
            head.malformed = head.malformed.or((!self.cut).then_some("header"));
        }
        head
    }

    /// RFC 9113 8.3.1, 8.3.2, 8.5.
    fn start(&self) -> Start<'_> {
        if let Some(verb) = self.value(":method") {
            let method = known_method(verb);
            let target = if method == Some("CONNECT") { ":authority" } else { ":path" };
            return Start::Request {
                method,
                target: self.value(target),
            };
        }
        match self.value(":status") {
            Some([a @ b'1'..=b'5', b @ b'0'..=b'9', c @ b'0'..=b'9']) => {
                let digit = |d: &u8| u16::from(d.saturating_sub(b'0'));
                let status = digit(a).saturating_mul(100).saturating_add(digit(b).saturating_mul(10));
                Start::Response {
                    status: status.saturating_add(digit(c)),
                    reason: b"",
                }
            }
            _ => Start::Neither,
        }
    }
}
