//! Kept packets for Python: what there is, and an export on its way.

use std::fs::{File, OpenOptions};
use std::io::BufWriter;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use pyo3::prelude::*;
use wire::kept::export::{Export, Told, Wanted};
use wire::kept::segment::SiteKey;
use wire::kept::shelf;

use crate::WireError;

/// Kept packets, opened and written to a file; `asepsis._wire` says how.
#[pyclass(frozen)]
struct KeptExport(Mutex<Export<BufWriter<File>>>);

impl KeptExport {
    fn get(&self) -> MutexGuard<'_, Export<BufWriter<File>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn told<T>(&self, what: impl FnOnce(&Told) -> T) -> T {
        what(&self.get().told)
    }
}

#[pymethods]
impl KeptExport {
    /// `span` in nanoseconds since 1970, both ends in it; `path` is a file that is there. Raises `WireError`.
    #[new]
    #[pyo3(signature = (folders, key, key_id, path, span, host=None, port=None))]
    fn new(
        folders: Vec<PathBuf>,
        key: &[u8],
        key_id: &str,
        path: PathBuf,
        span: (i64, i64),
        host: Option<&str>,
        port: Option<u16>,
    ) -> PyResult<KeptExport> {
        let host = host.map(address).transpose()?;
        let out = OpenOptions::new().write(true).open(&path).map_err(refused)?;
        let (from, to) = span;
        let wanted = Wanted { from, to, host, port };
        let export = Export::begin(&folders, SiteKey::new(key, key_id), wanted, BufWriter::new(out));
        Ok(KeptExport(Mutex::new(export.map_err(refused)?)))
    }

    /// Opens one more segment; false when all is written. The GIL is released. Raises `OSError` when the file cannot be written.
    fn step(&self, py: Python<'_>) -> PyResult<bool> {
        Ok(py.detach(|| self.get().step())?)
    }

    #[getter]
    fn packets(&self) -> u64 {
        self.told(|told| told.packets)
    }

    /// Times of the first and the last packet, nanoseconds since 1970.
    #[getter]
    fn span(&self) -> Option<(i64, i64)> {
        self.told(|told| told.span)
    }

    #[getter]
    fn segments(&self) -> u64 {
        self.told(|told| told.segments)
    }

    /// Packets of about that time that could not be kept.
    #[getter]
    fn lost(&self) -> u64 {
        self.told(|told| told.lost)
    }

    #[getter]
    fn bytes_read(&self) -> u64 {
        self.told(|told| told.read)
    }

    #[getter]
    fn bytes_total(&self) -> u64 {
        self.told(|told| told.total)
    }

    /// Segments that are left out, as (path, why).
    #[getter]
    fn problems(&self) -> Vec<(String, String)> {
        self.told(|told| {
            told.problems
                .iter()
                .map(|(path, why)| (path.display().to_string(), why.clone()))
                .collect()
        })
    }
}

fn address(text: &str) -> PyResult<u128> {
    let address: IpAddr = text.parse().map_err(|_| WireError::new_err(format!("{text}: no address")))?;
    Ok(match address {
        IpAddr::V4(v4) => v4.to_ipv6_mapped().to_bits(),
        IpAddr::V6(v6) => v6.to_bits(),
    })
}

fn refused(error: std::io::Error) -> PyErr {
    WireError::new_err(error.to_string())
}

/// First and last time, time of removal, packets, packets lost before, as its head says; or why it cannot be read.
type Listed = (String, u64, Option<(i64, i64, i64, u64, u64)>, Option<String>);

/// The segments in a folder, in the order in which they came.
#[pyfunction]
fn kept_segments(folder: PathBuf) -> PyResult<Vec<Listed>> {
    let listed = shelf::list(&folder)?.into_iter().map(|one| {
        let path = one.path.display().to_string();
        match one.facts {
            Ok(f) => (path, one.bytes, Some((f.first, f.last, f.expires, f.packets, f.lost)), None),
            Err(why) => (path, one.bytes, None, Some(why.to_string())),
        }
    });
    Ok(listed.collect())
}

/// Removes from a folder that nobody has open what is too old and what is half-written.
#[pyfunction]
fn kept_sweep(folder: PathBuf, now: i64) -> PyResult<()> {
    Ok(shelf::sweep(&folder, now)?)
}

/// Removes one segment for ever.
#[pyfunction]
fn kept_forget(path: PathBuf) -> PyResult<()> {
    Ok(shelf::forget(&path)?)
}

pub fn add(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_class::<KeptExport>()?;
    m.add_function(wrap_pyfunction!(kept_segments, m)?)?;
    m.add_function(wrap_pyfunction!(kept_sweep, m)?)?;
    m.add_function(wrap_pyfunction!(kept_forget, m)?)
}
