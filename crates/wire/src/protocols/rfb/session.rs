//! The handshake from both sides: versions, security type, its exchange, its result, the two greetings. RFC 6143 7.1 to 7.3.

use super::probe::VERSION;
use super::security::{self, Within};
use super::Rfb;
use crate::context::Context;
use crate::limits;
use crate::protocols::{Dir, Session, Step};

/// Bytes of a challenge and of its answer: DES of 16 bytes (RFC 6143 7.2.2); what Apple's client encrypts of name and password.
const CHALLENGE: u64 = 16;
const APPLE_CREDENTIALS: u64 = 128;
/// Bytes of one capability of Tight: code, maker, signature.
const CAPABILITY: u64 = 16;

/// What one side says next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Next {
    #[default]
    Version,
    /// The server: what it offers. The client: what it takes.
    Security,
    /// What the security type asks for, which may be known only when it comes.
    Exchange,
    /// The server: whether it takes the version, then what it offers within. The client: what it takes.
    VencryptSubtype,
    /// The client: lengths of a user name and a password.
    Plain,
    /// The server: its consent to TLS.
    TlsAgreed,
    TightTunnel,
    TightMethod,
    Result,
    Init,
    Over,
}

/// How far the protocol's version goes: RFC 6143 7.1.1 knows three.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Era {
    V3,
    V7,
    V8,
}

#[derive(Clone, Copy, Debug)]
struct Version([u8; VERSION]);

impl Version {
    fn major(&self) -> Option<&str> {
        std::str::from_utf8(self.0.get(4..7)?).ok()
    }

    fn minor(&self) -> Option<&str> {
        std::str::from_utf8(self.0.get(8..11)?).ok()
    }

    /// Apple's 3.889 and what is above 3 speak as 3.8 does; any other is to be taken for 3.3 (RFC 6143 7.1.1).
    fn era(&self) -> Era {
        let number = |text: Option<&str>| text.and_then(|t| t.parse::<u16>().ok()).unwrap_or(0);
        match (number(self.major()), number(self.minor())) {
            (4.., _) | (3, 8..) => Era::V8,
            (3, 7) => Era::V7,
            _ => Era::V3,
        }
    }
}

#[derive(Default)]
pub struct Handshake {
    began: Option<(i64, Dir, u64)>,
    next: [Next; 2],
    versions: [Option<Version>; 2],
    offered: Vec<u8>,
    method: Option<u8>,
    submethod: Option<&'static str>,
    /// What is really exchanged: the method, or what Tight holds.
    exchange: Option<u8>,
    /// Bytes of a key of Apple's, and how many choices Tight gives.
    apple_key: u64,
    tunnels: u32,
    methods: u32,
    auth: Option<bool>,
    tls: bool,
    share: Option<bool>,
    screen: Option<(u16, u16)>,
    lost: bool,
    closed: [bool; 2],
    told: bool,
}

type Said = Result<Step, Step>;

fn fixed<const N: usize>(bytes: &[u8]) -> Result<[u8; N], Step> {
    bytes.first_chunk().copied().ok_or(Step::Need(N))
}

impl Session for Handshake {
    fn data(&mut self, dir: Dir, bytes: &[u8], cx: &mut Context<'_>) -> Step {
        self.began.get_or_insert((cx.ts, dir, cx.offset));
        if self.told {
            return Step::Done;
        }
        let said = match dir {
            Dir::Orig => self.client(bytes),
            Dir::Resp => self.server(bytes),
        };
        let step = said.unwrap_or_else(|step| step);
        if matches!(step, Step::Turn(_)) || self.auth == Some(false) || self.screen.is_some() {
            self.tell(false, cx);
        }
        step
    }

    fn closed(&mut self, dir: Dir, _cx: &mut Context<'_>) {
        if let Some(closed) = self.closed.get_mut(dir as usize) {
            *closed = true;
        }
    }

    fn gap(&mut self, dir: Dir, _missing: u64, _cx: &mut Context<'_>) {
        self.lost = true;
        self.go(dir, Next::Over);
    }

    fn end(&mut self, cx: &mut Context<'_>) {
        self.tell(self.lost || self.closed != [true; 2], cx);
    }
}

impl Handshake {
    fn next(&self, dir: Dir) -> Next {
        self.next.get(dir as usize).copied().unwrap_or(Next::Over)
    }

    fn go(&mut self, dir: Dir, next: Next) {
        if let Some(place) = self.next.get_mut(dir as usize) {
            *place = next;
        }
    }

    fn version(&mut self, dir: Dir, bytes: &[u8]) -> Said {
        let version = Version(fixed(bytes)?);
        if let Some(place) = self.versions.get_mut(dir as usize) {
            *place = Some(version);
        }
        self.go(dir, Next::Security);
        Ok(Step::Took(VERSION))
    }

