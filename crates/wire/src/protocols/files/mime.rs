//! Messages and multipart bodies, taken apart while they pass: heads of parts, delimiters, and of parts that are files their content.
//! RFC 2045, RFC 2046, RFC 2183, RFC 7578.

use std::borrow::Cow;

use base64::engine::general_purpose::STANDARD;
use base64::Engine as _;

use super::file::{About, File};
use super::is_word;
use super::transfer::Transfer;
use crate::context::Context;
use crate::exploits::{self, Signs};
use crate::limits;
use crate::protocols::dicomweb::parameter;
use crate::protocols::http::clean::{known_media_type, media_type};
use crate::protocols::http::uri::decoded;
use crate::protocols::smb::paths::Name;
use crate::protocols::Dir;
use crate::text;

/// Longest delimiter: two dashes, 70 characters (RFC 2046 5.1.1), two more dashes, and blanks.
const DELIMITER: usize = 96;

/// What the next byte belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum At {
    Head,
    /// A part's content, or what stands before the first delimiter and behind the last one.
    Content,
}

/// Fields of a part's head that matter.
#[derive(Debug, Default)]
struct Head {
    content_type: Vec<u8>,
    encoding: Vec<u8>,
    disposition: Vec<u8>,
}

/// What comes in parts. All files of it have what carries it, its direction and a place that nothing else of the connection has.
#[derive(Debug)]
pub struct Parts {
    source: &'static str,
    dir: Dir,
    place: u64,
    /// Files so far.
    many: u64,
    /// They are fields of a form.
    form: bool,
    at: At,
    /// Two dashes and the boundary, of the outermost first.
    boundaries: Vec<Vec<u8>>,
    head: Head,
    field: Vec<u8>,
    line: Vec<u8>,
    /// A line begins: what of it may be a delimiter.
    begins: bool,
    begin: Vec<u8>,
    /// The end of the line before, which is content only if no delimiter follows.
    end: &'static [u8],
    file: Option<(File, Transfer)>,
    /// The last delimiter was seen.
    closed: bool,
    /// Exploits that fields of its heads hold.
    pub signs: Signs,
}

impl Parts {
    fn new(source: &'static str, dir: Dir, place: u64) -> Parts {
        Parts {
            source,
            dir,
            place,
            many: 0,
            form: false,
            at: At::Head,
            boundaries: Vec::new(),
            head: Head::default(),
            field: Vec::new(),
            line: Vec::new(),
            begins: true,
            begin: Vec::new(),
            end: b"",
            file: None,
            closed: false,
            signs: Signs::default(),
        }
    }

    /// A message, which begins with its head.
    pub fn of_message(source: &'static str, dir: Dir, place: u64) -> Parts {
        Parts::new(source, dir, place)
    }

    /// A body of which this is the Content-Type; none if it names no boundary.
    pub fn of_body(source: &'static str, content_type: &[u8], dir: Dir, place: u64) -> Option<Parts> {
        let mut parts = Parts::new(source, dir, place);
        parts.at = At::Content;
        parts.form = media_type(content_type).as_deref() == Some("multipart/form-data");
        parts.boundaries.push(boundary(content_type)?);
        Some(parts)
    }

    /// One part, of which the head is not known, nor whether it is a file: it is if it begins as one, wrapped in Base64 or not.
    pub fn of_part(source: &'static str, begin: &[u8], dir: Dir, cx: &mut Context<'_>) -> Parts {
        let mut parts = Parts::new(source, dir, cx.offset);
        let about = About {
            source,
            dir,
            at: cx.offset,
            name: None,
            declared: None,
            length: None,
            doubtful: true,
        };
        parts.at = At::Content;
        parts.file = Some((File::begin(about, cx), Transfer::guessed(begin)));
        parts
    }

    pub fn wants_more(&self) -> bool {
        !self.closed
    }

    /// Bytes that it takes.
    pub fn held(&self) -> usize {
        let texts = [&self.field, &self.line, &self.begin, &self.head.content_type, &self.head.encoding];
        let texts = texts.into_iter().chain([&self.head.disposition]).chain(&self.boundaries);
        let file = self.file.as_ref().map_or(0, |_| File::held());
        texts.map(Vec::capacity).fold(file, usize::saturating_add)
    }

    pub fn feed(&mut self, bytes: &[u8], cx: &mut Context<'_>) {
        let mut rest = bytes;
        while !rest.is_empty() && !self.closed {
            let used = match self.at {
                At::Head => self.head_line(rest, cx),
                At::Content if self.begins && !self.boundaries.is_empty() => self.line_begin(rest, cx),
                At::Content => self.content(rest, cx.ts),
            };
            rest = rest.get(used..).unwrap_or_default();
        }
    }

    /// Bytes were lost: nobody knows to which part what comes belongs.
    pub fn lose(&mut self, cx: &mut Context<'_>) {
        if let Some((mut file, _)) = self.file.take() {
            file.lose(0);
            file.finish(None, false, cx);
        }
        self.closed = true;
    }

