//! A body of DICOM files: many in parts (multipart/related, RFC 2387, RFC 2046 5.1) or one alone. Of each only the head is looked at.

use crate::limits;
use crate::protocols::dicom::preamble;
use crate::protocols::http::clean::media_type;
use crate::text::find;

/// Bytes of a line's end.
const LINE_END: usize = 2;

/// What the next byte belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum At {
    /// What stands before the first delimiter, and a part's content.
    Preamble,
    Content,
    /// Behind a delimiter, and how many dashes stand there: two end the body.
    Delimited {
        dashes: u8,
    },
    Head,
    Done,
}

#[derive(Debug)]
pub struct Parts {
    /// CR, LF, two dashes and the boundary; empty for a file alone.
    delimiter: Vec<u8>,
    /// How many bytes of the delimiter were met; the first of them may be taken as met where a line begins.
    met: usize,
    given: usize,
    at: At,
    /// A line of a part's head.
    line: Vec<u8>,
    /// The part says that it is a DICOM file.
    is_file: bool,
    /// The first bytes of a part's content.
    begin: Vec<u8>,
    judged: bool,
    pub parts: u64,
    pub instances: u64,
    pub marks: Vec<&'static str>,
    pub malformed: Option<&'static str>,
    stopped: bool,
}

impl Parts {
    /// A body whose head gave this value of Content-Type.
    pub fn new(content_type: &[u8]) -> Parts {
        let multipart = media_type(content_type).is_some_and(|media| media.starts_with("multipart/"));
        let boundary = parameter(content_type, b"boundary").filter(|b| (1..=70).contains(&b.len()));
        let mut parts = Parts {
            delimiter: Vec::new(),
            met: LINE_END,
            given: LINE_END,
            at: At::Preamble,
            line: Vec::new(),
            is_file: false,
            begin: Vec::new(),
            judged: false,
            parts: 0,
            instances: 0,
            marks: Vec::new(),
            malformed: None,
            stopped: false,
        };
        match boundary {
            Some(boundary) if multipart => parts.delimiter = [b"\r\n--", boundary].concat(),
            None if multipart => parts.fault("boundary"),
            _ => (parts.at, parts.is_file) = (At::Content, true),
        }
        parts
    }

    pub fn is_multipart(&self) -> bool {
        !self.delimiter.is_empty()
    }

    pub fn wants_more(&self) -> bool {
        !self.stopped && self.at != At::Done && (self.is_multipart() || !self.judged)
    }

    /// Looks at nothing more.
    pub fn stop(&mut self) {
        self.stopped = true;
    }

    fn fault(&mut self, what: &'static str) {
        self.malformed.get_or_insert(what);
        self.stop();
    }

    /// Nothing more comes: judges a file alone that is shorter than a head; says whether the body was seen to its end. `cut`: it was not.
    pub fn finish(&mut self, cut: bool) -> bool {
        if !self.is_multipart() && !cut {
            self.judge();
        }
        !cut && (!self.is_multipart() || self.at == At::Done)
    }

    pub fn feed(&mut self, bytes: &[u8]) {
        let mut rest = bytes;
        while !rest.is_empty() && self.wants_more() {
            let used = match self.at {
                At::Preamble | At::Content if self.is_multipart() => self.content(rest),
                At::Preamble | At::Content => {
                    self.hold(rest);
                    rest.len()
                }
                At::Delimited { dashes } => self.delimited(rest, dashes),
                At::Head => self.head(rest),
                At::Done => rest.len(),
            };
            rest = rest.get(used..).unwrap_or_default();
        }
    }

    /// Passes content until a delimiter is met. CR stands only at a delimiter's begin, so that one look at each byte is enough.
    fn content(&mut self, bytes: &[u8]) -> usize {
        if self.met == 0 {
            let end = find(bytes, |b| b == b'\r').unwrap_or(bytes.len());
            self.hold(bytes.get(..end).unwrap_or_default());
            self.met = usize::from(end < bytes.len());
            return end.saturating_add(self.met);
        }
        let Some(byte) = bytes.first() else { return 0 };
        if self.delimiter.get(self.met) == Some(byte) {
            self.met = self.met.saturating_add(1);
            if self.met == self.delimiter.len() {
                self.judge();
                (self.at, self.met, self.given) = (At::Delimited { dashes: 0 }, 0, 0);
            }
            return 1;
        }
        // What was met is content.
        let (met, given) = (std::mem::take(&mut self.met), std::mem::take(&mut self.given));
        if self.begin.len() < preamble::LENGTH {
            let part = self.delimiter.get(given..met).unwrap_or_default().to_vec();
            self.hold(&part);
        }
        0
    }

