//! Numbers of the TLS registries and the names that IANA gives them (TLS Parameters; TLS ExtensionType Values).

use std::borrow::Cow;
use std::sync::LazyLock;

/// RFC 8701: values that clients sprinkle in to keep servers tolerant; they mean nothing.
pub fn is_grease(value: u16) -> bool {
    let [high, low] = value.to_be_bytes();
    high == low && low & 0x0f == 0x0a
}

/// What Zeek calls a protocol version; drafts of TLS 1.3 are 0x7f00 + draft number.
pub fn version(value: u16) -> Cow<'static, str> {
    Cow::Borrowed(match value {
        0x0002 => "SSLv2",
        0x0300 => "SSLv3",
        0x0301 => "TLSv10",
        0x0302 => "TLSv11",
        0x0303 => "TLSv12",
        0x0304 => "TLSv13",
        _ if value >> 8 == 0x7f => return Cow::Owned(format!("TLSv13-draft{}", value & 0xff)),
        _ => return Cow::Owned(format!("unknown-{value}")),
    })
}

/// TLS 1.3 or a draft of it: everything after the server's hello is encrypted.
pub fn is_tls13(version: u16) -> bool {
    version == 0x0304 || version >> 8 == 0x7f
}

/// The cipher suites of the registry, ordered by number. `data/cipher_suites.tsv`: hex, tab, name.
static CIPHERS: LazyLock<Vec<(u16, &'static str)>> = LazyLock::new(|| {
    let row = |line: &'static str| {
        line.split_once('\t')
            .and_then(|(hex, name)| Some((u16::from_str_radix(hex, 16).ok()?, name)))
    };
    let mut all: Vec<_> = include_str!("../../../data/cipher_suites.tsv").lines().filter_map(row).collect();
    all.sort_unstable();
    all
});

pub fn cipher(value: u16) -> Option<&'static str> {
    let at = CIPHERS.binary_search_by_key(&value, |&(number, _)| number).ok()?;
    CIPHERS.get(at).map(|&(_, name)| name)
}

/// Supported groups (RFC 8446 4.2.7, RFC 7919, RFC 8422, RFC 8734, draft-ietf-tls-ecdhe-mlkem, draft-tls-westerbaan-xyber768d00).
const GROUPS: &[(u16, &str)] = &[
    (1, "sect163k1"),
    (2, "sect163r1"),
    (3, "sect163r2"),
    (4, "sect193r1"),
    (5, "sect193r2"),
    (6, "sect233k1"),
    (7, "sect233r1"),
    (8, "sect239k1"),
    (9, "sect283k1"),
    (10, "sect283r1"),
    (11, "sect409k1"),
    (12, "sect409r1"),
    (13, "sect571k1"),
    (14, "sect571r1"),
    (15, "secp160k1"),
    (16, "secp160r1"),
    (17, "secp160r2"),
    (18, "secp192k1"),
    (19, "secp192r1"),
    (20, "secp224k1"),
    (21, "secp224r1"),
    (22, "secp256k1"),
    (23, "secp256r1"),
    (24, "secp384r1"),
    (25, "secp521r1"),
    (26, "brainpoolP256r1"),
    (27, "brainpoolP384r1"),
    (28, "brainpoolP512r1"),
    (29, "x25519"),
    (30, "x448"),
    (31, "brainpoolP256r1tls13"),
    (32, "brainpoolP384r1tls13"),
    (33, "brainpoolP512r1tls13"),
    (41, "curveSM2"),
    (256, "ffdhe2048"),
    (257, "ffdhe3072"),
    (258, "ffdhe4096"),
    (259, "ffdhe6144"),
    (260, "ffdhe8192"),
    (0x0200, "MLKEM512"),
    (0x0201, "MLKEM768"),
    (0x0202, "MLKEM1024"),
    (0x11eb, "SecP256r1MLKEM768"),
    (0x11ec, "X25519MLKEM768"),
    (0x11ed, "SecP384r1MLKEM1024"),
    (0x11ee, "curveSM2MLKEM768"),
    (0x6399, "X25519Kyber768Draft00"),
    (0x639a, "SecP256r1Kyber768Draft00"),
];

