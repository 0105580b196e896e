//! What is wanted of a data set: the few elements that identify equipment, patient and study; of a query also which keys it asks and how.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::LazyLock;

use flate2::{Decompress, FlushDecompress, Status};

use super::uids::Encoding;
use super::walker::{Element, Visitor, Walker, Wish};
use crate::charset::Charset;
use crate::exploits::{self, Signs};
use crate::limits;
use crate::protocols::personal::Personal;

pub const SPECIFIC_CHARACTER_SET: u32 = 0x0008_0005;
pub const SOP_CLASS_UID: u32 = 0x0008_0016;
pub const SOP_INSTANCE_UID: u32 = 0x0008_0018;
pub const ACCESSION_NUMBER: u32 = 0x0008_0050;
pub const QUERY_RETRIEVE_LEVEL: u32 = 0x0008_0052;
pub const MODALITY: u32 = 0x0008_0060;
pub const MANUFACTURER: u32 = 0x0008_0070;
pub const INSTITUTION_NAME: u32 = 0x0008_0080;
pub const STATION_NAME: u32 = 0x0008_1010;
pub const MANUFACTURER_MODEL_NAME: u32 = 0x0008_1090;
pub const PATIENT_ID: u32 = 0x0010_0020;
const PATIENT_NAME: u32 = 0x0010_0010;
const PATIENT_BIRTH_DATE: u32 = 0x0010_0030;
const OTHER_PATIENT_IDS: u32 = 0x0010_1000;
const OTHER_PATIENT_NAMES: u32 = 0x0010_1001;
const OTHER_PATIENT_IDS_SEQUENCE: u32 = 0x0010_1002;
const PATIENT_BIRTH_NAME: u32 = 0x0010_1005;
pub const DEVICE_SERIAL_NUMBER: u32 = 0x0018_1000;
pub const DEVICE_UID: u32 = 0x0018_1002;
pub const SOFTWARE_VERSIONS: u32 = 0x0018_1020;
pub const STUDY_INSTANCE_UID: u32 = 0x0020_000D;

const WANTED: [u32; 15] = [
    SPECIFIC_CHARACTER_SET,
    SOP_CLASS_UID,
    SOP_INSTANCE_UID,
    ACCESSION_NUMBER,
    QUERY_RETRIEVE_LEVEL,
    MODALITY,
    MANUFACTURER,
    INSTITUTION_NAME,
    STATION_NAME,
    MANUFACTURER_MODEL_NAME,
    PATIENT_ID,
    DEVICE_SERIAL_NUMBER,
    DEVICE_UID,
    SOFTWARE_VERSIONS,
    STUDY_INSTANCE_UID,
];

/// Whether it names the patient or the order: to be compared with, not to be kept.
fn is_personal(tag: u32) -> bool {
    matches!(
        tag,
        ACCESSION_NUMBER | PATIENT_NAME | PATIENT_ID | PATIENT_BIRTH_DATE | OTHER_PATIENT_IDS | OTHER_PATIENT_NAMES | PATIENT_BIRTH_NAME
    )
}

/// What a data set is read for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// It describes something.
    Object,
    /// Its values are matching keys. PS3.4 C.2.2.2.
    Query,
}

/// What was found. Of values that are not wanted nothing is kept.
#[derive(Default)]
pub struct Found {
    bytes: Vec<u8>,
    places: Vec<(u32, Range<usize>)>,
    /// `keyword:kind`; keys within a sequence as `sequence.keyword:kind`.
    pub keys: Vec<String>,
    /// What it tells of its patient.
    pub personal: Personal,
    pub signs: Signs,
    pub malformed: Option<&'static str>,
}

impl Found {
    pub fn get(&self, tag: u32) -> Option<&[u8]> {
        let (_, place) = self.places.iter().find(|(t, _)| *t == tag)?;
        self.bytes.get(place.clone())
    }

    pub fn clear(&mut self) {
        self.bytes.clear();
        self.places.clear();
        self.keys.clear();
        self.personal.clear();
        self.signs = Signs::default();
        self.malformed = None;
    }

    /// How the texts of the data set are written.
    pub fn charset(&self) -> Charset {
        self.get(SPECIFIC_CHARACTER_SET).map(Charset::dicom).unwrap_or_default()
    }

    /// Takes what identifies the patient and the order from an element: the words of names, in all component groups and components (PS3.5 6.2.1),
    /// ids without their issuers, of dates of birth the date. In a query wild cards and ranges stand between them, too.
    fn person(&mut self, tag: u32, value: &[u8]) {
        let text = self.charset().decode(value);
        let padding = |c: char| c.is_whitespace() || c.is_control();
        let between: &[char] = match tag {
            PATIENT_NAME | OTHER_PATIENT_NAMES | PATIENT_BIRTH_NAME => &['\\', '=', '^', ' ', ',', '*', '?'],
            PATIENT_BIRTH_DATE => &['\\', '-'],
            _ => &['\\', '*', '?'],
        };
        for part in text.split(between) {
            let part = match tag {
                PATIENT_BIRTH_DATE => part.get(..8).unwrap_or(part),
                PATIENT_ID | OTHER_PATIENT_IDS => part.split('^').next().unwrap_or_default(),
                _ => part,
            };
            self.personal.add(part.trim_matches(padding).as_bytes());
        }
    }

