//! The words of the data files, each with the sections in which it stands.

use std::collections::HashMap;
use std::sync::LazyLock;

/// Sections of `data/host_words.txt` and `data/given_names.txt`; what they are for stands there.
pub const DEVICE: u16 = 1;
pub const COMPUTER: u16 = 1 << 1;
pub const OF: u16 = 1 << 2;
pub const DE: u16 = 1 << 3;
pub const KNOWN: u16 = 1 << 4;
pub const MAC: u16 = 1 << 5;
pub const PUBLIC: u16 = 1 << 6;
pub const LOCAL: u16 = 1 << 7;
pub const NAME: u16 = 1 << 8;
pub const BESIDE: u16 = 1 << 9;

const HOSTS: &str = include_str!("../../data/host_words.txt");
const PEOPLE: &str = include_str!("../../data/given_names.txt");

const SECTIONS: [(&str, &str, u16); 10] = [
    (HOSTS, "devices", DEVICE),
    (HOSTS, "computers", COMPUTER),
    (HOSTS, "of", OF),
    (HOSTS, "de", DE),
    (HOSTS, "known", KNOWN),
    (HOSTS, "mac", MAC),
    (HOSTS, "public", PUBLIC),
    (HOSTS, "local", LOCAL),
    (PEOPLE, "names", NAME),
    (PEOPLE, "beside", BESIDE),
];

static WORDS: LazyLock<HashMap<&'static str, u16, ahash::RandomState>> = LazyLock::new(|| {
    let mut all = HashMap::default();
    for (file, name, flag) in SECTIONS {
        section(file, name).for_each(|word| *all.entry(word).or_default() |= flag);
    }
    all
});

/// Devices that also stand within a word, in the order of the file: the same name is cut in the same way every time.
pub static GLUED: LazyLock<Vec<&'static str>> = LazyLock::new(|| section(HOSTS, "glued").collect());

/// The words of a section of a data file: after its `[name]`, up to the next.
fn section(file: &'static str, name: &str) -> impl Iterator<Item = &'static str> {
    let head = format!("[{name}]");
    let lines = file.lines().skip_while(move |line| *line != head).skip(1);
    let lines = lines
        .take_while(|line| !line.starts_with('['))
        .filter(|line| !line.starts_with('#'));
    lines.flat_map(str::split_ascii_whitespace)
}

/// The sections that hold a word in lower case; 0 for none.
pub fn sections(lower: &str) -> u16 {
    WORDS.get(lower).copied().unwrap_or(0)
}

/// The sections that hold a word, however it is written.
pub fn sections_of(word: &str) -> u16 {
    lowered(word, sections)
}

/// A given name of `list` ([`NAME`], [`BESIDE`]), or one with the s of possession; in lower case.
pub fn is_person(lower: &str, list: u16) -> bool {
    let named = |word: &str| sections(word) & list != 0;
    named(lower) || lower.strip_suffix('s').is_some_and(named)
}

/// Longest word that is brought to lower case without asking for memory: a label of DNS.
const SHORT: usize = 64;

/// Shows `word` in lower case.
pub fn lowered<T>(word: &str, show: impl FnOnce(&str) -> T) -> T {
    let mut room = [0u8; SHORT];
    let copy = room.get_mut(..word.len()).filter(|_| word.is_ascii()).and_then(|room| {
        room.copy_from_slice(word.as_bytes());
        room.make_ascii_lowercase();
        std::str::from_utf8(room).ok()
    });
    match copy {
        Some(lower) => show(lower),
        None => show(&word.to_lowercase()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_data_files_are_in_order() {
        for word in [HOSTS, PEOPLE]
            .iter()
            .flat_map(|f| f.lines())
            .filter(|l| !l.starts_with(['#', '[']))
            .flat_map(str::split_whitespace)
        {
            assert!(word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()), "{word}");
        }
        for (file, name, flag) in SECTIONS {
            assert!(
                section(file, name).count() > 0 && section(file, name).all(|word| sections(word) & flag != 0),
                "{name}"
            );
        }
        for (word, flags) in WORDS.iter() {
            assert!(
                flags & NAME == 0 || flags & (DEVICE | COMPUTER | KNOWN) == 0,
                "{word} is a name and a thing"
            );
        }
        assert!(section(PEOPLE, "names").count() > 600);
        assert!(GLUED.iter().all(|word| sections(word) & (DEVICE | COMPUTER) != 0));
    }

    #[test]
    fn lower_case_of_any_word() {
        for word in ["", "iPhone", "\u{c4}RZTE", "\u{130}", &"A".repeat(300)] {
            lowered(word, |lower| assert_eq!(lower, word.to_lowercase()));
        }
    }
}
