//! DCE/RPC: who has which service of Windows do what. C706, MS-RPCE; over named pipes of SMB (2.1.1.2) and over TCP (2.1.1.1).
//!
//! Services are begun, tasks planned, the directory copied and WMI told what to run by calls whose interface and number stand in clear even where
//! their arguments are sealed. Of the arguments nothing is kept, and nearly nothing read. What travels in encrypted SMB 3 cannot be seen at all:
//! `smb_files` then has rows of its shape (`encrypted`), and there are none here. RPC over HTTP (MS-RPCH) and over UDP is not read.

mod association;
mod bind;
mod interfaces;
mod netlogon;
mod pdu;
mod pipe;
mod session;
#[cfg(test)]
mod tests;

pub use association::Begun;
pub use pipe::Pipe;

use crate::protocols::Protocol;
use crate::stream;

stream! {
    /// One call, when it is answered, of each kind (interface, operation and what came of it) the first; all further ones of that kind are one
    /// row at the end, or every hour. An interface that a server refuses is a row without an operation. Columns as Zeek's dce_rpc.log where it has them.
    DceRpc = "dce_rpc" {
        /// Seconds from the call to its answer; of several calls the longest.
        rtt: Float,
        /// Pipe that it went through: a well-known one in clear, else its pseudonym; null over TCP.
        named_pipe: Word,
        /// Interface, as Zeek names it (`data/dce_rpc_interfaces.tsv`); `{}` for one that is not there; null where its bind was not seen.
        endpoint: Word,
        /// Operation, as its specification names it (`data/dce_rpc_operations.tsv`); `{}` for one that is not there.
        operation: Word,
        /// Number of the operation. C706 12.6.4.9 opnum.
        opnum: Int,
        /// What carried it: tcp, or smb.
        carried_by: Word,
        /// Calls that the row stands for.
        calls: Int,
        /// How the client proves itself in its last bind: none, ntlm, kerberos, negotiate, schannel, netlogon; `{}` for another. MS-RPCE 2.2.1.1.7.
        auth_type: Word,
        /// How far that goes: none, connect, call, packet, integrity, privacy. MS-RPCE 2.2.1.1.8.
        auth_level: Word,
        /// Whether arguments are encrypted by RPC itself: only who calls what can be seen. MS-RPCE 2.2.1.1.8.
        sealed: Bool,
        /// Why the call failed, by the server's RPC (not by the service behind it): 5 access denied, 0x1c010002 no such operation. C706 12.6.4.7, MS-RPCE 2.2.2.8.
        fault: Int,
        /// Why the server refused the interface: abstract_syntax, transfer_syntax, limit, version, authentication; `{}` for another. C706 12.6.3.1.
        refused: Word,
        /// Marks of what was said: null-client-challenge and null-client-credential are eight zeros where a secure channel of Netlogon begins, which
        /// no client sends but one that tries CVE-2020-1472 (ZeroLogon).
        marks: Texts,
        /// Not answered, begun before the capture, or more may follow.
        partial: Bool,
        /// What was not built as the standard says.
        malformed: Word,
    }
}

/// DCE/RPC over TCP, on whatever port the endpoint mapper gave.
pub static PROTOCOL: Protocol = Protocol {
    name: "dce_rpc",
    ports: &[135],
    probe: pdu::probe,
    find: None,
    session: || Box::new(session::Connection::default()),
};
