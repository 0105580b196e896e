//! Segments and their fields: delimiters as the message declares them, fields found by position, nothing copied.
//!
//! HL7 v2.5.1 chapter 2: 2.5 (message construction), 2.7 (escape sequences), 2.15.9 (MSH); the encoding characters may be any
//! printable ones, so every message is cut with its own.

use std::borrow::Cow;

use crate::limits;
use crate::text;

/// MLLP: what frames a message.
pub const START_BLOCK: u8 = 0x0B;
pub const END_BLOCK: u8 = 0x1C;

/// Whether a segment ends here: CR, or LF as some systems write it, or a block character.
pub fn segment_ends(b: u8) -> bool {
    (b == b'\r') | (b == b'\n') | (b == END_BLOCK) | (b == START_BLOCK)
}

/// MSH-1 and MSH-2: what separates fields, components, repetitions and subcomponents, and what escapes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delimiters {
    pub field: u8,
    pub component: u8,
    pub repetition: u8,
    pub escape: u8,
}

/// Longest MSH-2: component, repetition, escape, subcomponent and (since v2.7) truncation character.
pub const ENCODING_CHARACTERS: usize = 5;

impl Default for Delimiters {
    /// The recommended ones (2.5.4).
    fn default() -> Self {
        Delimiters {
            field: b'|',
            component: b'^',
            repetition: b'~',
            escape: b'\\',
        }
    }
}

/// What the head of a segment that declares delimiters (MSH, FHS, BHS) says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Head {
    Declares(Delimiters),
    /// More bytes are needed to tell.
    Short,
    /// These are no delimiters.
    Wrong,
}

/// Reads MSH-1 and MSH-2 of a segment shown from its name on.
pub fn head(segment: &[u8]) -> Head {
    let Some(&field) = segment.get(3) else { return Head::Short };
    if !field.is_ascii_punctuation() {
        return Head::Wrong;
    }
    let rest = segment.get(4..).unwrap_or_default();
    let end = rest
        .iter()
        .take(ENCODING_CHARACTERS.saturating_add(1))
        .position(|b| !b.is_ascii_punctuation() || *b == field);
    match end {
        None if rest.len() <= ENCODING_CHARACTERS => Head::Short,
        Some(n) if n > 0 && rest.get(n) == Some(&field) => {
            // A character that is not declared never matches: 0 stands in no segment.
            let declared = |at: usize| if at < n { rest.get(at).copied().unwrap_or(0) } else { 0 };
            Head::Declares(Delimiters {
                field,
                component: declared(0),
                repetition: declared(1),
                escape: declared(2),
            })
        }
        _ => Head::Wrong,
    }
}

/// Whether a segment of this name declares the delimiters.
pub fn declares(name: &[u8]) -> bool {
    matches!(name, b"MSH" | b"FHS" | b"BHS")
}

/// The name of the segment that `line` is, or `None` if it is none: three letters or digits, the first a letter, then a field separator. A line
/// of three letters alone is text that went astray, a first name perhaps.
pub fn name(line: &[u8], field: u8) -> Option<[u8; 3]> {
    let name: [u8; 3] = line.get(..3)?.try_into().ok()?;
    let rest = name.iter().skip(1).all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
    (name.first().is_some_and(u8::is_ascii_uppercase) && rest && line.get(3) == Some(&field)).then_some(name)
}

/// One segment and the delimiters it is cut with.
#[derive(Clone, Copy, Debug)]
pub struct Segment<'a> {
    pub line: &'a [u8],
    pub by: Delimiters,
    /// Its end was not kept: the last field that is there is not whole.
    pub cut: bool,
}

