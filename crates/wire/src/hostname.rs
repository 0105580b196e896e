//! Names of hosts, made safe to keep. Equipment is named by them and its names stay readable; the telephones, tablets and computers of patients,
//! guests and staff carry their owners' names (`iPhone-von-Erika-Mustermann`), and of those only what they are is left: `iPhone-*`.
//!
//! Nobody can tell every name of a person from every name of a machine. The words decide (`data/host_words.txt`, `data/given_names.txt`):
//! beside a word for a personal device whatever is not known is the owner's; a common given name is a person's; six digits in a row that
//! are no part of a hardware address are somebody's number. Under a public top-level domain, where names are those of services, only the plain cases
//! count, and the registered domain itself is never touched: it is what an attacker's servers are known by.
#![deny(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation
)]

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::LazyLock;

use crate::limits;
use crate::text;

/// Stands for what is not kept.
const HIDDEN: char = '*';

type Set = HashSet<&'static str, ahash::RandomState>;

/// The words of the data files, by section.
struct Words {
    devices: Set,
    /// In the order of the file: the same name is cut in the same way every time.
    glued: Vec<&'static str>,
    computers: Set,
    of: Set,
    de: Set,
    known: Set,
    mac: Set,
    public: Set,
    local: Set,
    names: Set,
    beside: Set,
}

static WORDS: LazyLock<Words> = LazyLock::new(|| {
    let (hosts, people) = (include_str!("../data/host_words.txt"), include_str!("../data/given_names.txt"));
    let section = |file: &'static str, name: &str| -> Set { words(file, name).collect() };
    Words {
        devices: section(hosts, "devices"),
        glued: words(hosts, "glued").collect(),
        computers: section(hosts, "computers"),
        of: section(hosts, "of"),
        de: section(hosts, "de"),
        known: section(hosts, "known"),
        mac: section(hosts, "mac"),
        public: section(hosts, "public"),
        local: section(hosts, "local"),
        names: section(people, "names"),
        beside: section(people, "beside"),
    }
});

/// The words of a section of a data file: after its `[name]`, up to the next.
fn words(file: &'static str, name: &str) -> impl Iterator<Item = &'static str> {
    let head = format!("[{name}]");
    let lines = file.lines().skip_while(move |line| *line != head).skip(1);
    let lines = lines
        .take_while(|line| !line.starts_with('['))
        .filter(|line| !line.starts_with('#'));
    lines.flat_map(str::split_ascii_whitespace)
}

/// A host name off the wire as it may be kept; `None` if nothing is left of it.
pub fn host(bytes: &[u8]) -> Option<String> {
    text::clean(bytes).map(|name| shown(&name).into_owned())
}

/// A host name, with or without domain, as it may be kept.
pub fn shown(name: &str) -> Cow<'_, str> {
    rewritten(name, is_public(name))
}

/// Whether a name, wherever it is, reads like that of a person or of a person's machine.
pub fn is_personal(name: &str) -> bool {
    rewritten(name, false) != name
}

/// A short text in which people name equipment (`CT ROOM 1`) as it may be kept.
pub fn title(text: &str) -> Cow<'_, str> {
    label(
        text,
        Scope {
            public: false,
            first: true,
            titled: true,
        },
    )
}

/// Whether a word is a common given name.
pub fn is_given_name(word: &str) -> bool {
    WORDS.names.contains(word.to_lowercase().as_str())
}

/// Whether a word is a given name, common or not.
pub fn may_be_given_name(word: &str) -> bool {
    is_given_name(word) || WORDS.beside.contains(word.to_lowercase().as_str())
}

/// Whether a word (in lower case) is one of devices, makers, places: it names nobody.
pub fn is_known(word: &str) -> bool {
    let words = &*WORDS;
    [&words.known, &words.devices, &words.computers]
        .iter()
        .any(|set| set.contains(word))
}

