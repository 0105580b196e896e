//! What software and equipment say of themselves, made safe to keep: products with their versions and words of a known vocabulary
//! (`data/product_words.txt`), never free text.
#![deny(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation
)]

use std::collections::HashSet;
use std::sync::LazyLock;

use crate::hostname;
use crate::limits;
use crate::memo::Memo;
use crate::text;

static WORDS: LazyLock<HashSet<&'static str, ahash::RandomState>> = LazyLock::new(|| {
    let lines = include_str!("../data/product_words.txt")
        .lines()
        .filter(|line| !line.starts_with('#'));
    lines.flat_map(str::split_ascii_whitespace).collect()
});

/// Between words; all else is part of one.
const SEPARATORS: &[char] = &[
    '(', ')', '[', ']', '{', '}', ';', ',', ':', '=', '"', '\'', '<', '>', '|', ' ', '\t',
];

/// HTTP's User-Agent or Server: product tokens and comments. RFC 9110 10.1.5, 10.2.4.
pub fn agent(value: &[u8]) -> Option<String> {
    thread_local!(static SEEN: Memo = Memo::default());
    let text = text::clean(value)?;
    let mut left = None;
    let whole = SEEN.with(|seen| {
        seen.stands(&text, || {
            left = kept(&text, false, is_product, |_| false);
            left.as_deref() == Some(text.as_ref())
        })
    });
    if whole {
        Some(text.into_owned())
    } else {
        left
    }
}

/// What a program calls itself where anybody may say anything, and few readers care: of tokens those of the vocabulary, the others may be a name and a
/// number of somebody (`Mustermann/4711`).
pub fn known(value: &[u8]) -> Option<String> {
    let named = |name: &str, version: &str| name.split(['-', '_', '.']).all(is_word) && is_product(name, version);
    kept(&text::clean(value)?, false, named, |_| false)
}

/// A class of DHCP: as an agent, and models of equipment too (`CP-7960G`). RFC 2132 9.13, RFC 3004.
pub fn class(value: &[u8]) -> Option<String> {
    kept(&text::clean(value)?, false, is_product, is_model)
}

/// A version that stands alone: `4.2.2.1730`, `00-14`, `K1 v5.2`.
pub fn version(value: &[u8]) -> Option<String> {
    kept(&text::clean(value)?, true, is_product, is_model)
}

/// How a server greets in one line (FTP, SMTP, POP3, IMAP): its product, and nothing behind a semicolon or `ready`, where the time of day stands.
pub fn greeting(value: &[u8]) -> Option<String> {
    let text = text::clean(value)?;
    let told = text.split(';').next().unwrap_or_default();
    let ready = told.to_ascii_lowercase().find("ready").unwrap_or(told.len());
    let told = told.get(..ready)?.trim();
    let bare = told.strip_prefix('(').and_then(|inner| inner.strip_suffix(')'));
    kept(bare.unwrap_or(told), false, is_product, is_build)
}

/// What SSH calls a softwareversion, with its comment: `OpenSSH_9.2p1 Debian-2+deb12u3`. RFC 4253 4.2.
pub fn software(value: &[u8]) -> Option<String> {
    let linking = |word: &str| matches!(word, "for" | "Release");
    kept(&text::clean(value)?, false, is_product, |word| is_build(word) || linking(word))
}

/// A serial number: letters and digits, four of them in a row, and no date.
pub fn serial(value: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(value.trim_ascii()).ok()?;
    let plain = text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    let mut letters = text.split(|c: char| !c.is_ascii_alphabetic());
    let named = letters.any(|run| run.len() > 5 || hostname::is_given_name(run));
    let sound = plain && !named && text.len() <= limits::SERIAL && digits(text) >= limits::SERIAL_DIGITS;
    (sound && !is_day(text) && !is_date(text)).then(|| text.to_owned())
}

