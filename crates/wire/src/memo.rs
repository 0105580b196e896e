//! Remembers texts that were judged lately and may stand as they are: the same host names and agents come with every request.

use std::cell::RefCell;

use crate::limits;

/// One place a hash, each with the last text that had it. Every text is compared whole: nobody can make one pass for another.
#[derive(Default)]
pub struct Memo {
    places: RefCell<Vec<Box<str>>>,
    hasher: ahash::RandomState,
}

impl Memo {
    /// Whether `text` may stand: as remembered, else as `judge` says.
    pub fn stands(&self, text: &str, judge: impl FnOnce() -> bool) -> bool {
        let place = usize::try_from(self.hasher.hash_one(text)).unwrap_or(usize::MAX) % limits::MEMO;
        if !text.is_empty() && self.places.borrow().get(place).is_some_and(|known| known.as_ref() == text) {
            return true;
        }
        let stands = judge();
        if stands {
            let mut places = self.places.borrow_mut();
            places.resize_with(limits::MEMO, Default::default);
            if let Some(known) = places.get_mut(place) {
                *known = text.into();
            }
        }
        stands
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_may_stand_is_remembered() {
        let memo = Memo::default();
        assert!(memo.stands("ct01", || true) && memo.stands("ct01", || panic!("judged twice")));
        assert!(!memo.stands("ERIKA-PC", || false) && !memo.stands("ERIKA-PC", || false));
        for n in 0..10_000 {
            let name = format!("host{n}");
            assert_eq!(memo.stands(&name, || n % 2 == 0), n % 2 == 0);
            assert_eq!(memo.stands(&name, || n % 2 == 0), n % 2 == 0);
        }
        assert!(memo.places.borrow().len() <= limits::MEMO);
    }
}
