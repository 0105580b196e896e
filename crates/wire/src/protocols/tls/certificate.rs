//! Certificates as they pass in clear (up to TLS 1.2). RFC 5280; parsed by x509-parser.

use std::borrow::Cow;
use std::net::IpAddr;

use sha2::{Digest as _, Sha256};
use x509_parser::certificate::X509Certificate;
use x509_parser::der_parser::Oid;
use x509_parser::extensions::GeneralName;
use x509_parser::objects::{oid2sn, oid_registry};
use x509_parser::prelude::FromDer as _;
use x509_parser::x509::{SubjectPublicKeyInfo, X509Name};

use super::cursor::Cursor;
use super::fingerprint::hex;
use super::X509;
use crate::hostname;
use crate::limits;
use crate::text;

/// The certificates of a Certificate message in order, each with its distance from the start of the message body. RFC 5246 7.4.2.
/// The flag is false if the list is cut or longer than [`limits::TLS_CHAIN`]; certificates before the cut are given.
pub fn chain(body: &[u8]) -> (Vec<(u64, &[u8])>, bool) {
    let mut found = Vec::new();
    let mut cursor = Cursor::new(body);
    let Some(length) = cursor.u24() else {
        return (found, false);
    };
    let whole = length <= cursor.rest().len();
    let mut cursor = Cursor::new(cursor.rest().get(..length).unwrap_or(cursor.rest()));
    let start = body.len().min(3);
    let end = start.saturating_add(cursor.rest().len());
    while !cursor.is_empty() && found.len() < limits::TLS_CHAIN {
        let at = end.saturating_sub(cursor.rest().len());
        match cursor.vector24() {
            Some(der) => found.push((at as u64, der)),
            None => return (found, false),
        }
    }
    (found, whole && cursor.is_empty())
}

/// Where a certificate stood.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// First of its chain: the one that names the host or the client.
    pub leaf: bool,
    /// Sent by the client.
    pub client: bool,
}

pub fn fingerprint(der: &[u8]) -> String {
    hex(&Sha256::digest(der))
}

/// Hands the row of one certificate to `emit`; says whether the certificate is for `server_name`, if it can be read.
pub fn describe(der: &[u8], place: Place, server_name: Option<&str>, emit: impl FnOnce(&X509<'_>)) -> Option<bool> {
    let fingerprint = fingerprint(der);
    let parsed = if der.len() > limits::TLS_CERTIFICATE {
        None
    } else {
        X509Certificate::from_der(der).ok()
    };
    let mut row = X509 {
        fingerprint: Some(&fingerprint),
        host_cert: Some(place.leaf && !place.client),
        client_cert: Some(place.leaf && place.client),
        ..X509::default()
    };
    let Some((_, cert)) = parsed else {
        row.malformed = Some("certificate");
        emit(&row);
        return None;
    };
    let names = Names::of(&cert);
    // Authorities are named for what they are, servers for their host; a client may be somebody's smart card or telephone.
    let keep = match place {
        Place { leaf: false, .. } if cert.is_ca() => Keep::All,
        Place { client: true, .. } if !names.machine(cert.subject()) => Keep::Organisation,
        _ if cert.subject().iter_attributes().any(|a| is_of(a.attr_type(), BORN_WITH)) => Keep::Organisation,
        _ => Keep::Machine,
    };
    let (serial, subject) = (hex(cert.raw_serial()).to_uppercase(), name(cert.subject(), keep));
    let self_signed = cert.subject().as_raw() == cert.issuer().as_raw();
    let issuer = name(cert.issuer(), if self_signed { keep } else { Keep::All });
    let (key_alg, sig_alg) = (
        oid(&cert.public_key().algorithm.algorithm),
        oid(&cert.signature_algorithm.algorithm),
    );
    let key = key(cert.public_key());
    let matches = server_name.map(|wanted| names.cover(wanted, &cert));
    row.certificate_version = Some(i64::from(cert.version().0).saturating_add(1));
    row.certificate_serial = Some(&serial);
    row.certificate_subject = subject.as_deref();
    row.certificate_issuer = issuer.as_deref();
    row.certificate_not_valid_before = cert.validity().not_before.timestamp().checked_mul(1_000_000);
    row.certificate_not_valid_after = cert.validity().not_after.timestamp().checked_mul(1_000_000);
    row.certificate_key_alg = Some(&key_alg);
    row.certificate_sig_alg = Some(&sig_alg);
    row.certificate_key_type = key.kind;
    row.certificate_key_length = key.bits;
    row.certificate_curve = key.curve;
    row.basic_constraints_ca = cert.basic_constraints().ok().flatten().map(|b| b.value.ca);
    row.self_signed = Some(self_signed);
    row.san_dns = names.dns.iter().map(|n| hostname::shown(n)).collect();
    row.san_ip = names.ip.iter().map(|ip| Cow::Owned(ip.to_string())).collect();
    emit(&row);
    matches
}

/// What subjectAltName says of machines, and whether it (or the subject) names a person. RFC 5280 4.2.1.6.
struct Names<'a> {
    dns: Vec<Cow<'a, str>>,
    ip: Vec<IpAddr>,
    person: bool,
}

