//! One message: header, questions, records. RFC 1035 section 4.
//!
//! Compression pointers (4.1.4) only lead backwards and a name ends at 255 bytes, so no message can keep the reader in a loop.

use std::borrow::Cow;

use crate::hostname;
use crate::limits;
use crate::text;

pub const HEAD: usize = 12;

/// Longest name on the wire. RFC 1035 2.3.4.
const NAME: usize = 255;

/// The header. RFC 1035 4.1.1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Head {
    pub id: u16,
    pub flags: u16,
    pub questions: u16,
    pub answers: u16,
    pub authorities: u16,
    pub additional: u16,
}

impl Head {
    pub fn parse(bytes: &[u8]) -> Option<Head> {
        let word = |n: usize| number(bytes, n);
        Some(Head {
            id: word(0)?,
            flags: word(2)?,
            questions: word(4)?,
            answers: word(6)?,
            authorities: word(8)?,
            additional: word(10)?,
        })
    }

    pub fn is_response(&self) -> bool {
        self.flags & 0x8000 != 0
    }

    pub fn opcode(&self) -> u16 {
        self.flags >> 11 & 15
    }
}

/// A question, by where its name stands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Question {
    pub name: usize,
    pub kind: u16,
    pub class: u16,
}

/// A resource record, by where its name and data stand. RFC 1035 4.1.3.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Record<'a> {
    pub name: usize,
    pub kind: u16,
    pub class: u16,
    pub ttl: u32,
    /// Where the data begin in the message: names in them may point back.
    pub at: usize,
    pub data: &'a [u8],
}

/// A message taken apart; what follows a fault is left out.
#[derive(Debug)]
pub struct Message<'a> {
    pub bytes: &'a [u8],
    pub head: Head,
    pub questions: Vec<Question>,
    pub answers: Vec<Record<'a>>,
    pub additional: Vec<Record<'a>>,
    pub malformed: Option<&'static str>,
    /// The capture does not hold all of it.
    pub cut: bool,
    /// How many bytes it took.
    pub length: usize,
}

impl<'a> Message<'a> {
    /// `None` if there is no header.
    pub fn parse(bytes: &'a [u8]) -> Option<Message<'a>> {
        let head = Head::parse(bytes)?;
        let mut message = Message {
            bytes,
            head,
            questions: Vec::new(),
            answers: Vec::new(),
            additional: Vec::new(),
            malformed: None,
            cut: false,
            length: HEAD,
        };
        message.malformed = message.sections().err();
        Some(message)
    }

    /// The same of the first bytes of a message, all that the capture holds: that they end too early is no fault of the sender's.
    pub fn parse_cut(bytes: &'a [u8]) -> Option<Message<'a>> {
        let mut message = Message::parse(bytes)?;
        (message.malformed, message.cut) = (None, true);
        Some(message)
    }

    /// What is wrong with it, names that cannot be followed included: a pointer in them does not lead backwards.
    pub fn fault(&self) -> Option<&'static str> {
        let mut questions = self.questions.iter().map(|question| question.name);
        let mut records = self.answers.iter().chain(&self.additional).map(|record| record.name);
        let broken = |at: usize| walk(self.bytes, at, |_| {}).is_none();
        self.malformed
            .or_else(|| questions.any(broken).then_some("question name"))
            .or_else(|| records.any(broken).then_some("record name"))
    }

    fn sections(&mut self) -> Result<(), &'static str> {
        for _ in 0..self.head.questions {
            let (question, end) = question(self.bytes, self.length).ok_or("question")?;
            self.length = end;
            keep(&mut self.questions, question);
        }
        for _ in 0..self.head.answers {
            let record = self.record().ok_or("answer record")?;
            keep(&mut self.answers, record);
        }
        for _ in 0..self.head.authorities {
            self.record().ok_or("authority record")?;
        }
        for _ in 0..self.head.additional {
            let record = self.record().ok_or("additional record")?;
            keep(&mut self.additional, record);
        }
        Ok(())
    }

    fn record(&mut self) -> Option<Record<'a>> {
        let name = self.length;
        let fixed = skip_name(self.bytes, name)?;
        let high = number(self.bytes, fixed.checked_add(4)?)?;
        let low = number(self.bytes, fixed.checked_add(6)?)?;
        let length = usize::from(number(self.bytes, fixed.checked_add(8)?)?);
        let at = fixed.checked_add(10)?;
        let end = at.checked_add(length)?;
        let data = self.bytes.get(at..end)?;
        self.length = end;
        let (kind, class) = (number(self.bytes, fixed)?, number(self.bytes, fixed.checked_add(2)?)?);
        Some(Record {
            name,
            kind,
            class,
            ttl: u32::from(high) << 16 | u32::from(low),
            at,
            data,
        })
    }
}

