//! Fingerprints of TLS stacks: JA3 and JA3S (Salesforce, 2017: MD5 over the numbers of a hello), JA4 (FoxIO, "JA4: TLS Client
//! Fingerprinting", BSD-3-Clause part of JA4+: readable head and two truncated SHA-256 over sorted numbers).

use std::fmt::Write as _;

use md5::Md5;
use sha2::{Digest as _, Sha256};

use super::hello::{ClientHello, ServerHello};

/// Lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().saturating_mul(2));
    for byte in bytes {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

pub fn ja3(hello: &ClientHello<'_>) -> String {
    let formats: Vec<u16> = hello.point_formats.iter().map(|&f| u16::from(f)).collect();
    let mut text = format!("{},", hello.legacy_version);
    decimal(&hello.ciphers, &mut text);
    for list in [&hello.extensions, &hello.groups, &formats] {
        text.push(',');
        decimal(list, &mut text);
    }
    hex(&Md5::digest(text.as_bytes()))
}

pub fn ja3s(hello: &ServerHello<'_>) -> String {
    let mut text = format!("{},{},", hello.legacy_version, hello.cipher.unwrap_or_default());
    decimal(&hello.extensions, &mut text);
    hex(&Md5::digest(text.as_bytes()))
}

pub fn ja4(hello: &ClientHello<'_>) -> String {
    let version = match hello.versions.iter().max().unwrap_or(&hello.legacy_version) {
        0x0304 => "13",
        0x0303 => "12",
        0x0302 => "11",
        0x0301 => "10",
        0x0300 => "s3",
        0x0002 => "s2",
        _ => "00",
    };
    let sni = if hello.extensions.contains(&0) { 'd' } else { 'i' };
    let count = |list: &[u16]| list.len().min(99);
    let mut ciphers = hello.ciphers.clone();
    ciphers.sort_unstable();
    let mut extensions: Vec<u16> = hello.extensions.iter().copied().filter(|kind| !matches!(kind, 0 | 16)).collect();
    extensions.sort_unstable();
    let mut tail = commas(&extensions);
    if !hello.signatures.is_empty() {
        tail.push('_');
        tail.push_str(&commas(&hello.signatures));
    }
    let (c, e, alpn) = (count(&hello.ciphers), count(&hello.extensions), ja4_alpn(&hello.alpn));
    format!(
        "t{version}{sni}{c:02}{e:02}{alpn}_{}_{}",
        short(&commas(&ciphers), !ciphers.is_empty()),
        short(&tail, !hello.extensions.is_empty())
    )
}

/// First and last character of the first protocol; where they are not both letters or digits, of its hexadecimal form.
fn ja4_alpn(protocols: &[&[u8]]) -> String {
    match protocols.first().and_then(|name| Some((*name, *name.first()?, *name.last()?))) {
        None => "00".to_owned(),
        Some((_, first, last)) if first.is_ascii_alphanumeric() && last.is_ascii_alphanumeric() => {
            [char::from(first), char::from(last)].iter().collect()
        }
        Some((_, first, last)) => format!("{:x}{:x}", first >> 4, last & 0x0f),
    }
}

fn short(text: &str, any: bool) -> String {
    if any {
        hex(Sha256::digest(text.as_bytes()).get(..6).unwrap_or_default())
    } else {
        "000000000000".to_owned()
    }
}

fn commas(values: &[u16]) -> String {
    let mut text = String::with_capacity(values.len().saturating_mul(5));
    for (n, value) in values.iter().enumerate() {
        let _ = write!(text, "{}{value:04x}", if n > 0 { "," } else { "" });
    }
    text
}

fn decimal(values: &[u16], text: &mut String) {
    for (n, value) in values.iter().enumerate() {
        let _ = write!(text, "{}{value}", if n > 0 { "-" } else { "" });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hello() -> ClientHello<'static> {
        ClientHello {
            legacy_version: 0x0303,
            ciphers: vec![
                0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8, 0xc013, 0xc014, 0x009c, 0x009d, 0x002f, 0x0035,
            ],
            extensions: vec![
                0x1b, 0, 0x33, 0x10, 0x4469, 0x17, 0x2d, 0xd, 5, 0x23, 0x12, 0x2b, 0xff01, 0xb, 0xa, 0x15,
            ],
            signatures: vec![0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601],
            alpn: vec![b"h2", b"http/1.1"],
            versions: vec![0x0304, 0x0303],
            ..ClientHello::default()
        }
    }

    /// The worked example of the JA4 specification.
    #[test]
    fn ja4_as_its_specification_works_it_out() {
        assert_eq!(ja4(&hello()), "t13d1516h2_8daaf6152771_e5627efa2ab1");
    }

    #[test]
    fn ja4_of_little() {
        let bare = ClientHello {
            legacy_version: 0x0301,
            ..ClientHello::default()
        };
        assert_eq!(ja4(&bare), "t10i000000_000000000000_000000000000");
        assert_eq!(ja4_alpn(&[&[0xab, 0xcd]]), "ad");
        assert_eq!(ja4_alpn(&[b"x"]), "xx");
    }

    /// The example of the JA3 publication: 769,47-53-5-10-49161-49162-49171-49172-50-56-19-4,0-10-11,23-24-25,0.
    #[test]
    fn ja3_as_published() {
        let hello = ClientHello {
            legacy_version: 769,
            ciphers: vec![47, 53, 5, 10, 49161, 49162, 49171, 49172, 50, 56, 19, 4],
            extensions: vec![0, 10, 11],
            groups: vec![23, 24, 25],
            point_formats: &[0],
            ..ClientHello::default()
        };
        assert_eq!(ja3(&hello), "ada70206e40642a3e4461f35503241d5");
    }
}
