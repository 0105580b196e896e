//! The two hellos: what a client offers and what a server chose. RFC 8446 4.1, RFC 5246 7.4.1, RFC 6101 5.6.1; extensions: RFC 6066,
//! RFC 7301, RFC 8446 4.2.

use super::cursor::{numbers, Cursor};
use super::names::{is_grease, is_tls13};

const SERVER_NAME: u16 = 0;
const SUPPORTED_GROUPS: u16 = 10;
const EC_POINT_FORMATS: u16 = 11;
const SIGNATURE_ALGORITHMS: u16 = 13;
const ALPN: u16 = 16;
const PRE_SHARED_KEY: u16 = 41;
const SUPPORTED_VERSIONS: u16 = 43;
const KEY_SHARE: u16 = 51;

/// The random of a HelloRetryRequest: SHA-256 of "HelloRetryRequest". RFC 8446 4.1.3.
const RETRY: [u8; 32] = [
    0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91, 0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb,
    0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
];

/// A client's hello; borrowed from the message. Numbers keep their order on the wire and are without GREASE, but for `alpn`.
#[derive(Debug, Default, PartialEq)]
pub struct ClientHello<'a> {
    /// Only the first bytes were captured: what is missing may have been said all the same.
    pub cut: bool,
    pub legacy_version: u16,
    pub session_id: &'a [u8],
    pub ciphers: Vec<u16>,
    pub extensions: Vec<u16>,
    pub server_name: Option<&'a [u8]>,
    pub groups: Vec<u16>,
    pub point_formats: &'a [u8],
    pub signatures: Vec<u16>,
    pub alpn: Vec<&'a [u8]>,
    pub versions: Vec<u16>,
    pub key_shares: Vec<u16>,
}

/// A server's hello or HelloRetryRequest.
#[derive(Debug, Default, PartialEq)]
pub struct ServerHello<'a> {
    pub cut: bool,
    pub legacy_version: u16,
    /// The version spoken: `supported_versions`, else the legacy one; `None` if the former may have been cut off.
    pub version: Option<u16>,
    pub retry: bool,
    pub session_id: &'a [u8],
    pub cipher: Option<u16>,
    pub extensions: Vec<u16>,
    pub alpn: Option<&'a [u8]>,
    /// The group of the key share (HelloRetryRequest: the one asked for).
    pub group: Option<u16>,
    pub pre_shared_key: bool,
}