/// The words that may be kept, with what stands between them. `after`: a product was named before; `product`: which names with which versions are
/// some.
fn kept(value: &str, after: bool, product: impl Fn(&str, &str) -> bool, also: impl Fn(&str) -> bool) -> Option<String> {
    let mut rest = value;
    let (mut found, mut gap, mut last) = (String::new(), String::new(), after);
    while !rest.is_empty() {
        let start = rest.find(|c| !SEPARATORS.contains(&c)).unwrap_or(rest.len());
        let (between, after) = rest.split_at(start);
        let space = after.find(char::is_whitespace).unwrap_or(after.len());
        let (chunk, _) = after.split_at(space);
        let end = if chunk.contains("://") {
            space
        } else {
            after.find(SEPARATORS).unwrap_or(after.len())
        };
        let (word, next) = after.split_at(end);
        gap.push_str(between);
        last = is_kept(word, last, &product, &also);
        if last {
            join(&mut found, &gap);
            found.push_str(word);
            gap.clear();
        }
        rest = next;
    }
    join(&mut found, &gap);
    let found = found
        .trim_end_matches([' ', ';', ',', ':', '=', '(', '[', '{', '<', '|', '"', '\''])
        .trim_start();
    (!found.is_empty()).then(|| found.to_owned())
}

/// Adds what stood between two words, without the brackets and commas of what was left out.
fn join(text: &mut String, gap: &str) {
    for c in gap.chars() {
        match c {
            '"' | '\'' | '|' | '<' | '>' => {}
            ')' | ']' | '}' => {
                text.truncate(text.trim_end_matches([' ', ';', ',', ':', '=']).len());
                if text.ends_with(['(', '[', '{']) {
                    text.pop();
                } else if !text.is_empty() {
                    text.push(c);
                }
            }
            ' ' | '\t' if text.ends_with([' ', '(', '[', '{']) || text.is_empty() => {}
            ' ' | '\t' => text.push(' '),
            '(' | '[' | '{' => text.push(c),
            _ if text.is_empty() || text.ends_with([' ', ';', ',', ':', '=', '(', '[', '{']) => {}
            _ => text.push(c),
        }
    }
}

/// Whether a word names software, equipment or a platform; `after` says that the word before it does.
fn is_kept(word: &str, after: bool, product: &impl Fn(&str, &str) -> bool, also: &impl Fn(&str) -> bool) -> bool {
    if word.len() > limits::PRODUCT_WORD || !word.is_ascii() {
        return false;
    }
    if let Some((name, version)) = word.split_once('/') {
        return product(name, version);
    }
    if is_version(word) {
        return after && !is_date(word);
    }
    let parts: Vec<&str> = word.split(['-', '_', '.', '+']).filter(|p| !p.is_empty()).collect();
    let first = parts.first().is_some_and(|p| is_word(p) || also(p));
    first && parts.iter().all(|p| is_word(p) || is_version(p) || also(p)) && !is_date(word)
}

/// `name/version`: a token that is no person's, and a version.
fn is_product(name: &str, version: &str) -> bool {
    let token = !name.is_empty()
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'+' | b'!'));
    let known = name.split(['-', '_', '.']).all(is_word);
    // Mozilla writes the date of a build, frozen since 2010.
    let dated = matches!(name, "Gecko" | "Goanna") && version.len() == 8 && version.starts_with("20") && digits(version) == 8;
    let parts = name.split(|c: char| !c.is_ascii_alphabetic());
    let person = !known && parts.into_iter().any(hostname::is_given_name);
    // Versions may go on: OpenSSL/1.1.1k-fips/x.
    let sound = dated || version.split('/').all(is_version) && (known || !is_date(version));
    token && !person && digits(name) < limits::HOST_DIGITS && sound
}

/// A word of the vocabulary, perhaps with a number at its end: `darwin12`, `Win64`.
fn is_word(word: &str) -> bool {
    hostname::lowered(word, |lower| {
        let known = |w: &str| WORDS.contains(w) || hostname::is_known(w) && !hostname::may_be_given_name(w);
        let stem = lower.trim_end_matches(|c: char| c.is_ascii_digit());
        let numbered = || (1..=4).contains(&lower.len().saturating_sub(stem.len())) && !stem.is_empty() && known(stem);
        known(lower) || numbered()
    })
}

