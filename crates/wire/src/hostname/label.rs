//! One label of a host name: its words, what each is, and what is left of it.

use std::borrow::Cow;

use super::words::{is_person, lowered, sections, sections_of, BESIDE, COMPUTER, DE, DEVICE, GLUED, KNOWN, MAC, NAME, OF};
use crate::limits;

/// Stands for what is not kept.
const HIDDEN: char = '*';

/// Where a label stands.
#[derive(Clone, Copy)]
pub struct Scope {
    /// In a public domain.
    pub public: bool,
    /// The host's own.
    pub first: bool,
    /// Written by people as a title: spaces are in order.
    pub titled: bool,
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

/// A label as it may be kept.
pub fn shown(text: &str, scope: Scope) -> Cow<'_, str> {
    let service = text.starts_with('_'); // RFC 8552
    let free = !text.chars().all(|c| is_plain(c, scope) || scope.public && !is_writing(c));
    if service || !free && !is_telling(text) {
        return Cow::Borrowed(text);
    }
    let (mut words, tail) = split(text, scope);
    hide(&mut words, scope, free);
    let unchanged = words
        .iter()
        .all(|w| !w.hidden && matches!(w.shown, Cow::Borrowed(s) if s == w.text));
    if unchanged && !free {
        return Cow::Borrowed(text);
    }
    written(&words, tail, scope)
}

/// Whether a label may have to change at all: most have no word that matters, and that is soon seen.
fn is_telling(label: &str) -> bool {
    let mut galaxy = false;
    label
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .any(|word| {
            lowered(word, |lower| {
                let after = std::mem::replace(&mut galaxy, is_galaxy(lower));
                let found = sections(lower);
                if found & (DEVICE | COMPUTER | OF | NAME) != 0 || found & DE != 0 && after || longest_number(lower) >= limits::HOST_DIGITS
                {
                    return true;
                }
                if found & KNOWN != 0 {
                    return false;
                }
                let stem = stem(lower);
                let owner = || ["pc", "nb"].iter().find_map(|end| stem.strip_suffix(end));
                stem.len() < lower.len() && sections(stem) & (DEVICE | COMPUTER) != 0
                    || is_person(stem, NAME)
                    || GLUED.iter().any(|device| stem.ends_with(device) || lower.starts_with(device))
                    || owner().is_some_and(|owner| is_person(owner, NAME))
            })
        })
}

/// A word without the digits at its end.
fn stem(lower: &str) -> &str {
    lower.trim_end_matches(|c: char| c.is_ascii_digit())
}

/// Most digits in a row.
fn longest_number(word: &str) -> usize {
    word.split(|c: char| !c.is_ascii_digit()).map(str::len).max().unwrap_or(0)
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
    let stem = stem(&lower);
    let (whole, stemmed) = (sections(&lower), sections(stem));
    let kind = if whole & KNOWN != 0 {
        Kind::Known
    } else if (whole | stemmed) & DEVICE != 0 {
        Kind::Device
    } else if (whole | stemmed) & COMPUTER != 0 {
        Kind::Computer
    } else if stemmed & KNOWN != 0 || stem.is_empty() || is_model(&lower) || is_hex_id(&lower) {
        Kind::Known
    } else if let Some((kind, kept)) = glued(word, &lower, scope) {
        return (kind, kept);
    } else if !scope.public && is_person(stem, NAME) {
        Kind::Person
    } else {
        Kind::Unknown
    };
    (kind, without_numbers(word))
}