impl<'a> Names<'a> {
    fn of(cert: &'a X509Certificate<'_>) -> Names<'a> {
        let mut names = Names {
            dns: Vec::new(),
            ip: Vec::new(),
            person: cert
                .subject()
                .iter_attributes()
                .any(|a| is_of(a.attr_type(), BORN_WITH) || is_of(a.attr_type(), REACHED_BY)),
        };
        let general = cert
            .subject_alternative_name()
            .ok()
            .flatten()
            .map(|san| san.value.general_names.as_slice())
            .unwrap_or_default();
        for entry in general.iter().take(limits::LIST) {
            match entry {
                GeneralName::DNSName(name) => names.dns.extend(text::clean(name.as_bytes()).filter(|n| is_host(n))),
                GeneralName::IPAddress(bytes) => names.ip.extend(ip(bytes)),
                GeneralName::RFC822Name(_) | GeneralName::OtherName(..) => names.person = true,
                _ => {}
            }
        }
        names
    }

    /// Whether the certificate of a client is a machine's: its common name is a host's, or its other names are.
    fn machine(&self, subject: &X509Name<'_>) -> bool {
        let common = || subject.iter_common_name().map(|cn| cn.as_str().unwrap_or_default());
        let person = self.person || common().any(is_person) || self.dns.iter().any(|name| is_person(name));
        let named = !self.dns.is_empty() || !self.ip.is_empty();
        !person && (named || common().any(hostname::is_qualified))
    }

    /// Whether the certificate is for `wanted`: RFC 6125 6.4, the common name only where there is no other name.
    fn cover(&self, wanted: &str, cert: &X509Certificate<'_>) -> bool {
        if let Ok(address) = wanted.parse::<IpAddr>() {
            return self.ip.contains(&address);
        }
        if self.dns.is_empty() {
            return cert
                .subject()
                .iter_common_name()
                .any(|cn| cn.as_str().is_ok_and(|cn| is_match(cn, wanted)));
        }
        self.dns.iter().any(|name| is_match(name, wanted))
    }
}

/// Whether `name`, perhaps with `*` for its first label, is `wanted`.
fn is_match(name: &str, wanted: &str) -> bool {
    let wanted = wanted.trim_end_matches('.');
    match (name.strip_prefix("*."), wanted.split_once('.')) {
        (Some(rest), Some((_, domain))) => rest.eq_ignore_ascii_case(domain),
        (Some(_), None) => false,
        (None, _) => name.eq_ignore_ascii_case(wanted),
    }
}

fn ip(bytes: &[u8]) -> Option<IpAddr> {
    if let Ok(v4) = <[u8; 4]>::try_from(bytes) {
        return Some(IpAddr::from(v4));
    }
    <[u8; 16]>::try_from(bytes).ok().map(IpAddr::from)
}

/// Attributes that name organisations, places and machines. RFC 4519; short names as RFC 4514 section 3 has them.
const ATTRIBUTES: &[(&str, &str)] = &[
    ("2.5.4.3", "CN"),
    ("2.5.4.6", "C"),
    ("2.5.4.7", "L"),
    ("2.5.4.8", "ST"),
    ("2.5.4.10", "O"),
    ("2.5.4.11", "OU"),
    ("0.9.2342.19200300.100.1.25", "DC"),
];