    /// Nothing more comes. `whole`: because it ended.
    pub fn finish(mut self, whole: bool, cx: &mut Context<'_>) {
        let end = std::mem::take(&mut self.end);
        let begin = std::mem::take(&mut self.begin);
        self.give(end, cx.ts);
        self.give(&begin, cx.ts);
        // A part ends with a delimiter, a message without parts with itself.
        let whole = whole && self.boundaries.is_empty();
        self.part_ended(whole, cx);
    }

    fn head_line(&mut self, bytes: &[u8], cx: &mut Context<'_>) -> usize {
        let end = text::first(bytes, b'\n').unwrap_or(bytes.len());
        push(&mut self.line, bytes.get(..end).unwrap_or_default());
        if end == bytes.len() {
            return end;
        }
        let line = std::mem::take(&mut self.line);
        let line = line.strip_suffix(b"\r").unwrap_or(&line);
        if let Some(found) = self.delimiter(line) {
            // A part without an empty line behind its head.
            self.field_ended();
            self.head_ended(cx);
            self.delimited(found, cx);
        } else if line.is_empty() {
            self.field_ended();
            self.head_ended(cx);
        } else if line.first().is_some_and(u8::is_ascii_whitespace) {
            push(&mut self.field, line);
        } else {
            self.field_ended();
            self.field = line.to_vec();
        }
        end.saturating_add(1)
    }

    fn field_ended(&mut self) {
        let field = std::mem::take(&mut self.field);
        let Some(colon) = field.iter().position(|byte| *byte == b':') else {
            return;
        };
        let (name, value) = field.split_at(colon);
        let value = value.get(1..).unwrap_or_default().trim_ascii();
        self.signs.join(exploits::of_text(value));
        let is = |known: &str| name.trim_ascii().eq_ignore_ascii_case(known.as_bytes());
        let slot = match () {
            () if is("content-type") => &mut self.head.content_type,
            () if is("content-transfer-encoding") => &mut self.head.encoding,
            () if is("content-disposition") => &mut self.head.disposition,
            () => return,
        };
        if slot.is_empty() {
            slot.extend_from_slice(value);
        }
    }

    /// What follows a head: parts, a message within the message, or content.
    fn head_ended(&mut self, cx: &mut Context<'_>) {
        let head = std::mem::take(&mut self.head);
        let media = media_type(&head.content_type);
        let media = media.as_deref().unwrap_or_default();
        (self.at, self.begins, self.end) = (At::Content, true, b"");
        if media.starts_with("multipart/") && self.boundaries.len() < limits::MIME_DEPTH {
            self.boundaries.extend(boundary(&head.content_type));
        } else if matches!(media, "message/rfc822" | "message/global") {
            self.at = At::Head;
        } else if self.many < limits::MIME_PARTS && self.is_file(media, &head) {
            let about = About {
                source: self.source,
                dir: self.dir,
                at: self.place.saturating_add(self.many),
                name: file_name(&head.disposition, &head.content_type).map(|name| Name::file(&name, cx)),
                declared: known_media_type(&head.content_type),
                length: None,
                doubtful: false,
            };
            self.file = Some((File::begin(about, cx), Transfer::of(&head.encoding)));
            self.many = self.many.saturating_add(1);
        }
    }

    /// What is written in a form has no name of a file, whatever else it says of itself (RFC 7578 4.2).
    fn is_file(&self, media: &str, head: &Head) -> bool {
        is_file(media, head) && (!self.form || is_named(head))
    }

    /// Looks whether a line is a delimiter, as long as it may be.
    fn line_begin(&mut self, bytes: &[u8], cx: &mut Context<'_>) -> usize {
        let end = text::first(bytes, b'\n');
        let line = bytes.get(..end.unwrap_or(bytes.len())).unwrap_or_default();
        let room = DELIMITER.saturating_sub(self.begin.len()).min(line.len());
        self.begin.extend_from_slice(line.get(..room).unwrap_or_default());
        let possible = self.begin.len() < DELIMITER && b"--".starts_with(self.begin.get(..2).unwrap_or(&self.begin));
        if possible && end.is_none() {
            return room;
        }
        if let Some(found) = Some(&self.begin).filter(|_| possible).and_then(|line| self.delimiter(line)) {
            self.begin.clear();
            self.end = b"";
            self.delimited(found, cx);
            return room.saturating_add(1);
        }
        let begin = std::mem::take(&mut self.begin);
        let held = std::mem::take(&mut self.end);
        self.give(held, cx.ts);
        self.begins = false;
        // A CR at its end may belong to the end of the line.
        match begin.strip_suffix(b"\r") {
            Some(before) => {
                self.give(before, cx.ts);
                self.end = b"\r";
            }
            None => self.give(&begin, cx.ts),
        }
        room
    }

    /// Which boundary a line tells, and whether it closes that one.
    fn delimiter(&self, line: &[u8]) -> Option<(usize, bool)> {
        let line = line.trim_ascii_end();
        let of = |(nth, boundary): (usize, &Vec<u8>)| match line.strip_prefix(boundary.as_slice())? {
            b"" => Some((nth, false)),
            b"--" => Some((nth, true)),
            _ => None,
        };
        self.boundaries.iter().enumerate().rev().find_map(of)
    }

