//! Reads captures as the sensor does and writes the rows as Parquet into a folder that is there: the core with all that `lake ingest` does
//! below Python, for profilers (docs/performance.md).

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use wire::keys::Keys;
use wire::protocols::STREAMS;
use wire::reader::{Read, Reader};
use wire_parquet::Part;

fn write(folder: &str, captures: &[PathBuf]) -> Result<(), String> {
    let mut reader = Reader::open(captures, &[], &Keys::new(&[0; 32], "k1"), "profile", 1, false).map_err(|refused| refused.to_string())?;
    let mut parts = BTreeMap::new();
    while let Read::Rows(stream, batch) = reader.next(Duration::MAX) {
        if !parts.contains_key(stream) {
            let spec = STREAMS.iter().find(|spec| spec.name == stream).ok_or("no such stream")?;
            let path = PathBuf::from(folder).join(format!("{stream}.parquet"));
            parts.insert(
                stream,
                Part::create(&path, spec).map_err(|error| format!("{}: {error}", path.display()))?,
            );
        }
        let part = parts.get_mut(stream).ok_or("no part")?;
        part.write(&batch).map_err(|error| error.to_string())?;
    }
    parts
        .into_values()
        .try_for_each(|part| part.close().map(drop))
        .map_err(|error| error.to_string())
}

fn main() -> ExitCode {
    let mut arguments = std::env::args();
    let folder = arguments.nth(1).unwrap_or_default();
    match write(&folder, &arguments.map(PathBuf::from).collect::<Vec<_>>()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
