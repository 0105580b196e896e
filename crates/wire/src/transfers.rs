//! Files that are about to pass over data connections of FTP: what a control connection has said of each, until the data connection asks.

use crate::limits;
use crate::oldest::Oldest;

/// Who is called, at which port, and by whom.
pub type Call = (u128, u16, u128);

/// What a data connection carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transfer {
    pub call: Call,
    /// When that was told, nanoseconds.
    pub ts: i64,
    /// As the client names the file; none of a listing.
    pub path: Option<Box<[u8]>>,
    /// Not all of the file passes.
    pub part: bool,
}

impl Transfer {
    /// A listing, or what nobody has named.
    pub fn unnamed(call: Call, ts: i64) -> Transfer {
        let (path, part) = (None, false);
        Transfer { call, ts, path, part }
    }
}

/// What was told and not yet asked for.
pub struct Transfers(Oldest<Call, Transfer>);

impl Default for Transfers {
    fn default() -> Transfers {
        Transfers(Oldest::new(limits::FTP_AWAITED))
    }
}

impl Transfers {
    /// What was told of the same connection before counts no more.
    pub fn tell(&mut self, transfer: &Transfer) {
        match transfer.path {
            Some(_) => self.0.insert(transfer.call, transfer.clone()),
            None => drop(self.0.remove(&transfer.call)),
        }
    }

    /// What a data connection carries, if that was told not too long before `begun` (nanoseconds), or since.
    pub fn take(&mut self, call: Call, begun: i64) -> Option<Transfer> {
        self.0.remove(&call).filter(|told| is_young(told, begun))
    }
}

fn is_young(told: &Transfer, ts: i64) -> bool {
    ts.saturating_sub(told.ts) <= limits::FTP_AWAITED_AGE
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(port: u16, ts: i64) -> Transfer {
        Transfer {
            path: Some(b"a"[..].into()),
            ..Transfer::unnamed((1, port, 2), ts)
        }
    }

    #[test]
    fn what_was_told_is_told_once_and_not_for_ever() {
        let mut transfers = Transfers::default();
        transfers.tell(&named(9, 0));
        assert_eq!(transfers.take((1, 9, 3), 1), None);
        assert_eq!(transfers.take((1, 9, 2), 1), Some(named(9, 0)));
        assert_eq!(transfers.take((1, 9, 2), 1), None);
        transfers.tell(&named(9, 5));
        assert_eq!(transfers.take((1, 9, 2), 1), Some(named(9, 5)));
        transfers.tell(&named(9, 0));
        assert_eq!(transfers.take((1, 9, 2), limits::FTP_AWAITED_AGE + 1), None);
        transfers.tell(&named(9, 0));
        transfers.tell(&Transfer::unnamed((1, 9, 2), 1));
        assert_eq!(transfers.take((1, 9, 2), 1), None);
    }

    #[test]
    fn who_tells_much_leaves_the_newest() {
        let mut transfers = Transfers::default();
        for port in 0..=u16::MAX {
            transfers.tell(&named(port, 0));
        }
        assert_eq!(transfers.take((1, 9, 2), 1), None);
        assert_eq!(transfers.take((1, u16::MAX, 2), 1), Some(named(u16::MAX, 0)));
    }
}
