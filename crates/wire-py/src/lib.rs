//! asepsis._wire: the packet core for Python. Arrow batches, errors, nothing else.

mod kept;

use std::io::ErrorKind;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use arrow_array::ffi::{FFI_ArrowArray, FFI_ArrowSchema};
use arrow_array::{Array, RecordBatch, StructArray};
use pyo3::create_exception;
use pyo3::exceptions::{PyException, PyOSError};
use pyo3::prelude::*;
use pyo3::types::{PyCapsule, PyTuple};
use wire::capture::Refused;
use wire::kept::segment::SiteKey;
use wire::kept::{keeper, shelf};
use wire::keys::Keys;
use wire::limits;
use wire::live;
use wire::protocols::STREAMS;
use wire::reader;
use wire::records::{self, schema, Kind, StreamSpec, COMMON};

create_exception!(
    _wire,
    WireError,
    PyException,
    "A path that cannot be read as a capture: one line, what and where."
);

/// Time between two looks at Ctrl-C and the progress bar.
const LOOK: Duration = Duration::from_millis(100);

/// A batch of rows for whoever speaks the Arrow PyCapsule interface: `pyarrow.record_batch(batch)`.
#[pyclass(frozen)]
struct ArrowBatch(RecordBatch);

#[pymethods]
impl ArrowBatch {
    #[getter]
    fn num_rows(&self) -> usize {
        self.0.num_rows()
    }

    /// Earliest and latest `ts`, microseconds since 1970; `None` without rows.
    #[getter]
    fn span(&self) -> Option<(i64, i64)> {
        records::span(&self.0)
    }

    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_array__<'py>(&self, py: Python<'py>, requested_schema: Option<Bound<'py, PyAny>>) -> PyResult<Bound<'py, PyTuple>> {
        let _ = requested_schema;
        let data = StructArray::from(self.0.clone()).into_data();
        let schema = FFI_ArrowSchema::try_from(data.data_type()).map_err(|e| WireError::new_err(e.to_string()))?;
        let array = FFI_ArrowArray::new(&data);
        let schema = PyCapsule::new_with_value(py, schema, c"arrow_schema")?;
        let array = PyCapsule::new_with_value(py, array, c"arrow_array")?;
        PyTuple::new(py, [schema, array])
    }
}

/// Reads captures and gives the rows of every stream in batches.
#[pyclass(frozen)]
struct Reader(Mutex<reader::Reader>);

impl Reader {
    fn get(&self) -> MutexGuard<'_, reader::Reader> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn refused(problem: &Refused) -> (String, String) {
    (problem.path.display().to_string(), problem.why.clone())
}

#[pymethods]
impl Reader {
    /// Opens files, folders or `-`, to be read by as many cores; `apart`: each as if it were the only one. `elsewhere`: files of these folders
    /// that another reader reads. Raises `WireError` for a path that is missing, unreadable or no capture. The GIL is released: a pipe may let us wait.
    #[new]
    #[pyo3(signature = (paths, key, key_id, sensor, elsewhere=Vec::new(), cores=1, apart=false))]
    #[allow(clippy::too_many_arguments, reason = "Python gives them by name")]
    fn new(
        py: Python<'_>,
        paths: Vec<PathBuf>,
        key: &[u8],
        key_id: &str,
        sensor: &str,
        elsewhere: Vec<PathBuf>,
        cores: usize,
        apart: bool,
    ) -> PyResult<Reader> {
        let keys = Keys::new(key, key_id);
        py.detach(|| reader::Reader::open(&paths, &elsewhere, &keys, sensor, cores, apart))
            .map(|reader| Reader(Mutex::new(reader)))
            .map_err(|problem| WireError::new_err(problem.to_string()))
    }

    /// The next `(stream, batch)`, `(None, None)` as a sign of life, or `None` at the end. The GIL is released.
    fn next(&self, py: Python<'_>) -> Option<(Option<&'static str>, Option<ArrowBatch>)> {
        match py.detach(|| self.get().next(LOOK)) {
            reader::Read::Rows(stream, batch) => Some((Some(stream), Some(ArrowBatch(batch)))),
            reader::Read::Nothing => Some((None, None)),
            reader::Read::End => None,
        }
    }

    /// Bytes of all files; 0 for standard input.
    #[getter]
    fn bytes_total(&self) -> u64 {
        self.get().total
    }

    /// What is known of the packets so far.
    fn report(&self) -> Report {
        Report(self.get().report())
    }
}

/// What is known of the packets of captures.
#[pyclass(frozen)]
struct Report(reader::Report);

#[pymethods]
impl Report {
    /// Bytes of the files read so far, compressed ones as they are.
    #[getter]
    fn bytes_read(&self) -> u64 {
        self.0.bytes_read
    }

    #[getter]
    fn packets(&self) -> u64 {
        self.0.packets
    }

