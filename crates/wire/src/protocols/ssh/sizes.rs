//! How long a packet of a known payload becomes when it is encrypted. RFC 4253 section 6; OpenSSH PROTOCOL 1.5 to 1.7 and
//! PROTOCOL.chacha20poly1305; RFC 5647.

/// SSH_MSG_SERVICE_ACCEPT with `ssh-userauth` (RFC 4253 section 10), and SSH_MSG_USERAUTH_SUCCESS (RFC 4252 section 5.1).
const ACCEPT: u64 = 17;
const SUCCESS: u64 = 1;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sizes {
    pub accept: u64,
    pub success: u64,
}

/// Of a packet under this cipher and integrity; `None` if one of them is unknown.
pub fn sizes(cipher: &str, integrity: Option<&str>) -> Option<Sizes> {
    let own = cipher.starts_with("chacha20-poly1305") || cipher.contains("gcm") || cipher.contains("GCM");
    let block = block(cipher)?;
    let (tag, ahead) = if own { (16, true) } else { tag(integrity?)? };
    // Length, length of the padding, at least four bytes of that; the length stands outside of the blocks where it is not encrypted with them.
    let length = |payload: u64| {
        let (outside, inside) = if ahead { (4u64, 5u64) } else { (0, 9) };
        let blocks = payload.saturating_add(inside).next_multiple_of(block);
        outside.saturating_add(blocks).saturating_add(tag)
    };
    Some(Sizes {
        accept: length(ACCEPT),
        success: length(SUCCESS),
    })
}

fn block(cipher: &str) -> Option<u64> {
    let is = |names: &[&str]| names.iter().any(|name| cipher.starts_with(name));
    match cipher {
        _ if is(&["aes", "AEAD_AES", "rijndael", "twofish", "serpent", "camellia"]) => Some(16),
        _ if is(&["chacha20-poly1305", "3des", "blowfish", "cast128", "arcfour", "idea"]) => Some(8),
        _ => None,
    }
}

/// Bytes of the tag, and whether it is made of what is encrypted already.
fn tag(integrity: &str) -> Option<(u64, bool)> {
    let name = integrity.split('@').next().unwrap_or_default();
    let (name, ahead) = name.strip_suffix("-etm").map_or((name, false), |name| (name, true));
    let bytes = match name {
        "hmac-sha1" | "hmac-ripemd160" | "hmac-ripemd" => 20,
        "hmac-sha1-96" | "hmac-md5-96" | "hmac-sha2-256-96" | "hmac-sha2-512-96" => 12,
        "hmac-md5" | "umac-128" => 16,
        "hmac-sha2-256" => 32,
        "hmac-sha2-512" => 64,
        "umac-64" => 8,
        _ => return None,
    };
    Some((bytes, ahead))
}