impl<'a> ClientHello<'a> {
    /// `None` if the message is not built as a client's hello is.
    pub fn parse(body: &'a [u8]) -> Option<ClientHello<'a>> {
        let mut hello = ClientHello::default();
        hello.read(body)?;
        if hello.versions.is_empty() {
            hello.versions = vec![hello.legacy_version];
        }
        Some(hello)
    }

    /// What the first bytes of one say.
    pub fn parse_cut(body: &'a [u8]) -> ClientHello<'a> {
        let mut hello = ClientHello {
            cut: true,
            ..ClientHello::default()
        };
        hello.read(body);
        hello
    }

    fn read(&mut self, body: &'a [u8]) -> Option<()> {
        let mut cursor = Cursor::new(body);
        self.legacy_version = cursor.u16()?;
        cursor.take(32)?;
        self.session_id = cursor.vector8()?;
        self.ciphers = sensible(cursor.vector16()?);
        cursor.vector8()?;
        for_each_extension(cursor, self.cut, |kind, data| {
            if !is_grease(kind) {
                self.extensions.push(kind);
            }
            self.extension(kind, data)
        })
    }

    fn extension(&mut self, kind: u16, data: &'a [u8]) -> Option<()> {
        let mut cursor = Cursor::new(data);
        match kind {
            SERVER_NAME if !data.is_empty() => {
                let mut list = Cursor::new(cursor.vector16()?);
                while !list.is_empty() {
                    let (name_type, name) = (list.u8()?, list.vector16()?);
                    if name_type == 0 && self.server_name.is_none() {
                        self.server_name = Some(name);
                    }
                }
            }
            SUPPORTED_GROUPS => self.groups = sensible(cursor.vector16()?),
            EC_POINT_FORMATS => self.point_formats = cursor.vector8()?,
            SIGNATURE_ALGORITHMS => self.signatures = sensible(cursor.vector16()?),
            ALPN => self.alpn = protocols(cursor)?,
            SUPPORTED_VERSIONS => self.versions = sensible(cursor.vector8()?),
            KEY_SHARE => {
                let mut shares = Cursor::new(cursor.vector16()?);
                while !shares.is_empty() {
                    let (group, _key) = (shares.u16()?, shares.vector16()?);
                    if !is_grease(group) {
                        self.key_shares.push(group);
                    }
                }
            }
            _ => {}
        }
        Some(())
    }
}

impl<'a> ServerHello<'a> {
    /// `None` if the message is not built as a server's hello is.
    pub fn parse(body: &'a [u8]) -> Option<ServerHello<'a>> {
        let mut hello = ServerHello::default();
        hello.read(body)?;
        hello.version = hello.version.or(Some(hello.legacy_version));
        Some(hello)
    }

    /// What the first bytes of one say.
    pub fn parse_cut(body: &'a [u8]) -> ServerHello<'a> {
        let mut hello = ServerHello {
            cut: true,
            ..ServerHello::default()
        };
        hello.read(body);
        // RFC 8446 4.1.3: TLS 1.3 calls itself 1.2 here.
        let sure = (0x0300..0x0303).contains(&hello.legacy_version);
        hello.version = hello.version.or(sure.then_some(hello.legacy_version));
        hello
    }

    fn read(&mut self, body: &'a [u8]) -> Option<()> {
        let mut cursor = Cursor::new(body);
        self.legacy_version = cursor.u16()?;
        self.retry = cursor.take(32)? == RETRY;
        // Drafts of TLS 1.3 before 22 name themselves here and have no session id and no compression method.
        if !is_tls13(self.legacy_version) {
            self.session_id = cursor.vector8()?;
        }
        self.cipher = Some(cursor.u16()?);
        if !is_tls13(self.legacy_version) {
            cursor.u8()?;
        }
        for_each_extension(cursor, self.cut, |kind, data| {
            self.extensions.push(kind);
            self.extension(kind, data)
        })
    }

    fn extension(&mut self, kind: u16, data: &'a [u8]) -> Option<()> {
        let mut cursor = Cursor::new(data);
        match kind {
            ALPN => self.alpn = protocols(cursor)?.first().copied(),
            SUPPORTED_VERSIONS => self.version = Some(cursor.u16()?),
            KEY_SHARE => self.group = Some(cursor.u16()?),
            PRE_SHARED_KEY => self.pre_shared_key = true,
            _ => {}
        }
        Some(())
    }
}

/// The named curve of a ServerKeyExchange whose suite is ECDHE or ECDH_anon. RFC 8422 5.4: ECCurveType 3 is named_curve.
pub fn key_exchange_group(body: &[u8]) -> Option<u16> {
    let mut cursor = Cursor::new(body);
    if cursor.u8()? == 3 {
        cursor.u16()
    } else {
        None
    }
}

/// Hellos before TLS 1.2 may end without extensions. Of a list that is `cut` those that are whole are visited.
fn for_each_extension<'a>(mut cursor: Cursor<'a>, cut: bool, mut visit: impl FnMut(u16, &'a [u8]) -> Option<()>) -> Option<()> {
    if cursor.is_empty() {
        return Some(());
    }
    let length = usize::from(cursor.u16()?);
    let length = if cut { length.min(cursor.rest().len()) } else { length };
    let mut list = Cursor::new(cursor.take(length)?);
    while !list.is_empty() {
        let (kind, data) = (list.u16()?, list.vector16()?);
        visit(kind, data)?;
    }
    Some(())
}

fn protocols(mut cursor: Cursor<'_>) -> Option<Vec<&[u8]>> {
    let mut list = Cursor::new(cursor.vector16()?);
    let mut names = Vec::new();
    while !list.is_empty() {
        names.push(list.vector8()?);
    }
    Some(names)
}

fn sensible(bytes: &[u8]) -> Vec<u16> {
    numbers(bytes).filter(|&value| !is_grease(value)).collect()
}