    /// Packets whose headers could not be read.
    #[getter]
    fn undecoded(&self) -> u64 {
        self.0.undecoded
    }

    /// Packets left out because another of the captures held the same.
    #[getter]
    fn duplicates(&self) -> u64 {
        self.0.duplicates
    }

    /// Packets that could not be taken out of their capture.
    #[getter]
    fn unreadable(&self) -> u64 {
        self.0.unreadable
    }

    /// Frames that hold neither IP nor ARP.
    #[getter]
    fn other(&self) -> u64 {
        self.0.other
    }

    /// Packets whose time could not be: they count at the time of the packet before.
    #[getter]
    fn wrong_stamps(&self) -> u64 {
        self.0.wrong_stamps
    }

    /// IP fragments that held other bytes than what came first.
    #[getter]
    fn disagreements(&self) -> u64 {
        self.0.disagreements
    }

    /// Connections that had to be given up because there were too many at once.
    #[getter]
    fn evicted(&self) -> u64 {
        self.0.evicted
    }

    /// Time of the first packet, microseconds since 1970, UTC.
    #[getter]
    fn first_ts(&self) -> Option<i64> {
        self.0.first_ts
    }

    #[getter]
    fn last_ts(&self) -> Option<i64> {
        self.0.last_ts
    }

    /// Captures that did not give all that they hold, as (path, why); what they gave counts.
    #[getter]
    fn problems(&self) -> Vec<(String, String)> {
        self.0.problems.iter().map(refused).collect()
    }

    /// Files in given folders that are no captures.
    #[getter]
    fn skipped(&self) -> Vec<String> {
        self.0.skipped.iter().map(|path| path.display().to_string()).collect()
    }
}

/// A Parquet file of one stream, which rows of the core go into as they are.
#[pyclass(frozen)]
struct Part(Mutex<Option<wire_parquet::Part>>, PathBuf);

impl Part {
    fn failed(&self, error: &std::io::Error) -> PyErr {
        let why = error.to_string();
        PyOSError::new_err((error.raw_os_error(), why, self.1.clone()))
    }
}

#[pymethods]
impl Part {
    /// Makes the file. Raises `WireError` for an unknown stream, `OSError` where it may not be made.
    #[new]
    fn new(path: PathBuf, stream: &str) -> PyResult<Part> {
        let part = Part(Mutex::new(None), path);
        let made = wire_parquet::Part::create(&part.1, spec(stream)?);
        *part.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(made.map_err(|error| part.failed(&error))?);
        Ok(part)
    }

    /// Writes the rows as one row group. The GIL is released.
    fn write(&self, py: Python<'_>, batch: &ArrowBatch) -> PyResult<()> {
        py.detach(|| match &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(part) => part.write(&batch.0),
            None => Err(ErrorKind::BrokenPipe.into()),
        })
        .map_err(|error| self.failed(&error))
    }

    /// Ends the file; gives which rows stand in it. The GIL is released.
    fn close(&self, py: Python<'_>) -> PyResult<Ids> {
        py.detach(|| match self.0.lock().unwrap_or_else(PoisonError::into_inner).take() {
            Some(part) => part.close(),
            None => Err(ErrorKind::BrokenPipe.into()),
        })
        .map(Ids)
        .map_err(|error| self.failed(&error))
    }
}

/// Which rows stand in a part.
#[pyclass(frozen)]
struct Ids(wire_parquet::Ids);

#[pymethods]
impl Ids {
    /// Whether a row may stand twice in the part.
    fn repeat(&self) -> bool {
        self.0.repeat()
    }

    /// Whether a row may stand in both parts.
    fn meet(&self, other: &Ids) -> bool {
        self.0.meet(&other.0)
    }
}

/// `asepsis.lake.live.Ear`.
#[derive(FromPyObject)]
struct Ear {
    interface: String,
    rings: usize,
    ring_mib: usize,
    promiscuous: bool,
}

/// An interface that is listened to, and its rows as they come.
#[pyclass(frozen)]
struct Live(Mutex<live::Live>);

impl Live {
    fn get(&self) -> MutexGuard<'_, live::Live> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[pymethods]
impl Live {
    /// Begins to listen, and gives up every privilege; root becomes `owner`. Raises `WireError` for an interface that is unknown, down, or may not be listened to.
    #[new]
    fn new(ear: Ear, key: &[u8], key_id: &str, sensor: &str, owner: Option<(u32, u32)>) -> PyResult<Live> {
        let ear = live::Ear {
            interface: ear.interface,
            rings: ear.rings,
            bytes: ear.ring_mib << 20,
            promiscuous: ear.promiscuous,
            owner,
        };
        let opened = live::Live::open(&ear, || Keys::new(key, key_id), sensor);
        opened.map(|live| Live(Mutex::new(live))).map_err(|error| {
            let why = match error.kind() {
                ErrorKind::NotFound => "no such interface".to_owned(),
                ErrorKind::PermissionDenied => "may not listen: needs root or CAP_NET_RAW".to_owned(),
                _ => error.to_string(),
            };
            WireError::new_err(format!("{}: {why}", ear.interface))
        })
    }