/// A list cell holds no more than [`limits::LIST`].
fn keep<T>(list: &mut Vec<T>, item: T) {
    if list.len() < limits::LIST {
        list.push(item);
    }
}

fn question(bytes: &[u8], at: usize) -> Option<(Question, usize)> {
    let fixed = skip_name(bytes, at)?;
    let second = fixed.checked_add(2)?;
    let question = Question {
        name: at,
        kind: number(bytes, fixed)?,
        class: number(bytes, second)?,
    };
    Some((question, second.checked_add(2)?))
}

pub fn number(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..)?.first_chunk().copied().map(u16::from_be_bytes)
}

/// Where the name that begins at `at` ends in the message; `None` if it is cut or too long.
fn skip_name(bytes: &[u8], at: usize) -> Option<usize> {
    let mut here = at;
    loop {
        let length = *bytes.get(here)?;
        here = here.checked_add(1)?;
        match length {
            0 => return Some(here),
            1..=63 => here = here.checked_add(usize::from(length))?,
            192.. => return here.checked_add(1).filter(|&end| end <= bytes.len()),
            _ => return None,
        }
        if here.saturating_sub(at) > NAME {
            return None;
        }
    }
}

/// Shows each label of the name that begins at `at`; `None` if it is cut, too long or its pointers do not lead backwards or are too many.
fn walk<'a>(bytes: &'a [u8], at: usize, mut each: impl FnMut(&'a [u8])) -> Option<()> {
    let (mut here, mut floor, mut length) = (at, at, 0usize);
    let mut pointers = 0usize;
    loop {
        let head = *bytes.get(here)?;
        match head {
            0 => return Some(()),
            1..=63 => {
                let start = here.checked_add(1)?;
                let end = start.checked_add(usize::from(head))?;
                each(bytes.get(start..end)?);
                length = length.checked_add(usize::from(head))?.checked_add(1)?;
                here = end;
            }
            192.. => {
                here = usize::from(number(bytes, here)? & 0x3fff);
                pointers = pointers.saturating_add(1);
                if here >= floor || pointers > limits::DNS_POINTERS {
                    return None;
                }
                floor = here;
            }
            _ => return None,
        }
        if length > NAME {
            return None;
        }
    }
}

/// Room for the labels of a name: hardly any has more.
const LABELS: usize = 8;

/// The labels of a name, as [`walk`] shows them.
pub fn labels(bytes: &[u8], at: usize) -> Option<Vec<&[u8]>> {
    let mut labels = Vec::with_capacity(LABELS);
    walk(bytes, at, |label| labels.push(label))?;
    Some(labels)
}

/// A name as text, without the names of people. The root is `.`; in a DNS-SD name all before the service type is one `*`: people name
/// instances (RFC 6763 4.1.1).
pub fn name(bytes: &[u8], at: usize) -> Option<String> {
    let labels = labels(bytes, at)?;
    let service = labels.iter().position(|label| label.first() == Some(&b'_'));
    let mut joined: Vec<u8> = Vec::new();
    if service.is_some_and(|n| n > 0) {
        joined.push(b'*');
    }
    for label in labels.get(service.unwrap_or(0)..).unwrap_or_default() {
        if !joined.is_empty() {
            joined.push(b'.');
        }
        joined.extend_from_slice(label);
    }
    Some(hostname::host(&joined).unwrap_or_else(|| ".".to_owned()))
}

/// The service type in a name: `_ipp._tcp`. RFC 6763 section 7.
pub fn service(bytes: &[u8], at: usize) -> Option<String> {
    let labels = labels(bytes, at)?;
    let last = labels
        .iter()
        .rposition(|label| label.eq_ignore_ascii_case(b"_tcp") || label.eq_ignore_ascii_case(b"_udp"))?;
    let kind = labels.get(last.checked_sub(1)?)?;
    let joined = [kind, &b"."[..], labels.get(last)?].concat();
    kind.starts_with(b"_").then(|| text::clean(&joined).map(Cow::into_owned)).flatten()
}