    /// Keeps the first bytes of a part's content; judges it when there are enough.
    fn hold(&mut self, bytes: &[u8]) {
        if self.at != At::Content || self.judged {
            return;
        }
        let room = preamble::LENGTH.saturating_sub(self.begin.len()).min(bytes.len());
        self.begin.extend_from_slice(bytes.get(..room).unwrap_or_default());
        if self.begin.len() == preamble::LENGTH {
            self.judge();
        }
    }

    /// Says once of a part what it is.
    fn judge(&mut self) {
        if self.at != At::Content || std::mem::replace(&mut self.judged, true) {
            return;
        }
        if preamble::is_dicom(&self.begin) {
            self.instances = self.instances.saturating_add(1);
        } else if self.is_file {
            self.malformed.get_or_insert("no DICM");
        }
        if let Some(mark) = preamble::mark(&self.begin).filter(|mark| !self.marks.contains(mark)) {
            self.marks.push(mark);
        }
    }

    /// `--` ends the body; blanks and the line's end begin a part.
    fn delimited(&mut self, bytes: &[u8], dashes: u8) -> usize {
        match bytes.first() {
            Some(b'-') if dashes == 1 => self.at = At::Done,
            Some(b'-') => self.at = At::Delimited { dashes: 1 },
            Some(b'\n') => {
                self.parts = self.parts.saturating_add(1);
                (self.at, self.is_file, self.judged) = (At::Head, false, false);
                self.begin.clear();
                self.line.clear();
            }
            Some(b' ' | b'\t' | b'\r') => {}
            // The boundary goes on: it is another's, longer one.
            _ => self.at = At::Content,
        }
        1
    }

    /// A line of a part's head.
    fn head(&mut self, bytes: &[u8]) -> usize {
        let end = find(bytes, |b| b == b'\n').unwrap_or(bytes.len());
        if self.line.len().saturating_add(end) > limits::HTTP_LINE {
            self.fault("part head");
            return bytes.len();
        }
        self.line.extend_from_slice(bytes.get(..end).unwrap_or_default());
        if end == bytes.len() {
            return end;
        }
        let line = std::mem::take(&mut self.line);
        let line = line.strip_suffix(b"\r").unwrap_or(&line);
        if line.is_empty() {
            // An empty part's delimiter begins with the end of its head.
            (self.at, self.met, self.given) = (At::Content, LINE_END, LINE_END);
        } else if let Some(colon) = line.iter().position(|b| *b == b':') {
            let (name, value) = line.split_at(colon);
            let media = value.get(1..).and_then(media_type);
            self.is_file |= name.eq_ignore_ascii_case(b"content-type") && media.as_deref() == Some("application/dicom");
        }
        end.saturating_add(1)
    }
}

/// A parameter of a media type, quoted or not (RFC 9110 5.6.6).
pub fn parameter<'a>(value: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let mut rest = value;
    while let Some(at) = outside_quotes(rest, b';') {
        rest = rest.get(at.saturating_add(1)..).unwrap_or_default();
        let one = rest.get(..outside_quotes(rest, b';').unwrap_or(rest.len())).unwrap_or_default();
        let equals = one.iter().position(|b| *b == b'=').unwrap_or(one.len());
        let (found, value) = one.split_at(equals);
        if found.trim_ascii().eq_ignore_ascii_case(name) {
            let value = value.get(1..).unwrap_or_default().trim_ascii();
            return Some(value.strip_prefix(b"\"").map_or(value, |v| v.strip_suffix(b"\"").unwrap_or(v)));
        }
    }
    None
}

/// Where this byte first stands outside of quotes.
pub fn outside_quotes(bytes: &[u8], wanted: u8) -> Option<usize> {
    let mut quoted = false;
    bytes.iter().position(|b| {
        quoted ^= *b == b'"';
        *b == wanted && !quoted
    })
}