    /// The next `(stream, batch)`, `(None, None)` if none came for so many milliseconds, `None` at the end. The GIL is released.
    fn next(&self, py: Python<'_>, wait_ms: u64) -> Option<(Option<&'static str>, Option<ArrowBatch>)> {
        match py.detach(|| self.get().next(Duration::from_millis(wait_ms))) {
            live::Heard::Rows(stream, batch) => Some((Some(stream), Some(ArrowBatch(batch)))),
            live::Heard::Nothing => Some((None, None)),
            live::Heard::End => None,
        }
    }

    /// Ends every connection; the last rows come with `next`.
    fn stop(&self) {
        self.get().stop();
    }

    /// Keeps the packets too, sealed, in `folder`: no more than `size` bytes, none longer than `seconds`. Raises `WireError` if the folder cannot be used.
    fn keep(&self, folder: PathBuf, size: u64, seconds: u64, key: &[u8], key_id: &str) -> PyResult<()> {
        let plan = keeper::Plan {
            bounds: shelf::Bounds {
                size,
                reserve: limits::KEPT_RESERVE,
                keep: i64::try_from(seconds.saturating_mul(1_000_000_000)).unwrap_or(i64::MAX),
            },
            key: SiteKey::new(key, key_id),
            folder,
        };
        let folder = plan.folder.display().to_string();
        self.get()
            .keep(plan)
            .map_err(|error| WireError::new_err(format!("{folder}: {error}")))
    }

    /// What has become of packets that are to be kept: segments and bytes there are now, packets kept and lost since listening began, and why
    /// nothing is kept just now; `None` where none are to be.
    #[getter]
    fn kept(&self) -> Option<(u64, u64, u64, u64, Option<String>)> {
        let status = self.get().kept()?;
        Some((status.segments, status.bytes, status.kept, status.lost, status.trouble))
    }

    #[getter]
    fn packets(&self) -> u64 {
        self.get().packets()
    }

    /// Packets that came faster than they were read, as the kernel counts them.
    #[getter]
    fn dropped(&self) -> u64 {
        self.get().dropped()
    }

    /// Why listening ended by itself.
    #[getter]
    fn error(&self) -> Option<String> {
        self.get().error()
    }
}

fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Time => "timestamp",
        Kind::Int => "int",
        Kind::Float => "float",
        Kind::Bool => "bool",
        Kind::Text | Kind::Word => "text",
        Kind::Texts => "list of text",
        Kind::Ints => "list of int",
    }
}

fn comment(lines: &[&str]) -> String {
    lines.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" ")
}

type Described = (&'static str, String, Vec<(&'static str, &'static str, String)>);

/// Every stream as (name, comment, columns as (name, type, comment)).
#[pyfunction]
fn streams() -> Vec<Described> {
    let describe = |spec: &&StreamSpec| {
        let columns = COMMON
            .iter()
            .chain(spec.columns)
            .map(|c| (c.name, kind(c.kind), comment(c.doc)))
            .collect();
        (spec.name, comment(spec.doc), columns)
    };
    STREAMS.iter().map(describe).collect()
}

/// A batch without rows: the schema of a stream. Raises `WireError` for an unknown one.
#[pyfunction]
fn empty(stream: &str) -> PyResult<ArrowBatch> {
    Ok(ArrowBatch(RecordBatch::new_empty(schema(spec(stream)?).into())))
}

fn spec(stream: &str) -> PyResult<&'static StreamSpec> {
    let spec = STREAMS.iter().copied().find(|spec| spec.name == stream);
    spec.ok_or_else(|| WireError::new_err(format!("{stream}: no such stream")))
}

/// The pseudonym of an id under a site key; `None` if nothing is left of it.
#[pyfunction]
fn pseudonym(key: &[u8], key_id: &str, value: &str) -> Option<String> {
    Keys::new(key, key_id).pseudonym(value)
}

#[pymodule]
fn _wire(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add("__version__", env!("CARGO_PKG_VERSION"))?;
    m.add("WireError", m.py().get_type::<WireError>())?;
    m.add_class::<Reader>()?;
    m.add_class::<Report>()?;
    m.add_class::<Live>()?;
    m.add_class::<ArrowBatch>()?;
    m.add_class::<Part>()?;
    m.add_class::<Ids>()?;
    kept::add(m)?;
    m.add_function(wrap_pyfunction!(streams, m)?)?;
    m.add_function(wrap_pyfunction!(empty, m)?)?;
    m.add_function(wrap_pyfunction!(pseudonym, m)?)
}
