//! (being written)

use crate::stream;

stream! {
    /// (being written)
    Fhir = "fhir" {
    }
}
