//! The packets of a login, taken apart. MySQL Internals, Connection Phase Packets.

use crate::limits;
use crate::protocols::database::{text, version};
use crate::protocols::{Dir, Probe};

/// CLIENT_* of MySQL Internals, Capability Flags.
const WITH_DATABASE: u32 = 1 << 3;
const PROTOCOL_41: u32 = 1 << 9;
pub const SSL: u32 = 1 << 11;
const SECURE_CONNECTION: u32 = 1 << 15;
const PLUGIN: u32 = 1 << 19;
const ATTRIBUTES: u32 = 1 << 20;
const LONG_ANSWER: u32 = 1 << 21;

/// Methods by the names of their plugins, as MySQL, MariaDB, Percona and their clients write them: any other may say anything.
const METHODS: &[&str] = &[
    "mysql_native_password",
    "mysql_old_password",
    "mysql_clear_password",
    "sha256_password",
    "caching_sha2_password",
    "dialog",
    "client_ed25519",
    "parsec",
    "unix_socket",
    "auth_socket",
    "auth_gssapi_client",
    "authentication_windows_client",
    "authentication_kerberos_client",
    "authentication_ldap_sasl_client",
    "authentication_ldap_simple",
    "authentication_pam",
    "authentication_oci_client",
    "authentication_fido_client",
    "authentication_webauthn_client",
    "authentication_openid_connect_client",
];

/// Products that speak it and name themselves in their version; who names none is MySQL.
const PRODUCTS: &[&str] = &[
    "MariaDB",
    "Percona",
    "TiDB",
    "Vitess",
    "ProxySQL",
    "MaxScale",
    "SingleStore",
    "Doris",
    "StarRocks",
];

/// Initial handshake packet of MySQL and MariaDB: number 0, version 10, the server's version as text. Protocol::HandshakeV10.
pub fn probe(dir: Dir, bytes: &[u8]) -> Probe {
    if dir == Dir::Orig {
        return Probe::Never;
    }
    let Some((&[low, middle, high, number, version], rest)) = bytes.split_first_chunk() else {
        let fits = bytes.get(2).is_none_or(|high| *high == 0) && bytes.get(3).is_none_or(|number| *number == 0);
        return if fits { Probe::Unsure } else { Probe::Never };
    };
    let length = usize::from(u16::from_le_bytes([low, middle]));
    if high != 0 || number != 0 || version != 10 || !(40..512).contains(&length) {
        return Probe::Never;
    }
    let text = rest.get(..64.min(rest.len())).unwrap_or_default();
    match text.iter().position(|byte| *byte == 0) {
        Some(end) if end > 2 && text.first().is_some_and(u8::is_ascii_digit) && text.iter().take(end).all(u8::is_ascii_graphic) => {
            Probe::Certain
        }
        None if text.len() < 64 && text.iter().all(u8::is_ascii_graphic) => Probe::Unsure,
        _ => Probe::Never,
    }
}

/// How a server greets. Protocol::HandshakeV10.
pub struct Greeting {
    pub server: Option<String>,
    pub tls: bool,
    pub method: Option<&'static str>,
}

pub fn greeting(packet: &[u8]) -> Option<Greeting> {
    let (told, rest) = text(packet.strip_prefix(&[10])?)?;
    let &[low, high, _, _, _, upper, top, salt] = rest.get(13..21)? else {
        return None;
    };
    let flags = u32::from_le_bytes([low, high, upper, top]);
    let salt = usize::from(salt).saturating_sub(8).max(13);
    let named = rest.get(salt.saturating_add(31)..).filter(|_| flags & PLUGIN != 0);
    Some(Greeting {
        server: product(told),
        tls: flags & SSL != 0,
        // Servers before 5.5.10 leave out the zero at its end.
        method: named.map(|name| method(text(name).map_or(name, |(name, _)| name))),
    })
}

/// `8.0.36-0ubuntu0.22.04.1`, `5.5.5-10.11.6-MariaDB`: old clients take a server above 5 for MySQL's, so that MariaDB puts that in front.
fn product(told: &[u8]) -> Option<String> {
    let told = std::str::from_utf8(told).ok()?;
    let lower = told.to_ascii_lowercase();
    let name = PRODUCTS.iter().find(|name| lower.contains(&name.to_ascii_lowercase()));
    let name = name.copied().unwrap_or("MySQL");
    let version = version(told.strip_prefix("5.5.5-").unwrap_or(told))?;
    Some(format!("{name} {version}"))
}

pub fn method(name: &[u8]) -> &'static str {
    let known = METHODS.iter().find(|known| known.as_bytes() == name);
    known.copied().unwrap_or("{}")
}

