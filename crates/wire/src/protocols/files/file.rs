//! One file while it passes: a hash, counters and its first bytes; never its content.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::sync::Arc;

use super::kind::{self, BEGIN};
use super::open::Reading;
use super::Files;
use crate::context::Context;
use crate::limits;
use crate::protocols::smb::paths::Name;
use crate::protocols::Dir;

/// What is known of a file before its first byte.
#[derive(Debug)]
pub struct About {
    pub source: &'static str,
    pub dir: Dir,
    /// What tells it from the other files of this direction.
    pub at: u64,
    pub name: Option<Name>,
    pub declared: Option<Cow<'static, str>>,
    /// How long it will be, if anything tells.
    pub length: Option<u64>,
    /// It is the word of an interface, as a rule: a file only if it begins as one.
    pub doubtful: bool,
}

#[derive(Debug)]
pub struct File {
    about: About,
    /// Time of its first byte and of its last one, nanoseconds.
    span: Option<(i64, i64)>,
    begin: Vec<u8>,
    reading: Arc<Reading>,
    /// It will have a hash: not once its content has a hole, or more passed than is read.
    hashed: bool,
    /// Its content has a hole, or is not what passed.
    torn: bool,
    /// Bytes shown, passed unread, and lost.
    seen: u64,
    overflow: u64,
    missing: u64,
    /// It turned out to be no file.
    dropped: bool,
}

impl File {
    pub fn begin(about: About, cx: &mut Context<'_>) -> File {
        // Of what will be too long for a hash only the beginning is read.
        let hashed = about.length.is_none_or(|length| length <= limits::FILE_READ);
        File {
            about,
            span: None,
            begin: Vec::new(),
            reading: cx.out.files.begin(),
            hashed,
            torn: false,
            seen: 0,
            overflow: 0,
            missing: 0,
            dropped: false,
        }
    }

    /// Bytes that it takes beside what is counted where files are read.
    pub const fn held() -> usize {
        size_of::<File>().saturating_add(BEGIN)
    }

    /// Bytes of it that came by, shown or not, as far as they are known.
    pub fn reached(&self) -> u64 {
        self.seen.saturating_add(self.overflow).saturating_add(self.missing)
    }

    /// It turns out to be called so.
    pub fn is_called(&mut self, name: Name) {
        self.about.name = Some(name);
    }

    /// Whether its next bytes are worth seeing.
    pub fn wants_more(&self) -> bool {
        !self.dropped && !self.torn && (self.hashed || self.begin.len() < BEGIN && self.overflow == 0)
    }

    pub fn feed(&mut self, bytes: &[u8], ts: i64) {
        if bytes.is_empty() || self.dropped {
            return;
        }
        self.span = Some((self.span.map_or(ts, |(first, _)| first), ts));
        let room = limits::FILE_READ.saturating_sub(self.seen);
        let (read, rest) = bytes.split_at(usize::try_from(room).unwrap_or(usize::MAX).min(bytes.len()));
        let wanted = BEGIN.saturating_sub(self.begin.len()).min(read.len());
        if wanted > 0 {
            self.begin.extend_from_slice(read.get(..wanted).unwrap_or_default());
            self.dropped = self.about.doubtful && self.begin.len() >= limits::FILE_DOUBT && !kind::is_binary(&self.begin);
            if self.dropped {
                self.reading.end(false);
                return;
            }
        }
        if !read.is_empty() {
            if !self.reading.read(read, self.seen, self.hashed) {
                self.lose(0);
            }
            self.seen = self.seen.saturating_add(read.len() as u64);
        }
        self.pass(rest.len() as u64);
    }

    /// So many bytes passed that nobody wanted to see.
    pub fn pass(&mut self, many: u64) {
        if many > 0 {
            self.overflow = self.overflow.saturating_add(many);
            self.hashed = false;
        }
    }

    /// So many bytes were lost (0: nobody knows how many), or its content is not what passed.
    pub fn lose(&mut self, many: u64) {
        self.missing = self.missing.saturating_add(many);
        self.torn = true;
        self.hashed = false;
    }

    /// Whether it may be a token: then its hash would tell who has it.
    fn is_token(&self) -> bool {
        self.seen <= limits::FILE_TOKEN && kind::is_token(&self.begin)
    }

    /// Its row. `total`: how long it is, if anything tells; `whole`: nothing of it is known to be missing.
    pub fn finish(self, total: Option<u64>, whole: bool, cx: &mut Context<'_>) {
        let Some((first, last)) = self.span else { return };
        if self.dropped || self.about.doubtful && !kind::is_binary(&self.begin) {
            return;
        }
        let reached = self.reached();
        let missing = total.map_or(self.missing, |total| total.saturating_sub(reached).saturating_add(self.missing));
        let whole = whole && missing == 0 && !self.torn && total.is_none_or(|total| total == reached);
        let hashed = self.hashed && whole && self.overflow == 0 && self.seen >= limits::FILE_HASHED_LEAST && !self.is_token();
        let read = self.reading.end(hashed);
        let sha256 = read.hash.filter(|_| hashed).map(|hash| hexadecimal(&hash));
        let preamble = kind::dicom_preamble(&self.begin);
        let name = self.about.name.as_ref().filter(|name| name.depth.is_some());
        let int = |n: u64| i64::try_from(n).ok();
        let mut marks: Vec<Cow<'_, str>> = name
            .map(|name| name.marks.iter().map(|mark| Cow::Borrowed(*mark)).collect())
            .unwrap_or_default();
        marks.extend(crate::protocols::dicom::preamble::mark(&self.begin).map(Cow::Borrowed));
        let row = Files {
            source: Some(self.about.source),
            is_orig: Some(self.about.dir == Dir::Orig),
            mime_type: kind::of(&self.begin),
            declared_type: self.about.declared.as_deref(),
            extension: name.and_then(|name| name.extension.as_deref()),
            depth: name.and_then(|name| name.depth),
            name: name.and_then(|name| name.name.as_deref()),
            duration: Some(last.saturating_sub(first) as f64 / 1e9),
            seen_bytes: int(self.seen),
            total_bytes: total.and_then(int),
            missing_bytes: int(missing),
            overflow_bytes: int(self.overflow),
            sha256: sha256.as_deref(),
            dicom_preamble: preamble,
            entropy: read.entropy,
            entropy_bytes: int(read.counted),
            marks,
            partial: Some(!whole),
            ..Files::default()
        };
        cx.emit(first, self.about.dir, self.about.at, &row);
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().saturating_mul(2));
    for byte in bytes {
        let _ = write!(text, "{byte:02x}");
    }
    text
}