/// The name of a group; one without a name is its number in hexadecimal.
pub fn group(value: u16) -> Cow<'static, str> {
    match GROUPS.iter().find(|&&(number, _)| number == value) {
        Some(&(_, name)) => Cow::Borrowed(name),
        None => Cow::Owned(format!("0x{value:04x}")),
    }
}

/// Groups that join an elliptic curve with a key encapsulation that a quantum computer does not break.
pub fn is_hybrid(group: u16) -> bool {
    matches!(group, 0x11eb..=0x11ee | 0x6399 | 0x639a)
}

/// Protocols that IANA has names for (TLS Application-Layer Protocol Negotiation Protocol IDs). RFC 7301 section 6.
const ALPN: &[&str] = &[
    "http/0.9",
    "http/1.0",
    "http/1.1",
    "spdy/1",
    "spdy/2",
    "spdy/3",
    "stun.turn",
    "stun.nat-discovery",
    "h2",
    "h2c",
    "webrtc",
    "c-webrtc",
    "ftp",
    "imap",
    "pop3",
    "managesieve",
    "coap",
    "co",
    "xmpp-client",
    "xmpp-server",
    "acme-tls/1",
    "mqtt",
    "dot",
    "ntske/1",
    "sunrpc",
    "h3",
    "smb",
    "irc",
    "nntp",
    "nnsp",
    "doq",
    "sip/2",
    "tds/8.0",
    "dicom",
    "postgresql",
    "radius/1.0",
    "radius/1.1",
];

/// The name of a protocol; of one without, `{}`: it is free text of either side.
pub fn alpn(protocol: &[u8]) -> &'static str {
    ALPN.iter().find(|name| name.as_bytes() == protocol).copied().unwrap_or("{}")
}

/// Alert descriptions. RFC 8446 section 6, RFC 5246 7.2, RFC 6101 5.4.
pub fn alert(value: u8) -> Option<&'static str> {
    Some(match value {
        0 => "close_notify",
        10 => "unexpected_message",
        20 => "bad_record_mac",
        21 => "decryption_failed",
        22 => "record_overflow",
        30 => "decompression_failure",
        40 => "handshake_failure",
        41 => "no_certificate",
        42 => "bad_certificate",
        43 => "unsupported_certificate",
        44 => "certificate_revoked",
        45 => "certificate_expired",
        46 => "certificate_unknown",
        47 => "illegal_parameter",
        48 => "unknown_ca",
        49 => "access_denied",
        50 => "decode_error",
        51 => "decrypt_error",
        60 => "export_restriction",
        70 => "protocol_version",
        71 => "insufficient_security",
        80 => "internal_error",
        86 => "inappropriate_fallback",
        90 => "user_canceled",
        100 => "no_renegotiation",
        109 => "missing_extension",
        110 => "unsupported_extension",
        111 => "certificate_unobtainable",
        112 => "unrecognized_name",
        113 => "bad_certificate_status_response",
        114 => "bad_certificate_hash_value",
        115 => "unknown_psk_identity",
        116 => "certificate_required",
        120 => "no_application_protocol",
        121 => "ech_required",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_the_registry() {
        assert!(CIPHERS.len() >= 150);
        assert_eq!(cipher(0x1301), Some("TLS_AES_128_GCM_SHA256"));
        assert_eq!(cipher(0xc02f), Some("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"));
        assert_eq!(cipher(0x0a0a), None);
        assert!(CIPHERS.windows(2).all(|pair| pair[0].0 < pair[1].0));
        assert!(CIPHERS.iter().all(|(_, name)| name.starts_with("TLS_")));
    }

    #[test]
    fn grease_is_sixteen_values() {
        assert_eq!((0..=u16::MAX).filter(|&v| is_grease(v)).count(), 16);
        assert!(is_grease(0xfafa) && !is_grease(0x0a1a));
    }

    #[test]
    fn only_registered_protocols_are_named() {
        assert_eq!(
            [alpn(b"h2"), alpn(b"dicom"), alpn(b"Erika Mustermann"), alpn(b"\x0a\x0a")],
            ["h2", "dicom", "{}", "{}"]
        );
    }

    #[test]
    fn hybrids_are_named() {
        assert_eq!(group(0x11ec), "X25519MLKEM768");
        assert_eq!(group(0x6399), "X25519Kyber768Draft00");
        assert_eq!(group(0x7777), "0x7777");
        assert!(is_hybrid(0x11eb) && !is_hybrid(29));
    }
}