/// Whether what a client sends first asks for TLS and says nothing of who it is. Protocol::SSLRequest.
pub fn asks_for_tls(packet: &[u8]) -> bool {
    packet.len() == 32 && flags(packet).is_some_and(|flags| flags & SSL != 0)
}

fn flags(packet: &[u8]) -> Option<u32> {
    Some(u32::from_le_bytes(*packet.first_chunk()?))
}

/// Who logs in, and how. Protocol::HandshakeResponse41 and 320.
#[derive(Default)]
pub struct Login<'a> {
    pub user: &'a [u8],
    pub answer: &'a [u8],
    pub database: Option<&'a [u8]>,
    pub method: Option<&'static str>,
    pub program: Option<&'a [u8]>,
    pub os: Option<&'a [u8]>,
    /// The library and its version.
    pub library: [Option<&'a [u8]>; 2],
}

pub fn login(packet: &[u8]) -> Option<Login<'_>> {
    let flags = flags(packet)?;
    if flags & PROTOCOL_41 == 0 {
        return old_login(packet);
    }
    let (user, rest) = text(packet.get(32..)?)?;
    let (answer, rest) = match flags {
        flags if flags & LONG_ANSWER != 0 => counted(rest)?,
        flags if flags & SECURE_CONNECTION != 0 => short_counted(rest)?,
        _ => text(rest)?,
    };
    let (database, rest) = optional(rest, flags & WITH_DATABASE != 0);
    let (named, rest) = optional(rest, flags & PLUGIN != 0);
    let mut login = Login {
        user,
        answer,
        database,
        method: named.map(method),
        ..Login::default()
    };
    if let Some((attributes, _)) = counted(rest).filter(|_| flags & ATTRIBUTES != 0) {
        login.attributes(attributes);
    }
    Some(login)
}

/// Of clients before MySQL 4.1.
fn old_login(packet: &[u8]) -> Option<Login<'_>> {
    let (user, rest) = text(packet.get(5..)?)?;
    let (answer, rest) = text(rest).unwrap_or((rest, &[]));
    let database = Some(text(rest).map_or(rest, |(name, _)| name));
    Some(Login {
        user,
        answer,
        database,
        method: Some("mysql_old_password"),
        ..Login::default()
    })
}

/// A text that is there if a flag says so; at the end of a packet some clients leave out its zero.
fn optional(bytes: &[u8], there: bool) -> (Option<&[u8]>, &[u8]) {
    match text(bytes) {
        _ if !there => (None, bytes),
        Some((text, rest)) => (Some(text), rest),
        None => (Some(bytes), &[]),
    }
}

impl<'a> Login<'a> {
    fn attributes(&mut self, mut rest: &'a [u8]) {
        for _ in 0..limits::MYSQL_ATTRIBUTES {
            let Some((name, after)) = counted(rest) else { return };
            let Some((value, after)) = counted(after) else { return };
            match name {
                b"program_name" => self.program = Some(value),
                b"_os" => self.os = Some(value),
                b"_client_name" => self.library[0] = Some(value),
                b"_client_version" => self.library[1] = Some(value),
                _ => {}
            }
            rest = after;
        }
    }
}

fn short_counted(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (&length, rest) = bytes.split_first()?;
    rest.split_at_checked(usize::from(length))
}

/// Bytes with their number in front. Protocol::LengthEncodedString; longer ones than a packet of a login are none.
fn counted(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    match *bytes {
        [0xfc, low, high, ref rest @ ..] => rest.split_at_checked(usize::from(u16::from_le_bytes([low, high]))),
        [0xfb..=0xff, ..] => None,
        _ => short_counted(bytes),
    }
}

/// What a server says of a login.
pub enum Answer {
    Welcome,
    /// Number and SQLSTATE. ERR_Packet.
    Refused(i64, Option<String>),
    /// Another method is to be used. Protocol::AuthSwitchRequest.
    Switch(&'static str),
    More,
}

pub fn answer(packet: &[u8]) -> Option<Answer> {
    Some(match *packet {
        [0, ..] => Answer::Welcome,
        [0xff, low, high, ref rest @ ..] => {
            let state = rest.strip_prefix(b"#").and_then(|state| state.get(..5));
            Answer::Refused(
                i64::from(u16::from_le_bytes([low, high])),
                state.and_then(crate::protocols::database::sqlstate),
            )
        }
        [0xfe] => Answer::Switch("mysql_old_password"),
        [0xfe, ref rest @ ..] => Answer::Switch(method(text(rest).map_or(rest, |(name, _)| name))),
        [1, ..] => Answer::More,
        _ => return None,
    })
}
