//! Signs in what is said (`data/marks_syslog.tsv`), found in one walk over a message.

use std::sync::LazyLock;

use crate::limits;

struct Signs {
    /// A bit for each pair of bytes with which a sign begins.
    beginnings: Vec<u64>,
    all: Vec<(&'static str, &'static [u8])>,
}

static SIGNS: LazyLock<Signs> = LazyLock::new(|| {
    let all: Vec<_> = lines().map(|(mark, sign, _)| (mark, sign.as_bytes())).collect();
    let mut beginnings = vec![0u64; 1024];
    for (_, sign) in &all {
        if let Some((word, bit)) = sign.first_chunk().map(|pair| place(*pair)) {
            if let Some(word) = beginnings.get_mut(word) {
                *word |= bit;
            }
        }
    }
    Signs { beginnings, all }
});

/// Mark, sign in lower case and source.
fn lines() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    let lines = include_str!("../../../data/marks_syslog.tsv").lines();
    lines.filter(|line| !line.starts_with(';')).filter_map(|line| {
        let mut parts = line.split('\t');
        Some((parts.next()?, parts.next()?, parts.next()?))
    })
}

fn place(pair: [u8; 2]) -> (usize, u64) {
    let number = u16::from_be_bytes(pair);
    (usize::from(number >> 6), 1 << (number & 63))
}

/// Gives the marks of a message to `found`, perhaps the same one more than once.
pub fn of(text: &[u8], mut found: impl FnMut(&'static str)) {
    let text = text.get(..limits::SYSLOG_TEXT.min(text.len())).unwrap_or_default();
    let signs = &*SIGNS;
    for (at, pair) in text.windows(2).enumerate() {
        let lower = [0, 1].map(|n: usize| pair.get(n).map_or(0, u8::to_ascii_lowercase));
        let (word, bit) = place(lower);
        if signs.beginnings.get(word).is_some_and(|bits| bits & bit != 0) {
            let rest = text.get(at..).unwrap_or_default();
            let here = |sign: &[u8]| rest.get(..sign.len()).is_some_and(|part| part.eq_ignore_ascii_case(sign));
            signs.all.iter().filter(|(_, sign)| here(sign)).for_each(|(mark, _)| found(mark));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marks(text: &[u8]) -> Vec<&'static str> {
        let mut all = Vec::new();
        of(text, |mark| all.push(mark));
        all
    }

    #[test]
    fn the_data_file_is_in_order() {
        let all: Vec<_> = lines().collect();
        assert!(all.windows(2).all(|pair| pair[0].1 < pair[1].1), "in order of the signs, each once");
        for (mark, sign, source) in &all {
            assert!(mark.starts_with("syslog-") && sign.len() >= 4 && source.len() > 10);
            assert_eq!(*sign, sign.to_lowercase());
            assert_eq!(marks(sign.to_uppercase().as_bytes())[..1], [*mark], "{sign}");
        }
        let text = include_str!("../../../data/marks_syslog.tsv");
        assert_eq!(text.lines().filter(|line| !line.starts_with(';')).count(), all.len());
    }

    #[test]
    fn signs_are_found_anywhere_and_nothing_else_is() {
        assert_eq!(marks(b"sshd[1]: Failed password for zz from 10.0.0.1"), ["syslog-login-failed"]);
        assert!(marks(b"all is well").is_empty() && marks(b"").is_empty() && marks(b"f").is_empty());
        assert!(marks(&[&vec![b' '; limits::SYSLOG_TEXT][..], b"failed password"].concat()).is_empty());
    }
}
