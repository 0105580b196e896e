//! (being written)

use crate::stream;

stream! {
    /// (being written)
    Conn = "conn" {
    }
}