/// `text` in lower case if it is a host name or an IPv4 address: labels of letters, digits, `-` and `_`. RFC 1123 2.1; RFC 6066 section 3.
pub fn valid(text: &str) -> Option<String> {
    let name = text.trim_end_matches('.');
    let plain = |l: &str| (1..=63).contains(&l.len()) && l.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
    (name.len() <= 253 && name.split('.').all(plain)).then(|| name.to_ascii_lowercase())
}

/// Whether a name is a host's with its domain: a public one, or one of those that houses give themselves.
pub fn is_qualified(name: &str) -> bool {
    let top = name.trim_end_matches('.').rsplit_once('.').map(|(_, top)| top.to_ascii_lowercase());
    valid(name).is_some() && top.is_some_and(|top| is_public(name) || WORDS.local.contains(top.as_str()))
}

/// Whether a name is one of a public top-level domain.
pub fn is_public(name: &str) -> bool {
    let Some((_, top)) = name.trim_end_matches('.').rsplit_once('.') else {
        return false;
    };
    let country = top.len() == 2 && top.bytes().all(|b| b.is_ascii_alphabetic());
    country || top.starts_with("xn--") || WORDS.public.contains(top.to_ascii_lowercase().as_str())
}

fn rewritten(name: &str, public: bool) -> Cow<'_, str> {
    let registered = if public {
        name.trim_end_matches('.').split('.').count().saturating_sub(2)
    } else {
        usize::MAX
    };
    let labels: Vec<Cow<'_, str>> = name
        .split('.')
        .enumerate()
        .map(|(n, text)| {
            if n >= registered {
                return Cow::Borrowed(text);
            }
            label(
                text,
                Scope {
                    public,
                    first: n == 0,
                    titled: false,
                },
            )
        })
        .collect();
    if labels.iter().all(|label| matches!(label, Cow::Borrowed(_))) {
        return Cow::Borrowed(name);
    }
    Cow::Owned(labels.join("."))
}

/// Where a label stands.
#[derive(Clone, Copy)]
struct Scope {
    /// In a public domain.
    public: bool,
    /// The host's own.
    first: bool,
    /// Written by people as a title: spaces are in order.
    titled: bool,
}

/// What a word of a label is.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Device,
    Computer,
    /// A given name, or one as possessive.
    Person,
    /// A number, a model, an id of hardware, or a word that names nobody.
    Known,
    Unknown,
}

/// A word and what stands before it.
struct Word<'a> {
    gap: &'a str,
    text: &'a str,
    kind: Kind,
    /// The part that is left of a word with a device in it.
    shown: Cow<'a, str>,
    hidden: bool,
}

fn label(text: &str, scope: Scope) -> Cow<'_, str> {
    if text.starts_with('_') {
        return Cow::Borrowed(text); // A service, RFC 8552.
    }
    let (mut words, tail) = split(text, scope);
    let free = !text.chars().all(|c| is_plain(c, scope) || scope.public && !is_writing(c));
    hide(&mut words, scope, free);
    let unchanged = words
        .iter()
        .all(|w| !w.hidden && matches!(w.shown, Cow::Borrowed(s) if s == w.text));
    if unchanged && !free {
        return Cow::Borrowed(text);
    }
    written(&words, tail, scope)
}

/// Characters that stand in host names, in NetBIOS names of machines and in zones by RFC 2317; in titles also those of writing.
fn is_plain(c: char, scope: Scope) -> bool {
    let host = c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '$' | '~' | '!' | '#' | '%' | '/' | HIDDEN);
    host || scope.titled && (c.is_alphanumeric() || matches!(c, ' ' | '.' | ',' | ':' | ';' | '&' | '+' | '(' | ')'))
}

/// Characters that stand between words of people. Under a public domain other odd ones may be a tunnel's, which is counted by its names.
fn is_writing(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\'' | '^' | ',' | '"' | '@' | ';')
}

