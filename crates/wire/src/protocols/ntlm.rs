//! NTLM, the older way in which people and machines prove themselves to Windows: who still allows it, how weak, and on which systems. MS-NLMP.
//!
//! It travels inside other protocols: SMB's session setup, HTTP's Authorization. Challenges and answers are measured, never kept: passwords can be
//! found from them. Of the account a pseudonym is kept, of machines their names as every other stream keeps them.

mod fields;
mod logon;
#[cfg(test)]
mod tests;

pub use logon::{Carrier, Logon, Outcome};

use crate::stream;

stream! {
    /// One authentication: offer, challenge, answer, and what came of it. Columns as Zeek's ntlm.log where it has them. MS-NLMP 2.2.1.
    Ntlm = "ntlm" {
        /// What carried it: smb, http, or proxy for a proxy of HTTP.
        carried_by: Word,
        /// Whether a user was named.
        username_seen: Bool,
        /// Pseudonym of the account, `DOMAIN\user`; letters in any case are one account.
        account: Word,
        /// Name that the client's machine gives itself; `*` stands for the owner of somebody's machine. MS-NLMP 2.2.1.3 Workstation.
        hostname: Word,
        /// NetBIOS name of the server, in the same way. MS-NLMP 2.2.2.1 MsvAvNbComputerName.
        server_nb_computer_name: Word,
        /// DNS name of the server, in the same way. MS-NLMP 2.2.2.1 MsvAvDnsComputerName.
        server_dns_computer_name: Word,
        /// How the client proves itself, by the lengths of its answers: NTLMv2, NTLMv1, NTLMv1-ESS (with extended session security), LM, or
        /// anonymous. MS-NLMP 3.3.1 and 3.3.2.
        ntlm_version: Word,
        /// Version of the server's operating system, `major.minor.build`; Samba says 6.1.0. MS-NLMP 2.2.2.10.
        server_os_version: Word,
        /// Version of the client's operating system, in the same way.
        client_os_version: Word,
        /// Whether both sides agreed that messages be signed. MS-NLMP 2.2.2.5 NTLMSSP_NEGOTIATE_SIGN.
        signing: Bool,
        /// Whether the client was let in; null if it was not seen.
        success: Bool,
        /// What the server said: NTSTATUS of SMB (MS-ERREF 2.3), status code of HTTP.
        status: Int,
        /// Some of its messages were not seen.
        partial: Bool,
    }
}
