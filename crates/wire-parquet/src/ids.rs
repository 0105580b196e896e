//! Which rows stand in a part, so that rows that stand twice are found without reading parts again.

use std::sync::LazyLock;

use ahash::RandomState;
use arrow_array::StringArray;

/// One for all parts of a process, so that hashes of different parts compare.
static HASHER: LazyLock<RandomState> = LazyLock::new(RandomState::new);

/// Hashes of 64 bits of every `event_id` of a part. Equal ids have equal hashes; that different ones do as well is next to impossible,
/// and then the ids themselves tell.
#[derive(Default)]
pub struct Ids {
    hashes: Vec<u64>,
    sorted: bool,
}

impl Ids {
    pub fn add(&mut self, ids: &StringArray) {
        self.hashes.extend(ids.iter().flatten().map(|id| HASHER.hash_one(id.as_bytes())));
    }

    /// No more come.
    pub fn close(&mut self) {
        self.hashes.sort_unstable();
        self.sorted = true;
    }

    /// Whether an id may stand twice in the part.
    pub fn repeat(&self) -> bool {
        !self.sorted || self.hashes.windows(2).any(|two| two[0] == two[1])
    }

    /// Whether an id may stand in both parts.
    pub fn meet(&self, other: &Ids) -> bool {
        if !self.sorted || !other.sorted {
            return true;
        }
        let (mut ours, mut theirs) = (self.hashes.iter().peekable(), other.hashes.iter().peekable());
        while let (Some(&a), Some(&b)) = (ours.peek(), theirs.peek()) {
            match a.cmp(b) {
                std::cmp::Ordering::Less => drop(ours.next()),
                std::cmp::Ordering::Greater => drop(theirs.next()),
                std::cmp::Ordering::Equal => return true,
            }
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(given: &[&str]) -> Ids {
        let mut ids = Ids::default();
        ids.add(&StringArray::from(given.to_vec()));
        ids.close();
        ids
    }

    #[test]
    fn rows_that_stand_twice_are_found() {
        assert!(ids(&["a", "b", "a"]).repeat());
        assert!(!ids(&["a", "b", "c"]).repeat());
        assert!(ids(&["a", "b"]).meet(&ids(&["c", "b"])));
        assert!(!ids(&["a", "b"]).meet(&ids(&["c", "d", "e"])));
        assert!(!ids(&[]).meet(&ids(&["a"])));
    }

    #[test]
    fn before_its_end_a_part_may_hold_anything() {
        let mut open = Ids::default();
        open.add(&StringArray::from(vec!["a"]));
        assert!(open.repeat() && open.meet(&ids(&["b"])));
    }
}
