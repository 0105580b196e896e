//! asepsis._wire
use pyo3::prelude::*;

#[pymodule]
fn _wire(_m: &Bound<'_, PyModule>) -> PyResult<()> {
    Ok(())
}
