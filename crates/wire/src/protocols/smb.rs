//! SMB, the file sharing of Windows and Samba: who opened, read, wrote, renamed and deleted what, and how encrypted it looked.
//!
//! SMB1: MS-CIFS and MS-SMB. SMB 2 and 3: MS-SMB2. Both over TCP 445 (MS-SMB2 2.1, a 4-byte head) and over the NetBIOS session service
//! (RFC 1002 4.3). File contents are skipped; of each file written from its start the first 4 KiB are counted by byte value, never kept.

mod contents;
mod entropy;
mod frame;
mod logon;
pub mod paths;
mod rows;
mod smb1;
mod smb1_requests;
mod smb2;
mod state;
mod table;
mod talk;
#[cfg(test)]
mod tests;
mod view;

use crate::protocols::Protocol;
use crate::stream;

stream! {
    /// One connection to a share (tree). A connection whose trees were not seen gives one row without a share.
    /// MS-SMB2 2.2.9 and 2.2.10; MS-SMB 2.2.4.7.
    SmbMapping = "smb_mapping" {
        /// Family of the messages: SMB1, or SMB2 (which SMB3 is too).
        version: Word,
        /// Dialect agreed: 2.02, 2.1, 3.0, 3.0.2, 3.1.1 (MS-SMB2 2.2.4), or the name SMB1 has for it (`NT LM 0.12`).
        dialect: Word,
        /// Name of the share: one that Windows makes itself (ADMIN$, IPC$, C$, print$, SYSVOL, NETLOGON) in clear, else its pseudonym.
        share: Word,
        /// DISK, PIPE or PRINT. MS-SMB2 2.2.10 ShareType; SMB1: made from the service.
        share_type: Word,
        /// SMB1: type of the resource (`A:`, `IPC`, `LPT1:`, `COMM`), `{}` for another. MS-CIFS 2.2.4.55.
        service: Word,
        /// SMB1: file system that the server names, `{}` for an unknown one. MS-CIFS 2.2.4.55.2.
        native_file_system: Word,
        /// Whether the share demands encryption. MS-SMB2 2.2.10 SMB2_SHAREFLAG_ENCRYPT_DATA.
        encrypted: Bool,
        /// Identifier of the tree. MS-SMB2 2.2.1.2 TreeId; MS-CIFS 2.2.3.1 TID.
        tree_id: Int,
        /// NTSTATUS of the answer (SMB1 without NT status: error class and code as they stood). MS-ERREF 2.3.
        status: Int,
        /// Whether the session is a guest's. MS-SMB2 2.2.6 SessionFlags; MS-CIFS 2.2.4.53.2 Action.
        guest: Bool,
        /// Whether the session is anonymous. MS-SMB2 2.2.6 SMB2_SESSION_FLAG_IS_NULL.
        anonymous: Bool,
        /// Whether the server demands signed messages. MS-SMB2 2.2.4 SecurityMode; MS-CIFS 2.2.4.52.2 SecurityMode.
        signing_required: Bool,
        /// The question or the answer was not seen.
        partial: Bool,
    }
}

stream! {
    /// One operation on a file, when it completes. The reads and the writes of one open file are one row each, at its close; what travels
    /// in encrypted or compressed messages is one row a session with the shape of it. MS-SMB2 2.2; MS-CIFS 2.2.4.
    SmbFiles = "smb_files" {
        /// Family of the messages: SMB1, or SMB2 (which SMB3 is too).
        version: Word,
        /// Dialect agreed, if its negotiation was seen.
        dialect: Word,
        /// open create read write rename delete close set_info; encrypted and compressed: the shape of messages that hide theirs.
        action: Word,
        /// Extension of the file: a well-known one in clear, lower case, else its pseudonym; null if the name has none.
        extension: Word,
        /// Extension after a rename, in the same way.
        new_extension: Word,
        /// Folders between the share and the file: 0 is the top of the share.
        depth: Int,
        /// Pseudonym of the path of the folder within its share; null at the top of the share.
        folder: Word,
        /// Pseudonym of the name without its folder; a well-known named pipe in clear.
        name: Text,
        /// Pseudonym of the folder after a rename.
        new_folder: Word,
        /// Pseudonym of the name after a rename.
        new_name: Text,
        /// Share, as in `smb_mapping`.
        share: Word,
        /// DISK, PIPE or PRINT.
        share_type: Word,
        /// Bytes of the file: when opened, at its close if the server told, or as set (FileEndOfFileInformation, MS-FSCC 2.4.14).
        size: Int,
        /// Bytes read or written.
        bytes: Int,
        /// Reads or writes that were summed.
        operations: Int,
        /// Bits per byte (0 to 8) over the first 4 KiB of a file written from its start.
        entropy: Float,
        /// Bytes that the entropy was taken from: of few bytes it is low whatever they are.
        entropy_bytes: Int,
        /// Whether it travelled encrypted. MS-SMB2 2.2.41.
        encrypted: Bool,
        /// NTSTATUS of the answer; of summed reads and writes the first failure (the end of the file is none), else 0; null if none was answered. MS-ERREF 2.3.
        status: Int,
        /// Whether it is a folder.
        is_directory: Bool,
        /// What the server did: superseded existing created overwritten. MS-SMB2 2.2.14 CreateAction.
        create_action: Word,
        /// Class of the file information set. MS-FSCC 2.4.
        info_class: Int,
        /// Marks of the name (or of the new one): ransom notes known by their file names.
        marks: Texts,
        /// Hidden messages from the originator and from the responder, and their bytes.
        messages_orig: Int,
        messages_resp: Int,
        bytes_orig: Int,
        bytes_resp: Int,
        /// Open at the end of the input, or some of its bytes were lost.
        partial: Bool,
        /// Why a message could not be read.
        malformed: Word,
    }
}

/// SMB over TCP.
pub static PROTOCOL: Protocol = Protocol {
    name: "smb",
    ports: &[445, 139],
    probe: frame::probe,
    find: Some(frame::find),
    session: || Box::new(frame::Frames::default()),
};
