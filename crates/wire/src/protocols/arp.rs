//! (being written)

use crate::stream;

stream! {
    /// (being written)
    Arp = "arp" {
    }
}