/// Begins with a digit (or one letter and a digit); letters in it are few or known: `1.8.0_312`, `15E148`, `R6_2_1`, `9.4.z-SNAPSHOT`.
fn is_version(text: &str) -> bool {
    let mut bytes = text.bytes();
    let begins = match (bytes.next(), bytes.next()) {
        (Some(a), _) if a.is_ascii_digit() => true,
        (Some(b'v' | b'V' | b'r' | b'R'), Some(b)) => b.is_ascii_digit(),
        _ => false,
    };
    let plain = text
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-' | b'+' | b'~'));
    let letters = text.split(|c: char| !c.is_ascii_alphabetic()).filter(|run| !run.is_empty());
    let few = letters
        .into_iter()
        .all(|run| (run.len() <= 3 || is_word(run)) && !hostname::is_given_name(run));
    begins && plain && few && digits(text) < limits::HOST_DIGITS
}

/// Which build for a distribution: `deb12u3`, `ubuntu0.4`, `el9` (Debian Policy 5.6.12).
fn is_build(word: &str) -> bool {
    let known = ["deb", "ubuntu", "el", "fc", "bpo"];
    let rest = known.iter().find_map(|name| word.strip_prefix(name));
    rest.is_some_and(|rest| !rest.is_empty() && rest.len() <= 6 && rest.bytes().all(|b| b.is_ascii_digit() || b == b'u'))
}

/// At most four letters, five digits and four letters: `GXP2160`, `7960G`, `M401dne`.
fn is_model(word: &str) -> bool {
    let letters = |s: &str| s.bytes().take_while(u8::is_ascii_alphabetic).count();
    let head = letters(word);
    let (name, rest) = word.split_at_checked(head).unwrap_or_default();
    let count = rest.bytes().take_while(u8::is_ascii_digit).count();
    let tail = rest.get(count..).unwrap_or_default();
    head <= 4 && (1..=5).contains(&count) && letters(tail) == tail.len() && tail.len() <= 4 && !hostname::is_given_name(name)
}

/// Three numbers, one of them a year: `19.08.1964`, `1964-08-19`.
fn is_date(text: &str) -> bool {
    let numbers: Vec<&str> = text.split(|c: char| !c.is_ascii_digit()).filter(|n| !n.is_empty()).collect();
    let year = |n: &&str| n.len() == 4 && (n.starts_with("19") || n.starts_with("20"));
    let short = numbers.iter().filter(|n| n.len() <= 2).count();
    numbers.len() == 3 && short == 2 && numbers.iter().any(year)
}

/// Eight digits that are a day of the last or this century: `19640812`, `12081964`.
fn is_day(text: &str) -> bool {
    let number = |from: usize, to: usize| text.get(from..to).and_then(|s| s.parse::<u16>().ok()).unwrap_or(0);
    let day = |year: u16, month: u16, day: u16| (1900..2100).contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&day);
    let written = [
        (number(0, 4), number(4, 6), number(6, 8)),
        (number(4, 8), number(2, 4), number(0, 2)),
        (number(4, 8), number(0, 2), number(2, 4)),
    ];
    text.len() == 8 && digits(text) == 8 && written.iter().any(|(y, m, d)| day(*y, *m, *d))
}

