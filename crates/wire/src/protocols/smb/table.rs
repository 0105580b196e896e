//! A map that never grows beyond its bound: what has been in it longest makes room.

use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;

/// A map of at most `limit` entries, remembered in the order they came.
pub struct Table<K, V> {
    limit: usize,
    next: u64,
    entries: HashMap<K, (u64, V), ahash::RandomState>,
    order: BTreeMap<u64, K>,
}

impl<K: Copy + Eq + Hash, V> Table<K, V> {
    pub fn new(limit: usize) -> Table<K, V> {
        Table {
            limit,
            next: 0,
            entries: HashMap::default(),
            order: BTreeMap::new(),
        }
    }

    pub fn len(&self) -> usize {
        self.entries.len()
    }

    pub fn values(&self) -> impl Iterator<Item = &V> {
        self.entries.values().map(|(_, value)| value)
    }

    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut V> {
        self.entries.values_mut().map(|(_, value)| value)
    }

    pub fn get(&self, key: &K) -> Option<&V> {
        self.entries.get(key).map(|(_, value)| value)
    }

    pub fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        self.entries.get_mut(key).map(|(_, value)| value)
    }

    /// The value of `key`, made if there is none; and the oldest, if it had to make room.
    pub fn get_or_insert_with(&mut self, key: K, make: impl FnOnce() -> V) -> (&mut V, Option<V>) {
        let full = self.entries.len() >= self.limit && !self.entries.contains_key(&key);
        let displaced = if full { self.pop_oldest() } else { None };
        let (next, order) = (&mut self.next, &mut self.order);
        let entry = self.entries.entry(key).or_insert_with(|| {
            let place = *next;
            order.insert(place, key);
            *next = place.saturating_add(1);
            (place, make())
        });
        (&mut entry.1, displaced)
    }

    /// Puts `value` in; gives back the one that had its key, or the oldest if the table was full.
    pub fn insert(&mut self, key: K, value: V) -> Option<V> {
        let displaced = self.remove(&key).or_else(|| {
            if self.entries.len() >= self.limit {
                self.pop_oldest()
            } else {
                None
            }
        });
        self.order.insert(self.next, key);
        self.entries.insert(key, (self.next, value));
        self.next = self.next.saturating_add(1);
        displaced
    }

    pub fn remove(&mut self, key: &K) -> Option<V> {
        let (place, value) = self.entries.remove(key)?;
        self.order.remove(&place);
        Some(value)
    }

    /// Takes out all that are `wanted`, the oldest first.
    pub fn remove_where(&mut self, wanted: impl Fn(&V) -> bool) -> Vec<V> {
        let keys: Vec<K> = self
            .order
            .values()
            .filter(|&key| self.get(key).is_some_and(&wanted))
            .copied()
            .collect();
        keys.iter().filter_map(|key| self.remove(key)).collect()
    }

    pub fn pop_oldest(&mut self) -> Option<V> {
        let (_, key) = self.order.pop_first()?;
        self.entries.remove(&key).map(|(_, value)| value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_makes_room() {
        let mut table = Table::new(2);
        assert_eq!(table.insert(1, 'a'), None);
        assert_eq!(table.insert(2, 'b'), None);
        assert_eq!(table.insert(1, 'c'), Some('a'));
        assert_eq!(table.insert(3, 'd'), Some('b'));
        assert_eq!((table.remove(&1), table.remove(&1)), (Some('c'), None));
        assert_eq!((table.pop_oldest(), table.pop_oldest()), (Some('d'), None));
    }
}