/// Attributes that only people have: surname, givenName, initials, pseudonym. RFC 4519, RFC 3739 3.1.2.
const BORN_WITH: &[&str] = &["2.5.4.4", "2.5.4.42", "2.5.4.43", "2.5.4.65"];

/// Attributes of people that machines are given too: uid, mail (RFC 4519), emailAddress (PKCS #9).
const REACHED_BY: &[&str] = &["0.9.2342.19200300.100.1.1", "0.9.2342.19200300.100.1.3", "1.2.840.113549.1.9.1"];

fn is_of(kind: &Oid<'_>, list: &[&str]) -> bool {
    list.contains(&kind.to_id_string().as_str())
}

/// A host name of subjectAltName, perhaps with `*` for its first label. RFC 5280 4.2.1.6, RFC 6125 6.4.3.
fn is_host(name: &str) -> bool {
    hostname::valid(unstarred(name)).is_some()
}

fn unstarred(name: &str) -> &str {
    name.strip_prefix("*.").unwrap_or(name)
}

/// A name that is a person's or that of a person's machine.
fn is_person(name: &str) -> bool {
    let changed = if is_host(name) {
        hostname::is_personal(name)
    } else {
        hostname::title(name) != name
    };
    changed || name.split(|c: char| !c.is_alphanumeric()).any(hostname::is_given_name)
}

/// What is kept of a distinguished name.
#[derive(Clone, Copy, PartialEq)]
enum Keep {
    /// Of an authority: everything.
    All,
    /// Of a machine: everything, its name as a host's.
    Machine,
    /// Of a person: for whom they work.
    Organisation,
}

/// A name as RFC 4514 writes it (last part first), of [`ATTRIBUTES`] only.
fn name(name: &X509Name<'_>, keep: Keep) -> Option<String> {
    let mut parts = Vec::new();
    for attribute in name.iter_attributes().take(limits::LIST) {
        let id = attribute.attr_type().to_id_string();
        let Some(&(_, short)) = ATTRIBUTES.iter().find(|(oid, _)| *oid == id) else {
            continue;
        };
        if keep == Keep::Organisation && !matches!(short, "O" | "C" | "DC") {
            continue;
        }
        let Some(value) = text::clean(attribute.as_slice()) else { continue };
        let value = match (keep, short) {
            (Keep::Machine, "CN") if hostname::is_qualified(unstarred(&value)) => hostname::shown(&value),
            (Keep::Machine, "CN" | "OU") => hostname::title(&value),
            _ => Cow::Borrowed(value.as_ref()),
        };
        parts.push(format!("{short}={}", escaped(&value)));
    }
    parts.reverse();
    text::clean(parts.join(",").as_bytes()).map(Cow::into_owned)
}

fn escaped(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    for c in value.chars() {
        if matches!(c, ',' | '+' | '"' | '\\' | '<' | '>' | ';') {
            text.push('\\');
        }
        text.push(c);
    }
    text
}

/// The name of an algorithm, or its object identifier.
fn oid(id: &Oid<'_>) -> String {
    oid2sn(id, oid_registry()).map_or_else(|_| id.to_id_string().chars().take(limits::TEXT).collect(), str::to_owned)
}

struct Key {
    kind: Option<&'static str>,
    bits: Option<i64>,
    curve: Option<&'static str>,
}

/// The kind, strength and curve of a key. RFC 3279, RFC 5480, RFC 8410; ML-DSA: RFC 9881.
fn key(info: &SubjectPublicKeyInfo<'_>) -> Key {
    let size = |bytes: usize| i64::try_from(bytes.saturating_mul(8)).ok();
    let raw = size(info.subject_public_key.data.len());
    let (kind, bits, curve) = match info.algorithm.algorithm.to_id_string().as_str() {
        "1.2.840.113549.1.1.1" | "1.2.840.113549.1.1.10" => (Some("rsa"), rsa_bits(&info.subject_public_key.data), None),
        "1.2.840.10045.2.1" => {
            let curve = info
                .algorithm
                .parameters
                .as_ref()
                .and_then(|p| p.as_oid().ok())
                .and_then(|id| named_curve(&id.to_id_string()));
            (Some("ecdsa"), curve.map(|(_, bits)| bits), curve.map(|(name, _)| name))
        }
        "1.2.840.10040.4.1" => (Some("dsa"), dsa_bits(info), None),
        "1.3.101.112" => (Some("ed25519"), Some(256), Some("Ed25519")),
        "1.3.101.113" => (Some("ed448"), Some(456), Some("Ed448")),
        "2.16.840.1.101.3.4.3.17" => (Some("mldsa44"), raw, None),
        "2.16.840.1.101.3.4.3.18" => (Some("mldsa65"), raw, None),
        "2.16.840.1.101.3.4.3.19" => (Some("mldsa87"), raw, None),
        _ => (None, raw, None),
    };
    Key { kind, bits, curve }
}

