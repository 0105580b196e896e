//! Files that pass in clear, whatever carries them: what they are by their first bytes, how long, how random, and SHA-256 of those that were
//! seen whole. Nothing of their content is kept.
//!
//! SMB, HTTP, FTP's data connections, SMTP, POP3 and IMAP hand over content as it passes ([`file::File`]); parts of mail
//! ([`message::Message`]) and of multipart bodies are told apart first ([`mime::Parts`], RFC 2045, RFC 2046).

pub mod file;
pub mod kind;
pub mod message;
pub mod mime;
pub mod open;
mod sample;
mod transfer;

#[cfg(test)]
mod tests;

use crate::context::Context;
use crate::stream;
use file::File;
use mime::Parts;

/// What content carries: a file, or some in parts.
#[derive(Debug)]
pub enum Carried {
    File(Box<File>),
    Parts(Box<Parts>),
}

impl Carried {
    pub fn wants_more(&self) -> bool {
        match self {
            Carried::File(file) => file.wants_more(),
            Carried::Parts(parts) => parts.wants_more(),
        }
    }

    pub fn feed(&mut self, bytes: &[u8], cx: &mut Context<'_>) {
        match self {
            Carried::File(file) => file.feed(bytes, cx.ts),
            Carried::Parts(parts) => parts.feed(bytes, cx),
        }
    }

    /// Nothing more comes. `total`: how long the content is, if anything tells; `whole`: all of it passed.
    pub fn finish(self, total: Option<u64>, whole: bool, cx: &mut Context<'_>) {
        match self {
            Carried::File(mut file) => {
                let unread = total.filter(|_| whole).map_or(0, |total| total.saturating_sub(file.reached()));
                file.pass(unread);
                file.finish(total, whole, cx);
            }
            Carried::Parts(parts) => parts.finish(whole, cx),
        }
    }

    /// Bytes that it takes.
    pub fn held(&self) -> usize {
        match self {
            Carried::File(_) => File::held(),
            Carried::Parts(parts) => parts.held(),
        }
    }
}

/// Whether content of this media type is the word of an interface: it may be of a patient, a password or a token alone, and its protocol's streams
/// tell of it.
pub fn is_word(media: &str) -> bool {
    media.ends_with("json")
        || media.ends_with("jwt")
        || media.ends_with("jose")
        || media.ends_with("xml")
        || media.contains("hl7")
        || media.starts_with("application/grpc")
        || media == "application/x-www-form-urlencoded"
}

stream! {
    /// One file on its way, when it ends. Columns as Zeek's files.log where it has them. What an interface says in JSON, XML or a form is
    /// told by the streams of its protocol, and is a file only if it begins as one.
    Files = "files" {
        /// What carried it: SMB, HTTP, FTP_DATA, SMTP, POP3 or IMAP.
        source: Word,
        /// Whether the originator of the connection sent it.
        is_orig: Bool,
        /// Media type by its first bytes (`data/file_kinds.tsv`), whatever its name and its sender say; null if they are nobody's.
        mime_type: Word,
        /// Media type as its sender declares it; of one that is not well known the top-level type with `{}`.
        declared_type: Word,
        /// Extension of its name, as in `smb_files`.
        extension: Word,
        /// Folders before its name, as in `smb_files`: within a share, in a URL, or as the command of FTP has them.
        depth: Int,
        /// Pseudonym of its name without folders.
        name: Text,
        /// Seconds from its first byte to its last one.
        duration: Float,
        /// Bytes of it that were seen.
        seen_bytes: Int,
        /// Bytes that it has by what carries it; null where nothing tells.
        total_bytes: Int,
        /// Bytes of it that were not seen: lost, never sent, or behind such.
        missing_bytes: Int,
        /// Bytes of it that passed unread, because it is longer than what is read of one file.
        overflow_bytes: Int,
        /// SHA-256 of its content, transfer codings undone; null of a file that was not seen whole, that is longer than what is read, or so short
        /// that its content could be tried out.
        sha256: Text,
        /// What stands before the prefix of a DICOM file (PS3.10 7.1): zero, tiff, mz, elf, macho, zip, script, pdf, other; null if it is none.
        dicom_preamble: Word,
        /// Bits per byte (0 to 8) of a sample of it: the first 4 KiB of every 64. Compressed and encrypted content has nearly 8.
        entropy: Float,
        /// Bytes that the entropy was taken from: of few bytes it is low whatever they are.
        entropy_bytes: Int,
        /// Signs: names that ransomware is known to leave notes under, and DICOM files that are something else too.
        marks: Texts,
        /// Not seen whole.
        partial: Bool,
    }
}
