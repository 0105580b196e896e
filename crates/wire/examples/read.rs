//! Reads captures as the sensor does and counts the rows of each stream: the core alone, for profilers (docs/performance.md).

use std::collections::BTreeMap;

use wire::keys::Keys;
use wire::pipeline::Reader;

fn main() {
    let paths: Vec<_> = std::env::args_os().skip(1).map(Into::into).collect();
    let mut reader = match Reader::open(&paths, &[], Keys::new(&[0; 32], "k1"), "profile".to_owned()) {
        Ok(reader) => reader,
        Err(refused) => {
            eprintln!("{refused}");
            std::process::exit(3);
        }
    };
    let mut rows = BTreeMap::new();
    loop {
        match reader.next(usize::MAX) {
            Some((stream, batch)) => *rows.entry(stream).or_insert(0) += batch.num_rows(),
            None if reader.finished() => break,
            None => {}
        }
    }
    for (stream, rows) in rows {
        println!("{stream}\t{rows}");
    }
}
