//! TFTP, by which phones, switches and devices fetch what they run and how they are set, without any login. RFC 1350; options: RFC 2347 to 2349,
//! RFC 7440.
//!
//! A server answers from a port of its own: the request is one connection, what is transferred another, from the server to where the request
//! came from. Rows of both have the asker's address and port, by which they are joined. What is transferred is counted, never read.

mod conversation;
mod message;
#[cfg(test)]
mod tests;

use crate::protocols::Datagrams;
use crate::stream;

stream! {
    /// A request, with what came of it on its own connection; or a transfer on a connection of its own, whose originator is the server: then
    /// operation, size and end are known, and name and mode stand in the row of the request.
    Tftp = "tftp" {
        /// `request` or `transfer`.
        kind: Word,
        /// `read` or `write`, as seen from who asked. RFC 1350 5.
        operation: Word,
        /// netascii, octet or mail.
        mode: Word,
        /// Pseudonym of the last part of the file's path.
        name: Text,
        /// Pseudonym of what stands before it.
        path: Text,
        /// Extension of the file: a well-known one in clear, lower case, else its pseudonym.
        extension: Word,
        /// Folders before it.
        depth: Int,
        /// Signs in the name (`data/marks_names.tsv`).
        marks: Texts,
        /// Bytes of a block, and of the file, as both agreed. RFC 2348, RFC 2349.
        blksize: Int,
        tsize: Int,
        /// Seconds from the first message to the last.
        duration: Float,
        /// Blocks and bytes transferred, and blocks that were sent again.
        blocks: Int,
        bytes: Int,
        retransmitted: Int,
        /// The last block, which is shorter than the others, was acknowledged.
        completed: Bool,
        /// What went wrong: 0 to 8. RFC 1350 5, RFC 2347.
        error_code: Int,
        error: Word,
        /// Some message was not captured whole, or some block not at all.
        partial: Bool,
        /// What was not built as the standard says.
        malformed: Word,
    }
}

pub static PROTOCOL: Datagrams = Datagrams {
    name: "tftp",
    ports: &[69],
    probe: message::probe,
    conversation: || Box::new(conversation::Exchange::default()),
};
