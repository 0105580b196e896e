//! Identifiers, scopes and addresses made safe to keep.

use crate::hostname::title;
use crate::keys::Keys;
use crate::limits;
use crate::protocols::http::clean::host;
use crate::protocols::http::uri::{decoded, parameters, UNKNOWN};

/// An identifier as it stands if it is a UUID (RFC 9562 4), which nobody is called; its pseudonym else.
pub fn identifier(text: &str, keys: &Keys) -> Option<String> {
    let id = text
        .strip_prefix("urn:uuid:")
        .or_else(|| text.strip_prefix("uuid:"))
        .unwrap_or(text);
    if is_uuid(id) {
        Some(format!("urn:uuid:{}", id.to_ascii_lowercase()))
    } else {
        keys.pseudonym(text)
    }
}

fn is_uuid(id: &str) -> bool {
    id.len() == 36
        && id.bytes().enumerate().all(|(n, b)| match n {
            8 | 13 | 18 | 23 => b == b'-',
            _ => b.is_ascii_hexdigit(),
        })
}

/// A scope of 11073-20701 9.2, the names of a location made safe; `{}` for any other.
pub fn scope(uri: &str) -> String {
    let (scheme, rest) = uri.split_once(':').unwrap_or_default();
    match scheme {
        "sdc.ctxt.loc" => location(rest),
        "sdc.cdc.type" | "sdc.mds.pkp" if is_code(rest) => format!("{scheme}:{rest}"),
        // Contexts of persons, and of what is done to them.
        "sdc.cdc.type" | "sdc.mds.pkp" | "sdc.ctxt.pat" | "sdc.ctxt.opr" | "sdc.ctxt.ens" | "sdc.ctxt.wfl" | "sdc.ctxt.mns" => {
            format!("{scheme}:{UNKNOWN}")
        }
        _ => UNKNOWN.to_owned(),
    }
}

/// Codes, OIDs and versions: dotted numbers between slashes. Codes of devices (11073-10101 partition 1) have five digits; a longer number may be
/// somebody's.
fn is_code(text: &str) -> bool {
    let part = |p: &str| p.len() < limits::HOST_DIGITS && p.bytes().all(|b| b.is_ascii_digit());
    let numbers = text.strip_prefix('/').unwrap_or(text).replace("urn:oid:", "");
    text.len() <= 128 && numbers.split(['/', '.']).all(part)
}

/// The parts of a location by which it may be found: `sdc.ctxt.loc:fac=MAIN&poc=ICU1&bed=Bed7`. They stand in the path again, unnamed.
fn location(rest: &str) -> String {
    const PARTS: &[&str] = &["fac", "bldng", "flr", "poc", "rm", "bed"];
    let query = rest.split_once('?').map_or("", |(_, query)| query);
    let mut text = String::from("sdc.ctxt.loc:");
    for (name, value) in parameters(query.as_bytes()) {
        let known = PARTS.iter().find(|p| p.as_bytes() == name.as_ref());
        if let (Some(name), Ok(value)) = (known, std::str::from_utf8(&value)) {
            let plain: String = value.chars().filter(|c| !c.is_control()).take(32).collect();
            text.push_str(if text.ends_with(':') { "" } else { "&" });
            text.push_str(name);
            text.push('=');
            text.push_str(&title(plain.trim()));
        }
    }
    if text.ends_with(':') {
        text.push_str(UNKNOWN);
    }
    text
}

/// Host and port of an address, and the scheme's port where none is written.
pub fn address(uri: &str) -> Option<String> {
    let (scheme, rest) = uri.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?.rsplit('@').next()?;
    let name = host(decoded(authority.as_bytes()).as_ref())?;
    let digits = authority.rsplit(':').next().filter(|p| !p.is_empty() && !p.contains(']'));
    let port = match (digits.and_then(|p| p.parse::<u16>().ok()), scheme) {
        (Some(port), _) => port,
        (None, "https") => 443,
        (None, _) => 80,
    };
    Some(if name.contains(':') {
        format!("[{name}]:{port}")
    } else {
        format!("{name}:{port}")
    })
}
