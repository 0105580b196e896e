//! Credentials that makers document as those their products come with (`data/marks_credentials.tsv`), known by looking, in memory, at what a
//! client says. Neither user name nor password is kept, nor which row of the table they are: who knew the row would know the password.
#![deny(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation
)]

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::LazyLock;

/// What a row says of them.
pub const MARK: &str = "default-credentials";

/// Users in lower case, each with the passwords documented for it.
static USERS: LazyLock<HashMap<String, Vec<&'static str>, ahash::RandomState>> = LazyLock::new(|| {
    let rows = include_str!("../data/marks_credentials.tsv")
        .lines()
        .filter(|line| !line.starts_with('#'));
    let mut users: HashMap<String, Vec<&'static str>, ahash::RandomState> = HashMap::default();
    for row in rows {
        let mut cells = row.split('\t').skip(1);
        if let (Some(user), Some(password)) = (cells.next(), cells.next()) {
            users.entry(user.to_ascii_lowercase()).or_default().push(password);
        }
    }
    users
});

/// What is remembered of a user name until its password comes: the passwords documented for it, or none.
#[derive(Clone, Copy, Debug, Default)]
pub struct User(&'static [&'static str]);

/// Users are compared without regard to case: many products take them so.
pub fn user(name: &[u8]) -> User {
    let known = std::str::from_utf8(name)
        .ok()
        .and_then(|name| USERS.get(&name.to_ascii_lowercase()));
    User(known.map_or(&[], Vec::as_slice))
}

impl User {
    /// Whether this password is documented for the user.
    pub fn has(self, password: &[u8]) -> bool {
        self.0.iter().any(|known| known.as_bytes() == password)
    }
}

/// The column `marks` of a row about a login.
pub fn marks<'a>(default: bool) -> Vec<Cow<'a, str>> {
    if default {
        vec![Cow::Borrowed(MARK)]
    } else {
        Vec::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_known_and_nothing_else_is() {
        assert!(user(b"admin").has(b"admin"));
        assert!(user(b"Admin").has(b"password"));
        assert!(!user(b"admin").has(b"Admin"));
        assert!(!user(b"admin").has(b""));
        assert!(!user(b"zztest").has(b"zztest"));
        assert!(!user(b"\xff").has(b"admin"));
    }

    #[test]
    fn rows_are_whole_once_there_and_have_a_source() {
        let rows = include_str!("../data/marks_credentials.tsv")
            .lines()
            .filter(|line| !line.starts_with('#'));
        let mut pairs = std::collections::HashSet::new();
        for row in rows {
            let cells: &[_] = row.split('\t').collect::<Vec<_>>().leak();
            assert_eq!(cells.len(), 4, "{row}");
            assert!(cells.iter().all(|cell| !cell.is_empty() && cell.trim() == *cell), "{row}");
            assert!(pairs.insert(cells.get(1..3)), "{row} is there twice");
        }
    }
}