/// The words of a label, and what stands behind the last.
fn split(label: &str, scope: Scope) -> (Vec<Word<'_>>, &str) {
    let mut words = Vec::new();
    let mut rest = label;
    let whole = is_uuid(label);
    while let Some(start) = rest.find(char::is_alphanumeric) {
        let (gap, after) = rest.split_at(start);
        let end = after.find(|c: char| !c.is_alphanumeric()).unwrap_or(after.len());
        let (text, next) = after.split_at(end);
        let (kind, kept) = judged(text, scope);
        let shown = if whole { Cow::Borrowed(text) } else { kept };
        words.push(Word {
            gap,
            text,
            kind,
            shown,
            hidden: false,
        });
        rest = next;
    }
    (words, rest)
}

/// What a word is, and what of it may be kept if it is kept at all.
fn judged<'a>(word: &'a str, scope: Scope) -> (Kind, Cow<'a, str>) {
    let lower = word.to_lowercase();
    let stem = lower.trim_end_matches(|c: char| c.is_ascii_digit());
    let set = &*WORDS;
    let in_either = |set: &Set| set.contains(lower.as_str()) || set.contains(stem);
    let kind = if set.known.contains(lower.as_str()) {
        Kind::Known
    } else if in_either(&set.devices) {
        Kind::Device
    } else if in_either(&set.computers) {
        Kind::Computer
    } else if set.known.contains(stem) || stem.is_empty() || is_model(&lower) || is_hex_id(&lower) {
        Kind::Known
    } else if let Some((kind, kept)) = glued(word, &lower, scope) {
        return (kind, kept);
    } else if !scope.public && is_person(stem, &set.names) {
        Kind::Person
    } else {
        Kind::Unknown
    };
    (kind, without_numbers(word))
}

/// A device that stands in one word with its owner: `NicksMacBook`, `iPhoneErika`.
fn glued<'a>(word: &'a str, lower: &str, scope: Scope) -> Option<(Kind, Cow<'a, str>)> {
    let kind = |device: &str| {
        if WORDS.devices.contains(device) {
            Kind::Device
        } else {
            Kind::Computer
        }
    };
    let foreign = |part: &str| {
        let core = part.trim_matches(|c: char| c.is_ascii_digit());
        core.chars().count() > 1 && !WORDS.known.contains(core) && !is_model(part)
    };
    if lower.len() != word.len() {
        return None; // Not cut where a letter changes its length with its case.
    }
    let stem = lower.trim_end_matches(|c: char| c.is_ascii_digit());
    for device in &WORDS.glued {
        let (before, after) = (stem.strip_suffix(device), lower.strip_prefix(device));
        if let Some(owner) = before {
            let telling = !scope.public || owner.ends_with('s');
            let kept = word.get(owner.len()..).unwrap_or_default();
            let shown = if telling && foreign(owner) {
                Cow::Owned(format!("{HIDDEN}{kept}"))
            } else {
                Cow::Borrowed(word)
            };
            return Some((kind(device), shown));
        }
        if let Some(rest) = after.filter(|_| !scope.public) {
            let shown = if foreign(rest) {
                Cow::Owned(format!("{}{HIDDEN}", word.get(..device.len()).unwrap_or_default()))
            } else {
                Cow::Borrowed(word)
            };
            return Some((kind(device), shown));
        }
    }
    // ERIKAPC: two letters alone end many words, so that only a name counts.
    let owner = ["pc", "nb"].iter().find_map(|end| stem.strip_suffix(end))?;
    (!scope.public && is_person(owner, &WORDS.names)).then(|| {
        let kept = word.get(owner.len()..).unwrap_or_default();
        (Kind::Computer, Cow::Owned(format!("{HIDDEN}{kept}")))
    })
}

/// A given name of `names`, or one with the s of possession.
fn is_person(word: &str, names: &Set) -> bool {
    names.contains(word) || word.strip_suffix('s').is_some_and(|name| names.contains(name))
}