    fn put(&mut self, tag: u32, value: &[u8]) {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(value);
        self.places.push((tag, start..self.bytes.len()));
    }
}

/// The head of one data set, read as its fragments come.
pub struct DataSet {
    walker: Walker,
    purpose: Purpose,
    inflate: Option<Box<Decompress>>,
}

impl DataSet {
    pub fn new(encoding: Encoding, purpose: Purpose) -> DataSet {
        let inflate = (encoding == Encoding::Deflated).then(|| Box::new(Decompress::new(false)));
        DataSet {
            walker: Walker::new(encoding),
            purpose,
            inflate,
        }
    }

    /// Bytes were lost or nothing more is wanted.
    pub fn stop(&mut self) {
        self.walker.stop();
        self.inflate = None;
    }

    /// How many of the next bytes need not be shown; those that are not are told to [`passed`](Self::passed).
    pub fn ahead(&self) -> u64 {
        if self.inflate.is_some() {
            0
        } else {
            self.walker.ahead()
        }
    }

    pub fn passed(&mut self, count: u64) {
        self.walker.passed(count);
    }

    pub fn push(&mut self, bytes: &[u8], found: &mut Found) {
        let mut head = Head {
            purpose: self.purpose,
            found,
        };
        match self.inflate.take() {
            None => self.walker.push(bytes, &mut head),
            Some(inflate) => self.inflated(inflate, bytes, &mut head),
        }
    }

    /// PS3.5 A.5: the whole data set is one stream of RFC 1951.
    fn inflated(&mut self, mut inflate: Box<Decompress>, mut bytes: &[u8], head: &mut Head<'_>) {
        let mut window = [0u8; 4096];
        loop {
            let (read, written) = (inflate.total_in(), inflate.total_out());
            let status = inflate.decompress(bytes, &mut window, FlushDecompress::None);
            let used = usize::try_from(inflate.total_in().saturating_sub(read)).unwrap_or_default();
            let made = usize::try_from(inflate.total_out().saturating_sub(written)).unwrap_or_default();
            self.walker.push(window.get(..made).unwrap_or_default(), head);
            bytes = bytes.get(used..).unwrap_or_default();
            match status {
                Err(_) => return self.broken(head),
                Ok(Status::StreamEnd) => return self.walker.stop(),
                Ok(_) if self.walker.stopped() => return,
                Ok(_) if inflate.total_out() > limits::DICOM_INFLATED as u64 => return self.walker.stop(),
                Ok(_) if made < window.len() && (bytes.is_empty() || used == 0) => break,
                Ok(_) => {}
            }
        }
        self.inflate = Some(inflate);
    }

    fn broken(&mut self, head: &mut Head<'_>) {
        head.malformed("deflated data set does not inflate");
        self.walker.stop();
    }
}

struct Head<'f> {
    purpose: Purpose,
    found: &'f mut Found,
}

impl Visitor for Head<'_> {
    fn wish(&mut self, element: &Element) -> Wish {
        match self.purpose {
            // Elements stand in ascending order (PS3.5 7.1): after the last that is wanted comes nothing but the object itself.
            Purpose::Object if element.within == OTHER_PATIENT_IDS_SEQUENCE && element.tag == PATIENT_ID => Wish::Keep,
            Purpose::Object if element.depth > 0 => Wish::Pass,
            Purpose::Object if element.tag == OTHER_PATIENT_IDS_SEQUENCE && matches!(element.vr, None | Some([b'S', b'Q'])) => Wish::Enter,
            Purpose::Object if element.tag > STUDY_INSTANCE_UID => Wish::Stop,
            Purpose::Object if WANTED.contains(&element.tag) || is_personal(element.tag) => Wish::Keep,
            Purpose::Object => Wish::Pass,
            Purpose::Query => self.key(element),
        }
    }

    fn value(&mut self, element: &Element, value: &[u8]) {
        self.found.signs.join(exploits::of_field(value));
        let query = self.purpose == Purpose::Query;
        let kind = if query { matching(vr(element), value) } else { "value" };
        if query {
            self.asked(element, kind);
        }
        if is_personal(element.tag) {
            self.found.person(element.tag, value);
        }
        let single = kind == "value" || matches!(element.tag, QUERY_RETRIEVE_LEVEL | SPECIFIC_CHARACTER_SET);
        if !single || element.depth > 0 || !WANTED.contains(&element.tag) {
            return;
        }
        if plain(value) {
            self.found.put(element.tag, value);
        } else {
            self.malformed("control characters in an identifier");
        }
    }

    fn malformed(&mut self, reason: &'static str) {
        self.found.malformed = self.found.malformed.or(Some(reason));
    }
}

