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

use crate::memo::Memo;
use crate::text;

mod label;
#[cfg(test)]
mod tests;
mod words;

use label::Scope;
pub use words::lowered;

/// A host name off the wire as it may be kept; `None` if nothing is left of it.
pub fn host(bytes: &[u8]) -> Option<String> {
    text::clean(bytes).map(|name| shown(&name).into_owned())
}

/// A host name, with or without domain, as it may be kept.
pub fn shown(name: &str) -> Cow<'_, str> {
    thread_local!(static SEEN: Memo = Memo::default());
    let mut changed = None;
    let stands = SEEN.with(|seen| {
        seen.stands(name, || {
            changed = match rewritten(name, is_public(name)) {
                Cow::Owned(changed) => Some(changed),
                Cow::Borrowed(_) => None,
            };
            changed.is_none()
        })
    });
    match changed {
        Some(changed) if !stands => Cow::Owned(changed),
        _ => Cow::Borrowed(name),
    }
}

/// Whether a name, wherever it is, reads like that of a person or of a person's machine.
pub fn is_personal(name: &str) -> bool {
    rewritten(name, false) != name
}

/// A short text in which people name equipment (`CT ROOM 1`) as it may be kept.
pub fn title(text: &str) -> Cow<'_, str> {
    label::shown(
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
    words::sections_of(word) & words::NAME != 0
}

/// Whether a word is a given name, common or not.
pub fn may_be_given_name(word: &str) -> bool {
    words::sections_of(word) & (words::NAME | words::BESIDE) != 0
}

/// Whether a word is one of devices, makers, places: it names nobody.
pub fn is_known(word: &str) -> bool {
    words::sections_of(word) & (words::KNOWN | words::DEVICE | words::COMPUTER) != 0
}

/// `text` in lower case if it is a host name or an IPv4 address: labels of letters, digits, `-` and `_`. RFC 1123 2.1; RFC 6066 section 3.
pub fn valid(text: &str) -> Option<String> {
    let name = text.trim_end_matches('.');
    let plain = |l: &str| (1..=63).contains(&l.len()) && l.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
    (name.len() <= 253 && name.split('.').all(plain)).then(|| name.to_ascii_lowercase())
}

/// Whether a name is a host's with its domain: a public one, or one of those that houses give themselves.
pub fn is_qualified(name: &str) -> bool {
    let top = name.trim_end_matches('.').rsplit_once('.').map(|(_, top)| top);
    valid(name).is_some() && top.is_some_and(|top| is_public(name) || words::sections_of(top) & words::LOCAL != 0)
}

/// Whether a name is one of a public top-level domain.
pub fn is_public(name: &str) -> bool {
    let Some((_, top)) = name.trim_end_matches('.').rsplit_once('.') else {
        return false;
    };
    let country = top.len() == 2 && top.bytes().all(|b| b.is_ascii_alphabetic());
    country || top.starts_with("xn--") || words::sections_of(top) & words::PUBLIC != 0
}

fn rewritten(name: &str, public: bool) -> Cow<'_, str> {
    let registered = if public {
        name.trim_end_matches('.').split('.').count().saturating_sub(2)
    } else {
        usize::MAX
    };
    let of = |n: usize, text: &'_ str| {
        let scope = Scope {
            public,
            first: n == 0,
            titled: false,
        };
        if n >= registered {
            return None;
        }
        match label::shown(text, scope) {
            Cow::Owned(changed) => Some(changed),
            Cow::Borrowed(_) => None,
        }
    };
    if name.split('.').enumerate().all(|(n, text)| of(n, text).is_none()) {
        return Cow::Borrowed(name);
    }
    let labels = name
        .split('.')
        .enumerate()
        .map(|(n, text)| of(n, text).unwrap_or_else(|| text.to_owned()));
    Cow::Owned(labels.collect::<Vec<_>>().join("."))
}
