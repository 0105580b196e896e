//! A table of so many entries at the most: one more takes the place of the oldest.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;

pub struct Oldest<K, V> {
    /// Each with the number under which it stands in the queue.
    entries: HashMap<K, (u64, V), ahash::RandomState>,
    /// Those that there are, the oldest first, and some that are no more.
    queue: VecDeque<(K, u64)>,
    number: u64,
    most: usize,
}

impl<K: Copy + Eq + Hash, V> Oldest<K, V> {
    pub fn new(most: usize) -> Oldest<K, V> {
        Oldest {
            entries: HashMap::default(),
            queue: VecDeque::new(),
            number: 0,
            most,
        }
    }

    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub fn get(&self, key: &K) -> Option<&V> {
        self.entries.get(key).map(|(_, value)| value)
    }

    pub fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        self.entries.get_mut(key).map(|(_, value)| value)
    }

    pub fn remove(&mut self, key: &K) -> Option<V> {
        self.entries.remove(key).map(|(_, value)| value)
    }

    /// It is the newest now, in the place of what stood under the same key.
    pub fn insert(&mut self, key: K, value: V) {
        self.number += 1;
        self.entries.insert(key, (self.number, value));
        // Each entry is looked at once for each one that came after it: in all, two at a time.
        if self.queue.len() >= 2 * self.most {
            let entries = &self.entries;
            self.queue.retain(|(key, number)| is_there(entries, key, *number));
        }
        self.queue.push_back((key, self.number));
        while self.entries.len() > self.most {
            let Some((key, number)) = self.queue.pop_front() else { return };
            if is_there(&self.entries, &key, number) {
                self.entries.remove(&key);
            }
        }
    }
}

fn is_there<K: Eq + Hash, V>(entries: &HashMap<K, (u64, V), ahash::RandomState>, key: &K, number: u64) -> bool {
    entries.get(key).is_some_and(|(known, _)| *known == number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_more_takes_the_place_of_the_oldest() {
        let mut table = Oldest::new(2);
        table.insert(1, 'a');
        table.insert(2, 'b');
        table.insert(1, 'c');
        table.insert(3, 'd');
        assert_eq!([1, 2, 3].map(|key| table.get(&key).copied()), [Some('c'), None, Some('d')]);
        assert_eq!(table.remove(&1), Some('c'));
        table.insert(4, 'e');
        assert_eq!([3, 4].map(|key| table.get(&key).copied()), [Some('d'), Some('e')]);
    }

    #[test]
    fn what_is_remembered_of_those_that_are_no_more_is_bounded() {
        let mut table = Oldest::new(4);
        for n in 0..1000 {
            table.insert(n, ());
            table.remove(&n);
        }
        assert!(table.is_empty() && table.queue.len() <= 8);
    }
}