/// Most digits in a row.
fn digits(text: &str) -> usize {
    text.split(|c: char| !c.is_ascii_digit()).map(str::len).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agents_of_real_software_stay_whole() {
        for whole in [
            "curl/7.88.1",
            "EHR-FHIR/4.2",
            "ZZ-FHIR-Client/2.1",
            "Java/1.8.0_312",
            "Wget/1.14 (darwin12.2.0)",
            "Mozilla/4.0 (compatible; MSIE 6.0; Windows NT 5.1)",
            "Mozilla/5.0 (Windows NT 6.1; WOW64; Trident/7.0; rv:11.0) like Gecko",
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36 Edg/120.0.0.0",
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.2 Safari/605.1.15",
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_2 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148",
            "Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:109.0) Gecko/20100101 Firefox/119.0",
            "python-requests/2.31.0",
            "Apache/2.4.3 (Fedora)",
            "Apache/2.4.57 (Debian) OpenSSL/3.0.11 mod_wsgi/4.9.4 Python/3.11",
            "Microsoft-IIS/7.5",
            "Microsoft-HTTPAPI/2.0",
            "nginx",
            "Jetty(9.4.z-SNAPSHOT)",
            "HP HTTP Server",
            "KM-MFP-http/V0.0.1",
            "CANON HTTP Server",
            "EPSON_Linux UPnP/1.0 Epson UPnP SDK/1.0",
            "Hikvision-Webs",
            "DNVRS-Webs",
            "App-webs/1.0",
            "cisco-IOS",
            "GoAhead-Webs",
            "HAPI FHIR 6.2.1 REST Server",
            "Virata-EmWeb/R6_2_1",
            "Allegro-Software-RomPager/4.07",
        ] {
            assert_eq!(agent(whole.as_bytes()).as_deref(), Some(whole));
        }
    }

    #[test]
    fn free_text_does_not() {
        for (value, left) in [
            ("Erika Mustermann", None),
            ("Mozilla/5.0 (Erika Mustermann; X11)", Some("Mozilla/5.0 (X11)")),
            (
                "Mozilla/5.0 (X11; Erika Mustermann) Gecko/20100101",
                Some("Mozilla/5.0 (X11) Gecko/20100101"),
            ),
            ("Viewer (Mustermann, Erika) App/1.0", Some("Viewer App/1.0")),
            ("App/1.0 19640812 MRN004711 id-1234567 a@b.c", Some("App/1.0")),
            ("App/1.0 12.08.1964", Some("App/1.0")),
            ("Erika.Mustermann/1.0", None),
            ("App/MRN004711", None),
            ("App/19640812", None),
            ("App/20100101", None),
            ("App/1.0-MUSTERMANN", None),
            ("4711", None),
            ("Patient 4711", None),
            ("Max Mustermann", None),
            ("M\u{fc}ller/1.0", None),
            ("Bot/2.1 (+http://host/Mustermann)", Some("Bot/2.1")),
            (
                "HP HTTP Server; HP LaserJet 400; Serial Number: VNB3K12345",
                Some("HP HTTP Server; HP LaserJet 400"),
            ),
            ("((((", None),
            ("", None),
        ] {
            assert_eq!(agent(value.as_bytes()).as_deref(), left, "{value}");
        }
    }

    #[test]
    fn where_anybody_says_anything_only_known_names_have_versions() {
        for whole in [
            "psql/16.1",
            "Linux/5.10 UPnP/1.0 GSSDP/1.2",
            "coturn-4.6",
            "rsyslogd",
            "Microsoft-Windows/10.0 UPnP/1.0",
        ] {
            assert_eq!(known(whole.as_bytes()).as_deref(), Some(whole));
        }
        for (value, left) in [
            ("psql Oberhuber/80312", Some("psql")),
            ("Oberhuber/80312 UPnP/1.1", Some("UPnP/1.1")),
            ("Patient-ID/48113", None),
            ("Zwirnbacher/1961", None),
            ("MRN.ABCD/20734.112", None),
        ] {
            assert_eq!(known(value.as_bytes()).as_deref(), left, "{value}");
        }
    }

    #[test]
    fn classes_of_dhcp() {
        for whole in [
            "MSFT 5.0",
            "MSFT 98",
            "udhcp 1.31.1",
            "android-dhcp-13",
            "dhcpcd-5.2.10:Linux-3.0.31:armv7l",
            "ArubaAP",
            "Cisco Systems, Inc. IP Phone CP-7960G",
            "Cisco AP c1240",
            "ccp.avaya.com",
            "alcatel.noe.0",
            "AXIS,Network Camera,M1054,5.40.9",
            "Hewlett-Packard JetDirect",
            "PXEClient:Arch:00000:UNDI",
            "RRAS.Microsoft",
            "iPXE",
            "Grandstream GXP2160",
        ] {
            assert_eq!(class(whole.as_bytes()).as_deref(), Some(whole));
        }
        for (value, left) in [
            ("Erika Mustermann", None),
            ("PXEClient:Arch:00000:UNDI:002001", Some("PXEClient:Arch:00000:UNDI")),
            (
                "Mfg=Hewlett Packard;Typ=Printer;Mod=HP LaserJet 400 M401n;Ser=VNG123456;",
                Some("Mfg=Hewlett Packard;Typ=Printer;Mod=HP LaserJet 400 M401n"),
            ),
            ("phone of Erika", Some("phone")),
            ("Anna64", None),
            ("MRN004711", None),
        ] {
            assert_eq!(class(value.as_bytes()).as_deref(), left, "{value}");
        }
    }

    #[test]
    fn greetings_of_real_servers() {
        for (value, left) in [
            ("(vsFTPd 3.0.3)", Some("vsFTPd 3.0.3")),
            (
                "ProFTPD 1.3.5 Server (Debian) [::ffff:10.1.1.1]",
                Some("ProFTPD 1.3.5 Server (Debian)"),
            ),
            ("Microsoft FTP Service", Some("Microsoft FTP Service")),
            ("FileZilla Server 1.8.1", Some("FileZilla Server 1.8.1")),
            ("ESMTP Postfix (Debian/GNU)", Some("ESMTP Postfix")),
            ("ESMTP Exim 4.96 Sat, 01 Jan 2026 10:00:00 +0000", Some("ESMTP Exim 4.96")),
            (
                "ESMTP Sendmail 8.14.4/8.14.4; Sat, 1 Jan 2026 10:00:00 +0100",
                Some("ESMTP Sendmail 8.14.4/8.14.4"),
            ),
            (
                "Microsoft ESMTP MAIL Service ready at Sat, 1 Jan 2026",
                Some("Microsoft ESMTP MAIL Service"),
            ),
            ("Dovecot (Debian) ready.", Some("Dovecot (Debian)")),
            ("Welcome to Erika Mustermann's server", Some("server")),
        ] {
            assert_eq!(greeting(value.as_bytes()).as_deref(), left, "{value}");
        }
        for whole in [
            "OpenSSH_9.2p1 Debian-2+deb12u3",
            "OpenSSH_8.9p1 Ubuntu-3ubuntu0.4",
            "OpenSSH_for_Windows_9.5",
            "dropbear_2022.83",
            "Cisco-1.25",
            "libssh_0.9.6",
            "PuTTY_Release_0.78",
        ] {
            assert_eq!(software(whole.as_bytes()).as_deref(), Some(whole));
        }
        assert_eq!(software(b"OpenSSH_9.2p1 Erika Mustermann").as_deref(), Some("OpenSSH_9.2p1"));
    }

    #[test]
    fn versions_and_serial_numbers_stand_alone() {
        for whole in ["4.2.2.1730", "00-14", "v5.2", "3.10.8.0_it-IT", "K1", "8.10"] {
            assert_eq!(version(whole.as_bytes()).as_deref(), Some(whole));
        }
        for none in ["Erika", "19640812", "12.08.1964", "MRN004711"] {
            assert_eq!(version(none.as_bytes()), None, "{none}");
        }
        for whole in ["F3453010030", "13147", "AP794559", "0600100736", "XN-20-11001"] {
            assert_eq!(serial(whole.as_bytes()).as_deref(), Some(whole));
        }
        for none in [
            "19640812",
            "12081964",
            "1964-08-12",
            "Erika1964",
            "Mustermann4711",
            "c111",
            "H1P1O1R1C1Q1L1",
            "4711 4711",
            "",
            "\u{e4}4711",
        ] {
            assert_eq!(serial(none.as_bytes()), None, "{none}");
        }
    }

    #[test]
    fn long_words_and_long_texts_are_bounded() {
        assert_eq!(agent(&[b'1'; 5000]), None);
        assert!(agent("nginx ".repeat(500).as_bytes()).is_some_and(|t| t.len() <= limits::TEXT));
    }
}