    fn delimited(&mut self, (nth, closes): (usize, bool), cx: &mut Context<'_>) {
        self.part_ended(true, cx);
        if closes {
            self.boundaries.truncate(nth);
            (self.at, self.begins) = (At::Content, true);
            self.closed = self.boundaries.is_empty();
        } else {
            self.boundaries.truncate(nth.saturating_add(1));
            self.at = At::Head;
        }
    }

    /// Content up to the end of a line, which is held back.
    fn content(&mut self, bytes: &[u8], ts: i64) -> usize {
        if self.boundaries.is_empty() {
            self.give(bytes, ts);
            return bytes.len();
        }
        let end = text::find(bytes, |byte| byte == b'\n');
        let line = bytes.get(..end.unwrap_or(bytes.len())).unwrap_or_default();
        if end == Some(0) {
            self.end = if self.end == b"\r" { b"\r\n" } else { b"\n" };
            self.begins = true;
            return 1;
        }
        let held = std::mem::take(&mut self.end);
        self.give(held, ts);
        let (before, returned) = match line.strip_suffix(b"\r") {
            Some(before) => (before, true),
            None => (line, false),
        };
        self.give(before, ts);
        self.end = match (returned, end) {
            (true, Some(_)) => b"\r\n",
            (false, Some(_)) => b"\n",
            (true, None) => b"\r",
            (false, None) => b"",
        };
        self.begins = end.is_some();
        line.len().saturating_add(usize::from(end.is_some()))
    }

    fn give(&mut self, bytes: &[u8], ts: i64) {
        if let Some((file, transfer)) = &mut self.file {
            transfer.feed(bytes, |plain| file.feed(plain, ts));
        }
    }

    fn part_ended(&mut self, whole: bool, cx: &mut Context<'_>) {
        if let Some((mut file, mut transfer)) = self.file.take() {
            transfer.finish(|plain| file.feed(plain, cx.ts));
            file.finish(None, whole, cx);
        }
    }
}

/// A line that is too long is cut.
fn push(line: &mut Vec<u8>, bytes: &[u8]) {
    let room = limits::MIME_FIELD.saturating_sub(line.len()).min(bytes.len());
    line.extend_from_slice(bytes.get(..room).unwrap_or_default());
}

/// The delimiter of a multipart type.
fn boundary(content_type: &[u8]) -> Option<Vec<u8>> {
    let boundary = parameter(content_type, b"boundary").filter(|b| (1..=70).contains(&b.len()))?;
    media_type(content_type)
        .is_some_and(|media| media.starts_with("multipart/"))
        .then(|| [b"--", boundary].concat())
}

/// Whether a head names what it is of.
fn is_named(head: &Head) -> bool {
    let named = [&head.disposition, &head.content_type].into_iter().zip([&b"filename"[..], b"name"]);
    named
        .into_iter()
        .any(|(value, name)| parameter(value, name).is_some() || parameter(value, &[name, b"*"].concat()).is_some())
}

/// What was written into a message is none; what was attached is.
fn is_file(media: &str, head: &Head) -> bool {
    let attached = head.disposition.get(..10).is_some_and(|d| d.eq_ignore_ascii_case(b"attachment"));
    let said = media.is_empty() || media.starts_with("text/") || media.starts_with("message/") || is_word(media);
    attached || is_named(head) || !said
}

/// The name that a head gives a file, in any of the ways that are in use. RFC 2183 2.3, RFC 2231 section 4, RFC 2047, RFC 6266 4.3.
pub fn file_name(disposition: &[u8], content_type: &[u8]) -> Option<String> {
    let of = |value: &[u8], name: &[u8]| {
        let extended =
            parameter(value, &[name, b"*"].concat()).and_then(|value| value.splitn(3, |byte| *byte == b'\'').nth(2).map(decoded));
        let plain = || parameter(value, name).map(|name| word(name.get(..limits::TEXT).unwrap_or(name)));
        extended.or_else(plain).map(|name| String::from_utf8_lossy(&name).into_owned())
    };
    of(disposition, b"filename")
        .or_else(|| of(content_type, b"name"))
        .filter(|name| !name.is_empty())
}

/// A name that may be an encoded word (RFC 2047 section 2), or some.
fn word(text: &[u8]) -> Cow<'_, [u8]> {
    let Some(words) = text.trim_ascii().strip_prefix(b"=?") else {
        return Cow::Borrowed(text);
    };
    let mut plain = Vec::new();
    let mut parts = words.split(|byte| *byte == b'?');
    while let (Some(_charset), Some(encoding), Some(content)) = (parts.next(), parts.next(), parts.next()) {
        match encoding {
            b"B" | b"b" => plain.extend(STANDARD.decode(content).unwrap_or_default()),
            _ => {
                let mut transfer = Transfer::of(b"quoted-printable");
                transfer.feed(content, |bytes| {
                    plain.extend(bytes.iter().map(|b| if *b == b'_' { b' ' } else { *b }))
                });
            }
        }
        // What stands between two of them: `=`, blanks, `=`.
        parts.next();
    }
    Cow::Owned(plain)
}