/// Names of SEC 2 and RFC 5639, as the registry of TLS groups spells them.
fn named_curve(id: &str) -> Option<(&'static str, i64)> {
    Some(match id {
        "1.2.840.10045.3.1.1" => ("secp192r1", 192),
        "1.3.132.0.33" => ("secp224r1", 224),
        "1.2.840.10045.3.1.7" => ("secp256r1", 256),
        "1.3.132.0.10" => ("secp256k1", 256),
        "1.3.132.0.34" => ("secp384r1", 384),
        "1.3.132.0.35" => ("secp521r1", 521),
        "1.3.36.3.3.2.8.1.1.7" => ("brainpoolP256r1", 256),
        "1.3.36.3.3.2.8.1.1.11" => ("brainpoolP384r1", 384),
        "1.3.36.3.3.2.8.1.1.13" => ("brainpoolP512r1", 512),
        _ => return None,
    })
}

/// Bits of the modulus, the first INTEGER of an RSAPublicKey. RFC 8017 A.1.1.
fn rsa_bits(der: &[u8]) -> Option<i64> {
    integer_bits(&mut Cursor::new(element(&mut Cursor::new(der), 0x30)?))
}

/// Bits of the prime p, the first INTEGER of Dss-Parms. RFC 3279 2.3.2.
fn dsa_bits(info: &SubjectPublicKeyInfo<'_>) -> Option<i64> {
    integer_bits(&mut Cursor::new(info.algorithm.parameters.as_ref()?.data))
}

fn integer_bits(cursor: &mut Cursor<'_>) -> Option<i64> {
    let digits = element(cursor, 0x02)?;
    let zeros = digits.iter().take_while(|&&b| b == 0).count();
    let significant = digits.get(zeros..)?;
    let top = i64::from(significant.first()?.leading_zeros());
    i64::try_from(significant.len()).ok()?.checked_mul(8)?.checked_sub(top)
}

/// The contents of the next DER element, which must have this tag. X.690 8.1.
fn element<'a>(cursor: &mut Cursor<'a>, tag: u8) -> Option<&'a [u8]> {
    if cursor.u8()? != tag {
        return None;
    }
    let length = match cursor.u8()? {
        short @ 0..=0x7f => usize::from(short),
        0x81 => usize::from(cursor.u8()?),
        0x82 => usize::from(cursor.u16()?),
        _ => return None,
    };
    cursor.take(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_stand_for_one_label() {
        assert!(is_match("*.example.org", "pacs.example.org"));
        assert!(!is_match("*.example.org", "a.b.example.org"));
        assert!(!is_match("*.example.org", "example.org"));
        assert!(is_match("Pacs.Example.org", "pacs.example.org."));
    }

    #[test]
    fn integers_are_measured_without_leading_zeros() {
        assert_eq!(rsa_bits(&[0x30, 4, 2, 2, 0, 0x80]), Some(8));
        assert_eq!(rsa_bits(&[0x30, 3, 2, 1, 0x01]), Some(1));
        assert_eq!(rsa_bits(&[0x30, 0x82]), None);
    }

    #[test]
    fn a_cut_chain_says_so() {
        assert_eq!(chain(&[0, 0, 5, 0, 0, 2, 7, 7]), (vec![(3, &[7u8, 7][..])], true));
        assert!(!chain(&[0, 0, 4, 0, 0, 2, 7]).1);
        assert!(!chain(&[0, 0, 4, 0, 0, 2, 7, 7]).1);
    }
}
