//! Messages of LDAP, as far as they are wanted: binds, StartTLS, results. RFC 4511 4.1.1, 4.1.9, 4.2, 4.12, 4.14.

use crate::credentials;
use crate::protocols::banner::ber::{element, whole, ENUMERATED, INTEGER, OCTET_STRING, SEQUENCE};
use crate::protocols::sasl::Exchange;

pub const BIND: u8 = 0x60;
pub const BOUND: u8 = 0x61;
pub const SEARCH: u8 = 0x63;
pub const EXTENDED: u8 = 0x77;
pub const EXTENDED_RESULT: u8 = 0x78;

const START_TLS: &[u8] = b"1.3.6.1.4.1.1466.20037";

/// How a message begins.
pub struct Head {
    pub id: i64,
    pub operation: u8,
}

/// What a bind asks.
#[derive(Debug)]
pub struct Bind<'a> {
    pub version: i64,
    pub name: &'a [u8],
    pub auth: &'static str,
    pub mechanism: Option<&'static str>,
    pub password_seen: bool,
    pub default: bool,
}

/// Length of the message that `bytes` begin with, whether it was shown or not. `Err`: so many bytes must be seen; 0: it is none.
pub fn length(bytes: &[u8]) -> Result<usize, usize> {
    /// Tag, and a length in up to four bytes.
    const HEAD: usize = 6;
    let Some(found) = element(bytes) else {
        let more = if bytes.len() < HEAD { bytes.len().saturating_add(1) } else { 0 };
        return Err(more);
    };
    if found.tag != SEQUENCE {
        return Err(0);
    }
    let shown = found.inside.len().saturating_add(found.after.len());
    Ok(bytes.len().saturating_sub(shown).saturating_add(found.length))
}

/// The head of a message that may be cut behind it.
pub fn head(bytes: &[u8]) -> Option<Head> {
    let message = element(bytes)?;
    let id = element(message.inside).filter(|id| id.tag == INTEGER)?;
    let operation = id.after.first()?;
    Some(Head {
        id: number(id.inside)?,
        operation: *operation,
    })
}

/// Contents of the operation of a whole message.
pub fn operation(bytes: &[u8]) -> Option<&[u8]> {
    let (message, _) = whole(bytes, SEQUENCE)?;
    let (_, operation) = whole(message, INTEGER)?;
    let found = element(operation)?;
    (found.inside.len() == found.length).then_some(found.inside)
}

/// RFC 4511 4.2; choices of authentication beyond: MS-ADTS 5.1.1.1.
pub fn bind(inside: &[u8]) -> Option<Bind<'_>> {
    const SIMPLE: u8 = 0x80;
    const SASL: u8 = 0xa3;
    let (version, rest) = whole(inside, INTEGER)?;
    let (name, rest) = whole(rest, OCTET_STRING)?;
    let choice = element(rest).filter(|choice| choice.inside.len() == choice.length)?;
    let mut bind = Bind {
        version: number(version)?,
        name,
        auth: "{}",
        mechanism: None,
        password_seen: false,
        default: false,
    };
    match choice.tag {
        SIMPLE => {
            bind.auth = match (name, choice.inside) {
                ([], []) => "anonymous",
                (_, []) => "unauthenticated",
                _ => "simple",
            };
            bind.password_seen = !choice.inside.is_empty();
            bind.default = is_default(name, choice.inside);
        }
        SASL => {
            let (mechanism, rest) = whole(choice.inside, OCTET_STRING)?;
            let mut exchange = Exchange::begin(mechanism);
            if let Some((credentials, _)) = whole(rest, OCTET_STRING) {
                exchange.response(credentials);
            }
            bind.auth = "sasl";
            bind.mechanism = Some(exchange.mechanism);
            bind.password_seen = exchange.password_seen;
            bind.default = exchange.default;
        }
        0x89..=0x8b => bind.auth = "sicily",
        _ => {}
    }
    Some(bind)
}

/// The whole name is compared, and the value that it begins with: `cn=admin,dc=hospital,dc=test` is `admin`.
fn is_default(name: &[u8], password: &[u8]) -> bool {
    let first = name.split(|b| *b == b',').next().unwrap_or_default();
    let value = first
        .iter()
        .position(|b| *b == b'=')
        .and_then(|at| first.get(at.saturating_add(1)..));
    credentials::user(name).has(password) || value.is_some_and(|user| credentials::user(user).has(password))
}

/// The code that a result begins with.
pub fn result(inside: &[u8]) -> Option<i64> {
    number(whole(inside, ENUMERATED)?.0)
}

pub fn asks_tls(inside: &[u8]) -> bool {
    whole(inside, 0x80).is_some_and(|(name, _)| name == START_TLS)
}

/// A number of at most four bytes, which is not negative.
fn number(bytes: &[u8]) -> Option<i64> {
    match bytes {
        [first, ..] if bytes.len() <= 4 && *first < 0x80 => Some(bytes.iter().fold(0, |sum, byte| sum << 8 | i64::from(*byte))),
        _ => None,
    }
}

/// RFC 4511 4.1.9.
pub fn result_name(code: i64) -> Option<&'static str> {
    Some(match code {
        0 => "success",
        1 => "operationsError",
        2 => "protocolError",
        3 => "timeLimitExceeded",
        4 => "sizeLimitExceeded",
        5 => "compareFalse",
        6 => "compareTrue",
        7 => "authMethodNotSupported",
        8 => "strongerAuthRequired",
        10 => "referral",
        11 => "adminLimitExceeded",
        12 => "unavailableCriticalExtension",
        13 => "confidentialityRequired",
        14 => "saslBindInProgress",
        16 => "noSuchAttribute",
        17 => "undefinedAttributeType",
        18 => "inappropriateMatching",
        19 => "constraintViolation",
        20 => "attributeOrValueExists",
        21 => "invalidAttributeSyntax",
        32 => "noSuchObject",
        33 => "aliasProblem",
        34 => "invalidDNSyntax",
        36 => "aliasDereferencingProblem",
        48 => "inappropriateAuthentication",
        49 => "invalidCredentials",
        50 => "insufficientAccessRights",
        51 => "busy",
        52 => "unavailable",
        53 => "unwillingToPerform",
        54 => "loopDetect",
        64 => "namingViolation",
        65 => "objectClassViolation",
        66 => "notAllowedOnNonLeaf",
        67 => "notAllowedOnRDN",
        68 => "entryAlreadyExists",
        69 => "objectClassModsProhibited",
        71 => "affectsMultipleDSAs",
        80 => "other",
        _ => return None,
    })
}
