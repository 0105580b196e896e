//! TLS as far as it is in clear: the handshake, its certificates, its fingerprints. RFC 8446, RFC 5246, RFC 6101.
//!
//! Nothing after the handshake is ever looked at.

use crate::protocols::Protocol;
use crate::stream;

mod certificate;
mod cursor;
pub(in crate::protocols) mod fingerprint;
mod hello;
pub mod names;
mod record;
mod session;
#[cfg(test)]
mod tests;

stream! {
    /// One TLS or SSL connection, as its handshake shows it. Columns as Zeek's ssl.log where it has them.
    Ssl = "ssl" {
        /// Version spoken: SSLv2, SSLv3, TLSv10 to TLSv13. RFC 8446 4.2.1.
        version: Word,
        /// The same as its number on the wire.
        version_num: Int,
        /// Cipher suite chosen, as IANA names it.
        cipher: Word,
        /// The same as its number. IANA TLS Cipher Suites.
        cipher_num: Int,
        /// Group of the key exchange, as IANA names it. RFC 8446 4.2.7, RFC 8422 5.4.
        curve: Word,
        /// The same as its number. IANA TLS Supported Groups.
        curve_num: Int,
        /// Host name that the client asked for, if it is built as one; `*` stands for the owner of somebody's machine. RFC 6066 section 3.
        server_name: Word,
        /// Application protocol that the server chose, where it is in clear (up to TLS 1.2); `{}` for one that IANA does not name. RFC 7301.
        next_protocol: Word,
        /// Application protocols that the client offered, in order, in the same way. RFC 7301.
        client_alpn: Texts,
        /// Whether keys of an earlier connection were used again. RFC 5246 7.3, RFC 5077, RFC 8446 2.2.
        resumed: Bool,
        /// Whether both sides finished the handshake.
        established: Bool,
        /// Whether the server asked for another hello. RFC 8446 4.1.4.
        hello_retry: Bool,
        /// Fingerprint of the client's hello: JA3, MD5 in hexadecimal.
        ja3: Word,
        /// Fingerprint of the server's hello: JA3S, MD5 in hexadecimal.
        ja3s: Word,
        /// Fingerprint of the client's hello: JA4.
        ja4: Word,
        /// Versions that the client offered, without GREASE. RFC 8446 4.2.1, RFC 8701.
        client_versions: Ints,
        /// How many cipher suites the client offered, without GREASE.
        client_ciphers_count: Int,
        /// Groups that the client sent a key share for. RFC 8446 4.2.8.
        key_share_groups: Texts,
        /// Whether the client offered a group that also resists a quantum computer. draft-ietf-tls-ecdhe-mlkem.
        pq_hybrid_offered: Bool,
        /// Whether such a group was chosen.
        pq_hybrid: Bool,
        /// Certificates that the server showed in clear. RFC 5246 7.4.2.
        cert_count: Int,
        /// SHA-256 fingerprints of the server's certificates, in the order sent.
        cert_chain_fps: Texts,
        /// Whether the client showed a certificate in clear. RFC 5246 7.4.6.
        client_cert: Bool,
        /// SHA-256 fingerprints of the client's certificates, in the order sent.
        client_cert_chain_fps: Texts,
        /// Whether the server's certificate is for the name asked for. RFC 6125 6.4.
        sni_matches_cert: Bool,
        /// How far the chain was checked: `none`, the sensor has no trust store.
        validation: Word,
        /// Last alert in clear. RFC 8446 section 6.
        last_alert: Word,
        /// The handshake was open at the end of the input, began before it, or bytes of it were lost.
        partial: Bool,
        /// What was not built as the standard says.
        malformed: Word,
    }
}

stream! {
    /// One certificate of one connection. Columns as Zeek's x509.log where it has them. RFC 5280.
    X509 = "x509" {
        /// SHA-256 of the DER form, hexadecimal.
        fingerprint: Text,
        /// Version: 1 to 3. RFC 5280 4.1.2.1.
        certificate_version: Int,
        /// Serial number, hexadecimal. RFC 5280 4.1.2.2.
        certificate_serial: Text,
        /// Subject: organisation, place and machine attributes only; of a client that does not show itself to be a machine only the organisation,
        /// country and domain. RFC 4514.
        certificate_subject: Text,
        /// Issuer, written as the subject. RFC 5280 4.1.2.4.
        certificate_issuer: Word,
        /// Valid from. RFC 5280 4.1.2.5.
        certificate_not_valid_before: Time,
        /// Valid until. RFC 5280 4.1.2.5.
        certificate_not_valid_after: Time,
        /// Algorithm of the key: registered short name or object identifier. RFC 5280 4.1.2.7.
        certificate_key_alg: Word,
        /// Algorithm of the signature. RFC 5280 4.1.1.2.
        certificate_sig_alg: Word,
        /// Kind of key: rsa, dsa, ecdsa, ed25519, ed448, mldsa44, mldsa65, mldsa87.
        certificate_key_type: Word,
        /// Bits of the key: modulus, prime or field.
        certificate_key_length: Int,
        /// Curve of the key, as IANA names it for TLS. RFC 5480 2.1.1.1.
        certificate_curve: Word,
        /// DNS names it is for; `*` also stands for the owner of somebody's machine. RFC 5280 4.2.1.6.
        san_dns: Texts,
        /// Addresses it is for. RFC 5280 4.2.1.6.
        san_ip: Texts,
        /// Whether it may sign certificates; null where it does not say. RFC 5280 4.2.1.9.
        basic_constraints_ca: Bool,
        /// Whether issuer and subject are the same.
        self_signed: Bool,
        /// First of the server's chain.
        host_cert: Bool,
        /// First of the client's chain.
        client_cert: Bool,
        /// What was not built as the standard says.
        malformed: Word,
    }
}

pub static PROTOCOL: Protocol = Protocol {
    name: "ssl",
    ports: &[443, 2762],
    probe: record::probe,
    find: Some(record::find),
    session: || Box::new(session::Handshake::default()),
};