impl<'a> Segment<'a> {
    /// The field of this number; of MSH, FHS and BHS use [`header`](Self::header).
    pub fn field(&self, number: usize) -> Option<&'a [u8]> {
        self.fields().nth(number).filter(|f| !f.is_empty())
    }

    /// The whole fields from 0 (the name) on, empty ones too; cheaper than [`field`](Self::field) for many.
    pub fn fields(&self) -> impl Iterator<Item = &'a [u8]> {
        let field = self.by.field;
        let last = if self.cut {
            self.line.iter().rposition(|b| *b == field)
        } else {
            None
        };
        let whole = match last {
            Some(end) => self.line.get(..end).unwrap_or_default(),
            None if self.cut => &[],
            None => self.line,
        };
        text::pieces(whole, field)
    }

    /// Where the first fields are, found at once.
    pub fn cut_up(&self) -> Fields<'a> {
        let (ends, separators) = text::places(self.line, self.by.field);
        Fields {
            line: self.line,
            ends,
            separators,
            cut: self.cut,
        }
    }

    /// The field of this number of a segment whose first field is the separator itself.
    pub fn header(&self, number: usize) -> Option<&'a [u8]> {
        self.field(number.checked_sub(1)?)
    }

    /// Whether there are fields up to this number: one fast look at segments that are mostly shorter.
    pub fn reaches(&self, number: usize) -> bool {
        text::count(self.line, self.by.field) >= number
    }

    /// The first repetition of a field.
    pub fn first<'f>(&self, field: &'f [u8]) -> &'f [u8] {
        self.repetitions(field).next().unwrap_or_default()
    }

    pub fn repetitions<'f>(&self, field: &'f [u8]) -> impl Iterator<Item = &'f [u8]> {
        text::pieces(field, self.by.repetition)
    }

    /// The component of this number, from 1, of a field's first repetition; `None` if empty, or null (`""`, 2.5.3: delete what you hold).
    pub fn component<'f>(&self, field: &'f [u8], number: usize) -> Option<&'f [u8]> {
        let (component, repetition) = (self.by.component, self.by.repetition);
        let mut rest = field;
        for left in (0..number).rev() {
            let end = rest
                .iter()
                .position(|b| (*b == component) | (*b == repetition))
                .unwrap_or(rest.len());
            let (this, next) = rest.split_at_checked(end)?;
            if left == 0 {
                return Some(this).filter(|c| !matches!(*c, b"" | b"\"\""));
            }
            // Nothing more stands in the first repetition.
            rest = next.strip_prefix(&[component])?;
        }
        None
    }

    /// An identifier with its escape sequences (2.7.1) undone, so that its pseudonym is that of the id itself.
    pub fn unescaped<'f>(&self, id: &'f [u8]) -> Cow<'f, [u8]> {
        if self.by.escape == 0 || !id.contains(&self.by.escape) {
            return Cow::Borrowed(id);
        }
        let mut plain = Vec::with_capacity(id.len());
        let mut parts = id.split(|b| *b == self.by.escape);
        plain.extend_from_slice(parts.next().unwrap_or_default());
        while let Some(sequence) = parts.next() {
            match sequence {
                b"F" => plain.push(self.by.field),
                b"S" => plain.push(self.by.component),
                b"T" => plain.push(b'&'),
                b"R" => plain.push(self.by.repetition),
                b"E" => plain.push(self.by.escape),
                other => plain.extend_from_slice(other),
            }
            plain.extend_from_slice(parts.next().unwrap_or_default());
        }
        Cow::Owned(plain)
    }
}

/// The first [`limits::HL7_FIELDS`] fields of a segment.
pub struct Fields<'a> {
    line: &'a [u8],
    ends: [u32; limits::HL7_FIELDS],
    separators: usize,
    cut: bool,
}

impl<'a> Fields<'a> {
    /// The line up to the field of this number, if there is one.
    pub fn before(&self, number: usize) -> Option<&'a [u8]> {
        let separator = self.ends.get(..self.separators)?.get(number.checked_sub(1)?)?;
        self.line.get(..=*separator as usize)
    }

    /// The field of this number, 0 the name, empty ones too; `None` if there is none or not all of it.
    pub fn whole(&self, number: usize) -> Option<&'a [u8]> {
        let separator = |number: usize| self.ends.get(number).map(|at| *at as usize);
        let from = match number.checked_sub(1) {
            Some(before) if before < self.separators => separator(before)?.saturating_add(1),
            Some(_) => return None,
            None => 0,
        };
        if number < self.separators {
            self.line.get(from..separator(number)?)
        } else if self.cut || number == limits::HL7_FIELDS {
            None
        } else {
            self.line.get(from..)
        }
    }

    /// The field of this number if anything stands in it.
    pub fn get(&self, number: usize) -> Option<&'a [u8]> {
        self.whole(number).filter(|field| !field.is_empty())
    }
}

/// `bytes` as a short code: letters, digits and `extra`, at most `length`; anything else is not the code it should be.
pub fn token<'a>(bytes: &'a [u8], length: usize, extra: &[u8]) -> Option<&'a str> {
    let sane = !bytes.is_empty() && bytes.len() <= length && bytes.iter().all(|b| b.is_ascii_alphanumeric() || extra.contains(b));
    if sane {
        std::str::from_utf8(bytes).ok()
    } else {
        None
    }
}

