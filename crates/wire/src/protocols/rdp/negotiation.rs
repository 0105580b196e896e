//! What client and server can speak, and what they agree on. MS-RDPBCGR 2.2.1.1 and 2.2.1.2.

/// MS-RDPBCGR 2.2.1.1.1 and 2.2.1.2.1: types of the structure.
const REQUEST: u8 = 1;
const RESPONSE: u8 = 2;
const FAILURE: u8 = 3;

/// Bits of requestedProtocols, and values of selectedProtocol; no bit is RDP's own protection.
const PROTOCOLS: &[(u32, &str)] = &[
    (0x01, "ssl"),
    (0x02, "hybrid"),
    (0x04, "rdstls"),
    (0x08, "hybrid_ex"),
    (0x10, "aad"),
];

/// What a client asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked {
    pub cookie: bool,
    protocols: u32,
}

impl Asked {
    /// Of the variable part of an X.224 connection request: a routing token or a cookie, each a line, and the negotiation request.
    pub fn read(variable: &[u8]) -> Asked {
        let line = variable
            .windows(2)
            .position(|end| end == b"\r\n")
            .and_then(|end| end.checked_add(2));
        let (line, rest) = line.and_then(|end| variable.split_at_checked(end)).unwrap_or((&[], variable));
        Asked {
            cookie: line.starts_with(b"Cookie: mstshash="),
            protocols: structure(rest, REQUEST).unwrap_or(0),
        }
    }

    pub fn names(&self) -> Vec<&'static str> {
        let bits = PROTOCOLS.iter().filter(|(bit, _)| self.protocols & bit != 0);
        std::iter::once("rdp").chain(bits.map(|(_, name)| *name)).collect()
    }
}

/// What the server answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    Chosen(u32),
    Refused(u32),
    Malformed,
}

impl Answer {
    /// Of the variable part of an X.224 connection confirm; servers that negotiate nothing send none.
    pub fn read(variable: &[u8]) -> Answer {
        let chosen = structure(variable, RESPONSE).map(Answer::Chosen);
        match chosen.or_else(|| structure(variable, FAILURE).map(Answer::Refused)) {
            Some(answer) => answer,
            None if variable.is_empty() => Answer::Chosen(0),
            None => Answer::Malformed,
        }
    }
}

/// The number that a structure of this type holds: type, flags, length (8), and it.
fn structure(bytes: &[u8], kind: u8) -> Option<u32> {
    match bytes.first_chunk() {
        Some(&[found, _, 8, 0, a, b, c, d]) if found == kind => Some(u32::from_le_bytes([a, b, c, d])),
        _ => None,
    }
}

pub fn protocol(chosen: u32) -> &'static str {
    match chosen {
        0 => "rdp",
        _ => PROTOCOLS.iter().find(|(bit, _)| *bit == chosen).map_or("other", |(_, name)| name),
    }
}

/// Whether this is CredSSP: MS-RDPBCGR 5.4.5.2.
pub fn is_nla(chosen: u32) -> bool {
    matches!(chosen, 0x02 | 0x08)
}

/// MS-RDPBCGR 2.2.1.2.2.
pub fn failure(code: u32) -> &'static str {
    match code {
        1 => "ssl_required_by_server",
        2 => "ssl_not_allowed_by_server",
        3 => "ssl_cert_not_on_server",
        4 => "inconsistent_flags",
        5 => "hybrid_required_by_server",
        6 => "ssl_with_user_auth_required_by_server",
        _ => "other",
    }
}