/// A device that stands in one word with its owner: `NicksMacBook`, `iPhoneErika`.
fn glued<'a>(word: &'a str, lower: &str, scope: Scope) -> Option<(Kind, Cow<'a, str>)> {
    if lower.len() != word.len() {
        return None; // Not cut where a letter changes its length with its case.
    }
    let stem = stem(lower);
    let behind = |owner: &str| word.get(owner.len()..).map(without_numbers).unwrap_or_default();
    for device in GLUED.iter() {
        let kind = if sections(device) & DEVICE != 0 {
            Kind::Device
        } else {
            Kind::Computer
        };
        if let Some(owner) = stem.strip_suffix(device) {
            let hidden = is_foreign(owner) && (!scope.public || owner.ends_with('s'));
            let shown = if hidden {
                Cow::Owned(format!("{HIDDEN}{}", behind(owner)))
            } else {
                without_numbers(word)
            };
            return Some((kind, shown));
        }
        if let Some(rest) = lower.strip_prefix(device).filter(|_| !scope.public) {
            let own = word.get(..device.len()).unwrap_or_default();
            let shown = if is_foreign(rest) {
                Cow::Owned(format!("{own}{HIDDEN}"))
            } else {
                without_numbers(word)
            };
            return Some((kind, shown));
        }
    }
    // ERIKAPC: two letters alone end many words, so that only a name counts.
    let owner = ["pc", "nb"].iter().find_map(|end| stem.strip_suffix(end))?;
    (!scope.public && is_person(owner, NAME)).then(|| (Kind::Computer, Cow::Owned(format!("{HIDDEN}{}", behind(owner)))))
}

/// Whether the part of a word that stands beside a device is neither known nor a model's.
fn is_foreign(part: &str) -> bool {
    let core = part.trim_matches(|c: char| c.is_ascii_digit());
    core.chars().count() > 1 && sections(core) & KNOWN == 0 && !is_model(part)
}

/// Marks the words that are a person's.
fn hide(words: &mut [Word<'_>], scope: Scope, free: bool) {
    if free {
        // Not built as a host name: somebody's words.
        words
            .iter_mut()
            .for_each(|w| w.hidden = !matches!(w.kind, Kind::Device | Kind::Computer) && sections_of(w.text) & KNOWN == 0);
        return;
    }
    let at = |kind: Kind| words.iter().position(|w| w.kind == kind);
    if let Some(device) = at(Kind::Device) {
        let of = words.iter().skip(device).position(|w| is_of(w.text));
        let of = of.map_or(usize::MAX, |n| n.saturating_add(device));
        conceal(words, |n, w| {
            let somebody = matches!(w.kind, Kind::Unknown | Kind::Person);
            let before = n < device && (somebody || lowered(w.text, |l| is_person(l, BESIDE)));
            before || n >= of || somebody && !scope.public
        });
    } else if let Some(computer) = at(Kind::Computer) {
        let named = !words.iter().skip(computer).any(is_asset_number);
        conceal(words, |n, w| {
            let owner = w.kind == Kind::Person || lowered(w.text, |l| is_person(l, BESIDE));
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
        .is_some_and(|w| lowered(w.text, |l| matches!(l, "st" | "sankt" | "san" | "santa" | "saint" | "sainte")));
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

fn is_of(word: &str) -> bool {
    sections_of(word) & (OF | DE) != 0
}

/// Where "of somebody" begins without a device that is known: behind anything, or (the words that are also codes) behind a telephone's model.
fn said_of(words: &[Word<'_>]) -> Option<usize> {
    let inner = || 1..words.len().saturating_sub(1);
    let is = |n: usize, section: u16| words.get(n).is_some_and(|w| sections_of(w.text) & section != 0);
    let model = |n: usize| words.get(n.saturating_sub(1)).is_some_and(|w| lowered(w.text, is_galaxy));
    let somebody = |n: usize| {
        let next = words.get(n.saturating_add(1));
        next.is_some_and(|w| w.kind != Kind::Known && w.text.len() >= OWNER)
    };
    let plain = inner().find(|&n| is(n, OF));
    plain.or_else(|| inner().find(|&n| is(n, DE) && model(n) && somebody(n)))
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
    bytes.len() >= 8
        && bytes.iter().all(u8::is_ascii_hexdigit)
        && runs.count() >= 2
        && longest_number(lower).saturating_mul(2) <= bytes.len()
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
        tail.bytes().all(|b| b.is_ascii_hexdigit()) && sections(maker) & MAC != 0
    })
}

/// The word without digits that stand six or more in a row.
fn without_numbers(word: &str) -> Cow<'_, str> {
    if longest_number(word) < limits::HOST_DIGITS {
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
