//! Of an address of mail, its domain.

use crate::protocols::http::clean;

/// What stands for a domain that is not kept.
const UNKNOWN: &str = "*";

/// The domain of a path (`<a@b.c>`), of a sender or recipient, with parameters behind it perhaps; `None` without one. RFC 5321 4.1.2.
pub fn domain(path: &[u8]) -> Option<String> {
    let path = path.trim_ascii_start();
    let inner = match path.strip_prefix(b"<") {
        Some(rest) => rest.iter().rposition(|b| *b == b'>').and_then(|end| rest.get(..end))?,
        None => path.split(|b| *b == b' ').next()?,
    };
    let at = inner.iter().rposition(|b| *b == b'@')?.saturating_add(1);
    let found = host(inner.get(at..)?)?;
    // A word alone is no domain of the internet, and may be anybody's.
    Some(if found.contains(['.', ':']) { found } else { UNKNOWN.to_owned() })
}

/// A host name or an address literal (RFC 5321 4.1.3) as it may be kept.
pub fn host(name: &[u8]) -> Option<String> {
    let name = name.trim_ascii();
    if let Some(literal) = name.strip_prefix(b"[") {
        let literal = literal.strip_suffix(b"]")?;
        let text = std::str::from_utf8(literal).ok()?;
        let text = if text.get(..5).is_some_and(|tag| tag.eq_ignore_ascii_case("IPv6:")) {
            text.get(5..)?
        } else {
            text
        };
        return text.parse::<std::net::IpAddr>().ok().map(|address| address.to_string());
    }
    clean::host(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_domain_and_nothing_else() {
        for (path, left) in [
            (&b"<erika.mustermann@klinik.test>"[..], Some("klinik.test")),
            (b"<erika@[10.1.1.1]>", Some("10.1.1.1")),
            (b"<erika@[IPv6:2001:db8::1]>", Some("2001:db8::1")),
            (b"<@relay.test:erika@klinik.test> SIZE=12", Some("klinik.test")),
            (b" <\"erika>@x\"@klinik.test>", Some("klinik.test")),
            (b"erika@klinik.test BODY=8BITMIME", Some("klinik.test")),
            (b"<erika@mustermann>", Some("*")),
            (b"<>", None),
            (b"<erika>", None),
            (b"<erika@klinik test>", None),
            (b"<erika@", None),
        ] {
            assert_eq!(domain(path).as_deref(), left, "{}", String::from_utf8_lossy(path));
        }
    }
}