impl Head<'_> {
    /// Keys are asked by the query itself and by the items of its sequences (a work list asks for the station so); deeper ones are passed.
    fn key(&mut self, element: &Element) -> Wish {
        let length_of_group = element.tag & 0xFFFF == 0;
        if self.found.keys.len() >= limits::LIST {
            return Wish::Stop;
        }
        if length_of_group || !matches!(element.depth, 0 | 2) {
            return Wish::Pass;
        }
        let sequence = element.undefined() || vr(element) == Some(*b"SQ");
        if sequence && element.length > 0 {
            self.asked(element, "sequence");
            return if element.depth == 0 { Wish::Enter } else { Wish::Pass };
        }
        Wish::Keep
    }

    fn asked(&mut self, element: &Element, kind: &str) {
        let mut text = String::with_capacity(40);
        if element.depth > 0 {
            keyword(element.within, &mut text);
            text.push('.');
        }
        keyword(element.tag, &mut text);
        text.push(':');
        text.push_str(kind);
        self.found.keys.push(text);
    }
}

/// Whether a value is text of one line. All that is wanted is (PS3.5 6.2); what is not may have swallowed its neighbours by a length that
/// lies, and those can be a patient's.
pub fn plain(value: &[u8]) -> bool {
    let padding = value.iter().rev().take_while(|b| matches!(b, 0 | b' ')).count();
    let text = value.get(..value.len().saturating_sub(padding)).unwrap_or_default();
    text.iter().all(|&b| b >= b' ' && b != 0x7F || b == ESCAPE)
}

/// Begins the code extensions of ISO 2022 in text. PS3.5 6.1.2.5.
const ESCAPE: u8 = 0x1B;

/// What every item begins with, (FFFE,E000): how implicit VR shows that an unknown attribute is a sequence.
const ITEM: [u8; 4] = [0xFE, 0xFF, 0x00, 0xE0];

/// How a key is matched. PS3.4 C.2.2.2.
fn matching(vr: Option<[u8; 2]>, value: &[u8]) -> &'static str {
    let value = value.trim_ascii_end();
    let value = value.strip_suffix(&[0]).unwrap_or(value).trim_ascii();
    if vr.is_none() && value.starts_with(&ITEM) {
        return "sequence";
    }
    let has = |wanted: &[u8]| value.iter().any(|b| wanted.contains(b));
    let text = matches!(vr.as_ref(), Some(b"LT" | b"ST" | b"UT"));
    let numeric = !value.is_empty()
        && value
            .iter()
            .all(|b| b.is_ascii_digit() || matches!(b, b'.' | b':' | b'-' | b'+' | b' '));
    let range = match vr.as_ref() {
        Some(b"DA" | b"TM" | b"DT") => true,
        Some(_) => false,
        None => numeric,
    };
    let binary = matches!(
        vr.as_ref(),
        Some(b"US" | b"UL" | b"SS" | b"SL" | b"FL" | b"FD" | b"AT" | b"OB" | b"OW" | b"UN" | b"SV" | b"UV")
    );
    match value {
        [] => "universal",
        _ if binary => "value",
        _ if !text && has(b"\\") => "list",
        _ if has(b"*?") => "wildcard",
        _ if range && has(b"-") => "range",
        _ => "value",
    }
}

/// Keyword and VR of an attribute.
type Attribute = (&'static str, [u8; 2]);

/// The attributes that queries ask by. PS3.6 chapter 6.
static ATTRIBUTES: LazyLock<HashMap<u32, Attribute, ahash::RandomState>> = LazyLock::new(|| {
    let rows = include_str!("../../../data/query_keys.tsv")
        .lines()
        .filter(|line| !line.starts_with('#'));
    let row = |line: &'static str| {
        let mut cells = line.split('\t');
        let tag = u32::from_str_radix(cells.next()?, 16).ok()?;
        Some((tag, (cells.next()?, cells.next()?.as_bytes().first_chunk().copied()?)))
    };
    rows.filter_map(row).collect()
});

fn vr(element: &Element) -> Option<[u8; 2]> {
    element.vr.or_else(|| ATTRIBUTES.get(&element.tag).map(|(_, vr)| *vr))
}

fn keyword(tag: u32, to: &mut String) {
    match ATTRIBUTES.get(&tag) {
        Some((keyword, _)) => to.push_str(keyword),
        None => to.push_str(&format!("{:04x},{:04x}", tag >> 16, tag & 0xFFFF)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matching_as_ps3_4_names_it() {
        assert_eq!(matching(Some(*b"PN"), b""), "universal");
        assert_eq!(matching(Some(*b"PN"), b"SMITH-JONES^A "), "value");
        assert_eq!(matching(Some(*b"PN"), b"SMI*"), "wildcard");
        assert_eq!(matching(Some(*b"DA"), b"20240101-"), "range");
        assert_eq!(matching(None, b"20240101-20240131"), "range");
        assert_eq!(matching(Some(*b"UI"), b"1.2\\1.3\0"), "list");
        assert_eq!(matching(Some(*b"US"), b"\x2a\x00"), "value");
    }
}