/// Marks the words that are a person's.
fn hide(words: &mut [Word<'_>], scope: Scope, free: bool) {
    if free {
        // Not built as a host name: somebody's words.
        words
            .iter_mut()
            .for_each(|w| w.hidden = !matches!(w.kind, Kind::Device | Kind::Computer) && !is_known_word(w.text));
        return;
    }
    let at = |kind: Kind| words.iter().position(|w| w.kind == kind);
    let lower = |w: &Word<'_>| w.text.to_ascii_lowercase();
    if let Some(device) = at(Kind::Device) {
        let of = words.iter().skip(device).position(|w| is_of(&lower(w)));
        let of = of.map_or(usize::MAX, |n| n.saturating_add(device));
        conceal(words, |n, w| {
            let somebody = matches!(w.kind, Kind::Unknown | Kind::Person);
            let before = n < device && (somebody || is_person(&lower(w), &WORDS.beside));
            before || n >= of || somebody && !scope.public
        });
    } else if let Some(computer) = at(Kind::Computer) {
        let named = !words.iter().skip(computer).any(is_asset_number);
        conceal(words, |n, w| {
            let owner = w.kind == Kind::Person || is_person(&lower(w), &WORDS.beside);
            let somebody = named && w.kind == Kind::Unknown && w.text.chars().count() >= OWNER && w.text.chars().all(char::is_alphabetic);
            (owner || somebody) && (n < computer || !scope.public)
        });
    }
    if scope.public {
        return;
    }
    if let Some(of) = said_of(words) {
        conceal(words, |n, _| n >= of);
    }
    let saint = words
        .first()
        .is_some_and(|w| matches!(lower(w).as_str(), "st" | "sankt" | "san" | "santa" | "saint" | "sainte"));
    if scope.first && !saint && words.iter().any(|w| w.kind == Kind::Person) {
        conceal(words, |_, w| {
            matches!(w.kind, Kind::Person | Kind::Unknown) && w.text.chars().all(char::is_alphabetic) || w.kind == Kind::Person
        });
    }
}

/// Shortest word beside a computer that is taken for its owner's name: three letters are the house's or the ward's far more often.
const OWNER: usize = 4;

fn conceal(words: &mut [Word<'_>], which: impl Fn(usize, &Word<'_>) -> bool) {
    for (n, word) in words.iter_mut().enumerate() {
        word.hidden = word.hidden || which(n, word);
    }
}

fn is_of(lower: &str) -> bool {
    WORDS.of.contains(lower) || WORDS.de.contains(lower)
}

fn is_known_word(word: &str) -> bool {
    WORDS.known.contains(word.to_lowercase().as_str())
}

/// Where "of somebody" begins without a device that is known: behind anything, or (the words that are also codes) behind a telephone's model.
fn said_of(words: &[Word<'_>]) -> Option<usize> {
    let behind = |n: &usize| *n > 0 && n.saturating_add(1) < words.len();
    let lower = |n: usize| words.get(n).map(|w| w.text.to_ascii_lowercase()).unwrap_or_default();
    let plain = (0..words.len()).filter(behind).find(|&n| WORDS.of.contains(lower(n).as_str()));
    let model = |n: usize| n.checked_sub(1).is_some_and(|before| is_galaxy(&lower(before)));
    let somebody = |n: usize| {
        words
            .get(n.saturating_add(1))
            .is_some_and(|w| w.kind != Kind::Known && w.text.len() >= OWNER)
    };
    plain.or_else(|| {
        (0..words.len())
            .filter(behind)
            .find(|&n| WORDS.de.contains(lower(n).as_str()) && model(n) && somebody(n))
    })
}

/// Samsung's telephones are called `S21`, `A52s`, `M12`, `Z4`, and named `S21 de Marie`.
fn is_galaxy(word: &str) -> bool {
    matches!(word.as_bytes(), [b's' | b'a' | b'm', a, b] | [b's' | b'a' | b'm', a, b, b's' | b'e'] if a.is_ascii_digit() && b.is_ascii_digit())
}

/// A house numbers its computers: `PC-0123`, `NB44`.
fn is_asset_number(word: &Word<'_>) -> bool {
    let digits = word.text.bytes().rev().take_while(u8::is_ascii_digit).count();
    digits >= 2 && (digits == word.text.len() || word.kind == Kind::Computer)
}

/// At most two letters, four digits and two letters: `S21`, `P30`, `11T`, `AR1220`, `G991B`.
fn is_model(lower: &str) -> bool {
    let letters = |s: &str| s.bytes().take_while(u8::is_ascii_alphabetic).count();
    let head = letters(lower);
    let rest = lower.get(head..).unwrap_or_default();
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let tail = rest.get(digits..).unwrap_or_default();
    head <= 2 && (1..=4).contains(&digits) && letters(tail) == tail.len() && tail.len() <= 2
}

/// Hexadecimal with digits and letters in turn, no long row of digits: an id that hardware or software made, not the number of a person.
fn is_hex_id(lower: &str) -> bool {
    let bytes = lower.as_bytes();
    let runs = lower.split(|c: char| !c.is_ascii_digit()).filter(|run| !run.is_empty());
    let longest = lower.split(|c: char| !c.is_ascii_digit()).map(str::len).max().unwrap_or(0);
    bytes.len() >= 8 && bytes.iter().all(u8::is_ascii_hexdigit) && runs.count() >= 2 && longest.saturating_mul(2) <= bytes.len()
}

/// The text form of a UUID. RFC 9562 section 4.
fn is_uuid(label: &str) -> bool {
    let hex = |part: &str| part.bytes().all(|b| b.is_ascii_hexdigit());
    label.len() == 36 && label.split('-').map(str::len).eq([8, 4, 4, 4, 12]) && label.split('-').all(hex)
}

/// A maker's letters and the end of a hardware address.
fn is_address(lower: &str) -> bool {
    [12, 8, 6].iter().any(|length| {
        let Some((maker, tail)) = lower.len().checked_sub(*length).and_then(|cut| lower.split_at_checked(cut)) else {
            return false;
        };
        tail.bytes().all(|b| b.is_ascii_hexdigit()) && WORDS.mac.contains(maker)
    })
}

/// The word without digits that stand six or more in a row.
fn without_numbers(word: &str) -> Cow<'_, str> {
    let longest = word.split(|c: char| !c.is_ascii_digit()).map(str::len).max().unwrap_or(0);
    if longest < limits::HOST_DIGITS {
        return Cow::Borrowed(word);
    }
    let lower = word.to_lowercase();
    if is_hex_id(&lower) || is_address(&lower) {
        return Cow::Borrowed(word);
    }
    let mut kept = String::with_capacity(word.len());
    let mut rest = word;
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let other = rest.get(digits..).unwrap_or_default().find(|c: char| c.is_ascii_digit());
        let end = other.map_or(rest.len(), |n| n.saturating_add(digits));
        if digits < limits::HOST_DIGITS {
            kept.push_str(rest.get(..digits).unwrap_or_default());
        } else {
            kept.push(HIDDEN);
        }
        kept.push_str(rest.get(digits..end).unwrap_or_default());
        rest = rest.get(end..).unwrap_or_default();
    }
    Cow::Owned(kept)
}

/// The words put together again; hidden ones beside each other are one [`HIDDEN`].
fn written<'a>(words: &[Word<'_>], tail: &str, scope: Scope) -> Cow<'a, str> {
    let plain = |gap: &str| gap.chars().all(|c| is_plain(c, scope));
    let mut text = String::new();
    let mut last = false;
    for word in words {
        if !(word.hidden && last) {
            text.push_str(match word.gap {
                gap if plain(gap) => gap,
                _ if text.is_empty() => "",
                _ => "-",
            });
        }
        match (word.hidden, last) {
            (true, true) => {}
            (true, false) => text.push(HIDDEN),
            (false, _) => text.push_str(&word.shown),
        }
        last = word.hidden;
    }
    if plain(tail) {
        text.push_str(tail);
    }
    if text.is_empty() {
        text.push(HIDDEN);
    }
    Cow::Owned(text)
}

#[cfg(test)]
mod tests;