    /// What both sides speak, or the one that was seen.
    fn era(&self) -> Era {
        let eras = self.versions.iter().flatten().map(Version::era);
        eras.min().unwrap_or(Era::V3)
    }

    fn chosen(&mut self, kind: u8) {
        (self.method, self.exchange) = (Some(kind), Some(kind));
    }

    /// Nothing more is understood of this side.
    fn over(&mut self, dir: Dir) -> Said {
        self.go(dir, Next::Over);
        Ok(Step::Done)
    }

    /// Goes on behind what is passed over.
    fn pass(&mut self, dir: Dir, bytes: u64, next: Next) -> Said {
        self.go(dir, next);
        Ok(Step::Skip(bytes))
    }

    fn server(&mut self, bytes: &[u8]) -> Said {
        const DIR: Dir = Dir::Resp;
        match self.next(DIR) {
            Next::Version => self.version(DIR, bytes),
            Next::Security => self.offers(bytes),
            Next::Exchange => self.server_exchange(bytes),
            Next::VencryptSubtype => self.vencrypt_offers(bytes),
            Next::TlsAgreed => match fixed::<1>(bytes)? {
                [1] => {
                    self.tls = true;
                    Ok(Step::Turn(1))
                }
                _ => self.over(DIR),
            },
            Next::TightTunnel => {
                self.tunnels = self.capabilities(bytes)?;
                self.pass(
                    DIR,
                    u64::from(self.tunnels).saturating_mul(CAPABILITY).saturating_add(4),
                    Next::TightMethod,
                )
            }
            Next::TightMethod => {
                self.methods = self.capabilities(bytes)?;
                if self.methods == 0 {
                    (self.submethod, self.exchange) = (Some("none"), Some(security::NONE));
                }
                self.pass(
                    DIR,
                    u64::from(self.methods).saturating_mul(CAPABILITY).saturating_add(4),
                    Next::Exchange,
                )
            }
            Next::Result => {
                self.auth = Some(fixed::<4>(bytes)? == [0; 4]);
                self.go(DIR, if self.auth == Some(true) { Next::Init } else { Next::Over });
                Ok(Step::Took(4))
            }
            Next::Init => {
                let [a, b, c, d] = fixed(bytes)?;
                self.screen = Some((u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d])));
                // Before 3.8 nobody says that who needs no password is let in: the greeting does.
                self.auth = Some(true);
                self.over(DIR)
            }
            Next::Plain | Next::Over => Ok(Step::Done),
        }
    }

    fn capabilities(&self, bytes: &[u8]) -> Result<u32, Step> {
        let count = u32::from_be_bytes(fixed(bytes)?);
        if count > limits::RFB_CAPABILITIES {
            return Err(Step::Done);
        }
        Ok(count)
    }

    /// RFC 6143 7.1.2; appendix A for version 3.3, in which the server decides.
    fn offers(&mut self, bytes: &[u8]) -> Said {
        if self.era() == Era::V3 {
            let [a, b, c, kind] = fixed(bytes)?;
            if [a, b, c] != [0; 3] || kind == security::INVALID {
                return self.over(Dir::Resp);
            }
            self.offered = vec![kind];
            self.chosen(kind);
            self.go(Dir::Resp, Next::Exchange);
            return Ok(Step::Took(4));
        }
        let [count] = fixed(bytes)?;
        if count == 0 {
            return self.over(Dir::Resp);
        }
        let end = usize::from(count).saturating_add(1);
        let offered = bytes.get(1..end).ok_or(Step::Need(end))?;
        self.offered = offered.to_vec();
        self.go(Dir::Resp, Next::Exchange);
        Ok(Step::Took(end))
    }

    fn server_exchange(&mut self, bytes: &[u8]) -> Said {
        const DIR: Dir = Dir::Resp;
        match self.exchange {
            Some(security::NONE) => {
                self.go(DIR, if self.era() == Era::V8 { Next::Result } else { Next::Init });
                self.server(bytes)
            }
            Some(security::VNC) => self.pass(DIR, CHALLENGE, Next::Result),
            Some(security::APPLE) => {
                // A generator, the length of the key, a prime and a key of that length.
                let [_, _, high, low] = fixed(bytes)?;
                self.apple_key = u64::from(u16::from_be_bytes([high, low]));
                self.pass(DIR, self.apple_key.saturating_mul(2).saturating_add(4), Next::Result)
            }
            Some(security::VENCRYPT) => self.pass(DIR, 2, Next::VencryptSubtype),
            Some(security::TIGHT) => {
                self.go(DIR, Next::TightTunnel);
                self.server(bytes)
            }
            _ => self.over(DIR),
        }
    }

    /// A byte whether the client's version is taken (0), then the subtypes.
    fn vencrypt_offers(&mut self, bytes: &[u8]) -> Said {
        let [refused, count] = fixed(bytes)?;
        if refused != 0 {
            return self.over(Dir::Resp);
        }
        let end = u64::from(count).saturating_mul(4).saturating_add(2);
        self.pass(Dir::Resp, end, Next::TlsAgreed)
    }

    fn client(&mut self, bytes: &[u8]) -> Said {
        const DIR: Dir = Dir::Orig;
        match self.next(DIR) {
            Next::Version => self.version(DIR, bytes),
            Next::Security if self.era() == Era::V3 => {
                self.go(DIR, Next::Exchange);
                self.client(bytes)
            }
            Next::Security => {
                let [kind] = fixed(bytes)?;
                self.chosen(kind);
                self.go(DIR, Next::Exchange);
                self.tls = kind == security::TLS;
                Ok(if self.tls { Step::Turn(1) } else { Step::Took(1) })
            }
            Next::Exchange => self.client_exchange(bytes),
            Next::VencryptSubtype => self.vencrypt_takes(bytes),
            Next::Plain => {
                let [a, b, c, d, e, f, g, h] = fixed(bytes)?;
                let lengths = [[a, b, c, d], [e, f, g, h]].map(|n| u64::from(u32::from_be_bytes(n)));
                self.pass(DIR, lengths.into_iter().fold(8, u64::saturating_add), Next::Init)
            }
            Next::TightTunnel if self.tunnels > 0 => self.pass(DIR, 4, Next::TightMethod),
            Next::TightTunnel | Next::TightMethod if self.methods > 0 => {
                let (name, kind) = security::tight(u32::from_be_bytes(fixed(bytes)?));
                (self.submethod, self.exchange) = (Some(name), Some(kind));
                self.go(DIR, Next::Exchange);
                Ok(Step::Took(4))
            }
            Next::TightTunnel | Next::TightMethod => {
                self.go(DIR, Next::Init);
                self.client(bytes)
            }
            Next::Init => {
                self.share = Some(fixed::<1>(bytes)? != [0]);
                self.over(DIR)
            }
            Next::TlsAgreed | Next::Result | Next::Over => Ok(Step::Done),
        }
    }

    fn client_exchange(&mut self, bytes: &[u8]) -> Said {
        const DIR: Dir = Dir::Orig;
        match self.exchange {
            Some(security::NONE) => {
                self.go(DIR, Next::Init);
                self.client(bytes)
            }
            Some(security::VNC) => self.pass(DIR, CHALLENGE, Next::Init),
            Some(security::APPLE) => self.pass(DIR, self.apple_key.saturating_add(APPLE_CREDENTIALS), Next::Init),
            Some(security::VENCRYPT) => self.pass(DIR, 2, Next::VencryptSubtype),
            Some(security::TIGHT) => {
                self.go(DIR, Next::TightTunnel);
                self.client(bytes)
            }
            _ => self.over(DIR),
        }
    }

    fn vencrypt_takes(&mut self, bytes: &[u8]) -> Said {
        let (name, within) = security::vencrypt(u32::from_be_bytes(fixed(bytes)?));
        self.submethod = Some(name);
        match within {
            Within::Plain => {
                self.go(Dir::Orig, Next::Plain);
                self.go(Dir::Resp, Next::Result);
            }
            Within::Tls => self.go(Dir::Orig, Next::Over),
            Within::Unknown => {
                self.go(Dir::Orig, Next::Over);
                self.go(Dir::Resp, Next::Over);
            }
        }
        Ok(Step::Took(4))
    }

    fn tell(&mut self, partial: bool, cx: &mut Context<'_>) {
        let (Some((ts, dir, at)), false) = (self.began, self.told) else {
            return;
        };
        self.told = true;
        let [client, server] = &self.versions;
        let row = Rfb {
            client_major_version: client.as_ref().and_then(Version::major),
            client_minor_version: client.as_ref().and_then(Version::minor),
            server_major_version: server.as_ref().and_then(Version::major),
            server_minor_version: server.as_ref().and_then(Version::minor),
            security_types: self.offered.iter().map(|kind| security::name(*kind).into()).collect(),
            authentication_method: self.method.map(security::name),
            authentication_submethod: self.submethod,
            auth: self.auth,
            tls: Some(self.tls),
            share_flag: self.share,
            width: self.screen.map(|(width, _)| i64::from(width)),
            height: self.screen.map(|(_, height)| i64::from(height)),
            partial: Some(partial),
            ..Rfb::default()
        };
        cx.emit(ts, dir, at, &row);
    }
}