/// `bytes` as a code of a table: at most `most` characters, all of which are `allowed`.
pub fn code(bytes: &[u8], allowed: impl Fn(&u8) -> bool, most: usize) -> Option<&[u8]> {
    let sane = !bytes.is_empty() && bytes.len() <= most && bytes.iter().all(allowed);
    sane.then_some(bytes)
}

/// Whether a text names character sets as table 0211 does.
pub fn is_charset(text: &str) -> bool {
    const KNOWN: &[&str] = &["ASCII", "8859", "ISO", "UNICODE", "UTF", "GB", "BIG", "KS X", "CNS", "JAS", "ANSI"];
    text.split('~')
        .all(|one| one.is_empty() || KNOWN.iter().any(|known| one.starts_with(known) && one.len() <= 20))
}

/// `bytes` as text of at most `length` characters.
pub fn short(bytes: &[u8], length: usize) -> Option<Cow<'_, str>> {
    let text = text::clean(bytes)?;
    Some(match text.char_indices().nth(length) {
        Some((end, _)) => Cow::Owned(text.get(..end).unwrap_or_default().to_owned()),
        None => text,
    })
}

/// MSH-7 as microseconds since 1970: `YYYYMMDD[HH[MM[SS[.S[S[S[S]]]]]]][+/-ZZZZ]` (2.A.22 DTM); without an offset it is read as UTC.
pub fn time(bytes: &[u8]) -> Option<i64> {
    let zone = text::first(bytes, b'+').or_else(|| text::first(bytes, b'-')).unwrap_or(bytes.len());
    let (local, offset) = bytes.split_at_checked(zone)?;
    let point = text::first(local, b'.').unwrap_or(local.len());
    let (whole, fraction) = local.split_at_checked(point)?;
    let fraction = fraction.get(1..).unwrap_or_default();
    if !(8..=14).contains(&whole.len()) || whole.len() % 2 != 0 || fraction.len() > 6 {
        return None;
    }
    let part = |from: usize, to: usize| whole.get(from..to).map_or(Some(0), number);
    let (year, month, day) = (part(0, 4)?, part(4, 6)?, part(6, 8)?);
    let (hour, minute, second) = (part(8, 10)?, part(10, 12)?, part(12, 14)?);
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let minutes = days(year, month, day)?
        .checked_mul(1440)?
        .checked_add(hour.checked_mul(60)?)?
        .checked_add(minute)?
        .checked_sub(minutes_east(offset)?)?;
    let missing = u32::try_from(fraction.len()).ok().and_then(|n| 6u32.checked_sub(n))?;
    let micros = number(fraction)?.checked_mul(10i64.checked_pow(missing)?)?;
    minutes
        .checked_mul(60)?
        .checked_add(second)?
        .checked_mul(1_000_000)?
        .checked_add(micros)
}

/// `+ZZZZ` or `-ZZZZ`, hours and minutes; nothing is UTC.
fn minutes_east(offset: &[u8]) -> Option<i64> {
    let Some((sign, digits)) = offset.split_first() else {
        return Some(0);
    };
    let (hours, minutes) = digits.split_at_checked(2).filter(|(_, minutes)| minutes.len() == 2)?;
    let east = number(hours)?.checked_mul(60)?.checked_add(number(minutes)?)?;
    Some(if *sign == b'-' { east.checked_neg()? } else { east })
}

/// The number that `digits`, at most six, are; 0 for none.
fn number(digits: &[u8]) -> Option<i64> {
    digits.iter().try_fold(0i64, |n, b| {
        let digit = b.is_ascii_digit().then(|| i64::from(b & 15))?;
        Some(n.wrapping_mul(10).wrapping_add(digit))
    })
}

/// Days from 1970-01-01 in the Gregorian calendar, by years that begin in March.
fn days(year: i64, month: i64, day: i64) -> Option<i64> {
    let (year, month) = if month <= 2 {
        (year.checked_sub(1)?, month.checked_add(9)?)
    } else {
        (year, month.checked_sub(3)?)
    };
    let leap = year
        .div_euclid(4)
        .checked_sub(year.div_euclid(100))?
        .checked_add(year.div_euclid(400))?;
    let before = month.checked_mul(153)?.checked_add(2)?.div_euclid(5);
    year.checked_mul(365)?
        .checked_add(leap)?
        .checked_add(before)?
        .checked_add(day)?
        .checked_sub(719_469)
}
