//! What a body of HTTP carries as a file, or as some in parts. RFC 9110 section 8, RFC 6266, RFC 7578.

use super::clean::known_media_type;
use super::head::Head;
use super::uri::decoded;
use crate::context::Context;
use crate::limits;
use crate::protocols::files::file::{About, File};
use crate::protocols::files::mime::{file_name, Parts};
use crate::protocols::files::{is_word, Carried};
use crate::protocols::smb::paths::Name;
use crate::protocols::Dir;

/// A body that is about to come.
pub struct Part<'a> {
    pub head: &'a Head<'a>,
    /// Its media type.
    pub media: &'a str,
    /// It is the response's.
    pub answer: bool,
    /// The method of the request, if that was seen.
    pub method: Option<&'static str>,
    pub path: &'a [u8],
    /// A stream of its own tells of it.
    pub scanned: bool,
    /// It is compressed.
    pub coded: bool,
}

impl Part<'_> {
    pub fn carried(&self, (dir, at): (Dir, u64), cx: &mut Context<'_>) -> Option<Carried> {
        if !self.is_whole() {
            return None;
        }
        if self.media.starts_with("multipart/") {
            // More parts could be made of few compressed bytes than there are places for their rows.
            let parts = Parts::of_body("HTTP", self.head.content_type.filter(|_| !self.coded)?, dir, at)?;
            return Some(Carried::Parts(Box::new(parts)));
        }
        // What is written in a form is sent as text, too.
        let said = !self.answer && (self.media.is_empty() || self.media.starts_with("text/"));
        let name = self.name(cx);
        let length = self.head.content_length.filter(|_| !self.coded && !self.head.chunked);
        // Short text that is not called as a file is may be a token or a password.
        let is_short = length.is_none_or(|length| length <= limits::FILE_WORDS);
        let token = self.media == "text/plain" && is_short && name.as_ref().is_none_or(|name| name.extension.is_none());
        let about = About {
            source: "HTTP",
            dir,
            at,
            name,
            declared: self.head.content_type.and_then(known_media_type),
            length,
            doubtful: self.scanned || said || token || is_word(self.media),
        };
        Some(Carried::File(Box::new(File::begin(about, cx))))
    }

    /// Whether it is not a range out of something longer. RFC 9110 14.4.
    fn is_whole(&self) -> bool {
        let Some(range) = self.head.content_range.and_then(|range| std::str::from_utf8(range).ok()) else {
            return self.head.content_range.is_none();
        };
        let whole = || {
            let (last, length) = range.strip_prefix("bytes 0-")?.split_once('/')?;
            Some(last.parse::<u64>().ok()?.checked_add(1)? == length.parse().ok()?)
        };
        whole().unwrap_or(false)
    }

    /// As the sender names it; else by the path, which names what is fetched or put there.
    fn name(&self, cx: &Context<'_>) -> Option<Name> {
        let named = file_name(self.head.content_disposition.unwrap_or_default(), b"");
        let names = self.method == Some(if self.answer { "GET" } else { "PUT" }) && !self.path.ends_with(b"/");
        let by_path = || names.then(|| String::from_utf8_lossy(&decoded(self.path)).into_owned());
        named.or_else(by_path).map(|name| Name::file(&name, cx))
    }
}
