//! SSH as far as it is in clear: versions, and the algorithms that both sides agree on (RFC 4253); and what the sizes of the login that follows
//! tell of its outcome.

use crate::protocols::banner::text;
use crate::protocols::Protocol;
use crate::stream;

mod algorithms;
mod login;
mod session;
mod sizes;
#[cfg(test)]
mod tests;

stream! {
    /// One connection, as its beginning shows it; behind the login nothing is looked at. Columns as Zeek's ssh.log where it has them.
    Ssh = "ssh" {
        /// Version spoken: 1, or 2 (which 1.99 is too). RFC 4253 4.2 and 5.1.
        version: Int,
        /// Software of the client, in words of products and versions. RFC 4253 4.2.
        client: Word,
        /// Software of the server, in the same way.
        server: Word,
        /// Key exchange agreed on, as IANA names it; `{}` for an unknown one. RFC 4253 7.1: the first of the client's that the server has.
        kex_alg: Word,
        /// Algorithm of the server's key, in the same way.
        host_key_alg: Word,
        /// Cipher from client to server, in the same way.
        cipher_alg: Word,
        /// Integrity from client to server, in the same way; null where the cipher has its own (RFC 5647, chacha20-poly1305).
        mac_alg: Word,
        /// Compression from client to server, in the same way.
        compression_alg: Word,
        /// Weak algorithms that the server offers (`data/ssh_weak.txt`): whoever asks for them gets them.
        weak_offered: Texts,
        /// Fingerprint of the client: MD5 of what it offers for key exchange, cipher, integrity and compression to the server, as sent
        /// (hassh, Salesforce 2018).
        hassh: Word,
        /// Fingerprint of the server: the same of what it offers towards the client.
        hassh_server: Word,
        /// Whether somebody was let in. A guess, as Zeek makes it, since logins are encrypted: from how many bytes the server answers at a time,
        /// of which cipher and integrity tell what lets in (RFC 4252 5.1); what is as long as its first answer refuses. Null where that cannot be
        /// told: unknown algorithms, compression from the start, bytes that were lost, nobody tried.
        auth_success: Bool,
        /// Attempts that were answered, by the same guess; asking which methods there are is none. Null where nothing was seen of a login.
        auth_attempts: Int,
        /// Both versions and both offers were not seen whole.
        partial: Bool,
        /// What was not built as the standard says.
        malformed: Word,
    }
}

pub static PROTOCOL: Protocol = Protocol {
    name: "ssh",
    ports: &[22],
    probe: text::ssh,
    find: None,
    session: || Box::new(session::Opening::default()),
};
