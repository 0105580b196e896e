//! The MCS connection of RDP's own protection, in clear: blocks of settings inside a GCC conference inside MCS. MS-RDPBCGR 2.2.1.3 and 2.2.1.4;
//! T.124, T.125.

use crate::charset::utf16;

/// X.224 data head, and the tags of Connect-Initial and Connect-Response behind it. X.224 13.7; T.125 7.
const INITIAL: [u8; 5] = [2, 0xf0, 0x80, 0x7f, 101];
const RESPONSE: [u8; 5] = [2, 0xf0, 0x80, 0x7f, 102];

/// H.221 keys that stand before the blocks of client and server. MS-RDPBCGR 2.2.1.3 and 2.2.1.4.
const CLIENT_KEY: &[u8] = b"Duca";
const SERVER_KEY: &[u8] = b"McDn";

/// MS-RDPBCGR 2.2.1.3.1: types of blocks.
const CS_CORE: u16 = 0xC001;
const SC_SECURITY: u16 = 0x0C02;

/// What a client says of itself.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Client {
    pub build: u32,
    pub name: String,
}

/// How the server has the connection encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Encryption {
    pub method: u32,
    pub level: u32,
}

/// `packet` is what a TPKT holds.
pub fn client(packet: &[u8]) -> Option<Client> {
    let core = block(blocks(packet, &INITIAL, CLIENT_KEY)?, CS_CORE)?;
    // Version, width, height, colour depth, SAS sequence and keyboard (2.2.1.3.2) stand before build and name.
    let build = u32::from_le_bytes(core.get(16..20)?.try_into().ok()?);
    let name = utf16(core.get(20..52)?);
    Some(Client {
        build,
        name: name.split('\0').next().unwrap_or_default().to_owned(),
    })
}

pub fn server(packet: &[u8]) -> Option<Encryption> {
    let security = block(blocks(packet, &RESPONSE, SERVER_KEY)?, SC_SECURITY)?;
    let number = |at: usize| Some(u32::from_le_bytes(security.get(at..at.checked_add(4)?)?.try_into().ok()?));
    Some(Encryption {
        method: number(0)?,
        level: number(4)?,
    })
}

/// The blocks behind the key and their length, which is packed (X.691 10.9.3: one byte, or two with the highest bit set).
fn blocks<'a>(packet: &'a [u8], head: &[u8], key: &[u8]) -> Option<&'a [u8]> {
    let inside = packet.strip_prefix(head)?;
    let at = inside.windows(key.len()).position(|part| part == key)?.checked_add(key.len())?;
    match inside.get(at..)? {
        [0x80..=0xbf, _, blocks @ ..] | [0..=0x7f, blocks @ ..] => Some(blocks),
        _ => None,
    }
}

/// What the first block of this type holds behind its type and length. MS-RDPBCGR 2.2.1.3.1.
fn block(mut blocks: &[u8], wanted: u16) -> Option<&[u8]> {
    while let Some((&[a, b, c, d], rest)) = blocks.split_first_chunk() {
        let length = usize::from(u16::from_le_bytes([c, d])).checked_sub(4)?;
        let (inside, after) = rest.split_at_checked(length)?;
        if u16::from_le_bytes([a, b]) == wanted {
            return Some(inside);
        }
        blocks = after;
    }
    None
}

/// MS-RDPBCGR 2.2.1.4.3.
pub fn method(number: u32) -> &'static str {
    match number {
        0 => "none",
        1 => "40bit",
        2 => "128bit",
        8 => "56bit",
        16 => "fips",
        _ => "other",
    }
}

pub fn level(number: u32) -> &'static str {
    match number {
        0 => "none",
        1 => "low",
        2 => "client_compatible",
        3 => "high",
        4 => "fips",
        _ => "other",
    }
}
