//! Reads captures as the sensor does and counts the rows of each stream: the core alone, for profilers (docs/performance.md).

use std::collections::BTreeMap;
use std::time::Duration;

use wire::keys::Keys;
use wire::reader::{Read, Reader};

fn main() {
    let paths: Vec<_> = std::env::args_os().skip(1).map(Into::into).collect();
    let mut reader = match Reader::open(&paths, &[], &Keys::new(&[0; 32], "k1"), "profile", 1, false) {
        Ok(reader) => reader,
        Err(refused) => {
            eprintln!("{refused}");
            std::process::exit(3);
        }
    };
    let mut rows = BTreeMap::new();
    loop {
        match reader.next(Duration::MAX) {
            Read::Rows(stream, batch) => *rows.entry(stream).or_insert(0) += batch.num_rows(),
            Read::Nothing => {}
            Read::End => break,
        }
    }
    for (stream, rows) in rows {
        println!("{stream}\t{rows}");
    }
}
