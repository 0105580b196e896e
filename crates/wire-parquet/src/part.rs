//! One Parquet file of one stream, a row group a batch.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::Path;
use std::sync::Arc;

use arrow_array::cast::AsArray as _;
use arrow_array::{ArrayRef, RecordBatch};
use bytes::Bytes;
use parquet::basic::{Compression, Encoding};
use parquet::column::page::{CompressedPage, Page, PageWriteSpec, PageWriter as _};
use parquet::column::writer::ColumnCloseResult;
use parquet::file::metadata::ColumnChunkMetaData;
use parquet::file::properties::WriterProperties;
use parquet::file::statistics::Statistics;
use parquet::file::writer::{SerializedFileWriter, SerializedPageWriter, TrackedWrite};
use parquet::schema::types::ColumnDescPtr;
use wire::records::{self, StreamSpec};

use crate::ids::Ids;
use crate::page::{self, Pages};
use crate::press::Press;
use crate::schema;

/// Bytes below which a column is not worth compressing.
const SMALL: usize = 64;
/// Readers prune by time; statistics over other columns cost more than they save.
const PRUNED: &str = "ts";

/// A part of the lake that is being written.
pub struct Part {
    file: File,
    writer: SerializedFileWriter<Vec<u8>>,
    press: Press,
    ids: Ids,
}

impl Part {
    /// Makes the file, which must not be there yet.
    pub fn create(path: &Path, spec: &StreamSpec) -> io::Result<Part> {
        let properties = WriterProperties::builder()
            .set_offset_index_disabled(true)
            .set_created_by(format!("asepsis {}", env!("CARGO_PKG_VERSION")));
        let schema = schema::of(spec).map_err(io::Error::other)?;
        let writer = SerializedFileWriter::new(Vec::new(), schema, Arc::new(properties.build())).map_err(io::Error::other)?;
        Ok(Part {
            file: File::create_new(path)?,
            writer,
            press: Press::default(),
            ids: Ids::default(),
        })
    }

    /// Writes the rows as one row group. The batch is one of the stream.
    pub fn write(&mut self, batch: &RecordBatch) -> io::Result<()> {
        if let Some(ids) = batch.column_by_name("event_id") {
            self.ids.add(ids.as_string());
        }
        let span = records::span(batch);
        let descriptor = self.writer.schema_descr().columns().to_vec();
        let mut group = self.writer.next_row_group().map_err(io::Error::other)?;
        for (column, descriptor) in batch.columns().iter().zip(descriptor) {
            let span = span.filter(|_| descriptor.name() == PRUNED);
            let (bytes, told) = chunk(column, descriptor, span, &mut self.press).map_err(io::Error::other)?;
            let closed = close(bytes.len(), batch.num_rows(), told);
            group.append_column(&bytes, closed).map_err(io::Error::other)?;
        }
        group.close().map_err(io::Error::other)?;
        self.spill()
    }

    /// Writes the footer; gives what tells this part's rows from those of others.
    pub fn close(mut self) -> io::Result<Ids> {
        self.writer.finish().map_err(io::Error::other)?;
        self.spill()?;
        self.ids.close();
        Ok(self.ids)
    }

    fn spill(&mut self) -> io::Result<()> {
        let buffer = self.writer.inner_mut();
        self.file.write_all(buffer)?;
        buffer.clear();
        Ok(())
    }
}

fn close(bytes: usize, rows: usize, metadata: ColumnChunkMetaData) -> ColumnCloseResult {
    ColumnCloseResult {
        bytes_written: bytes as u64,
        rows_written: rows as u64,
        metadata,
        bloom_filter: None,
        column_index: None,
        offset_index: None,
    }
}

/// A column as it stands in the file, and what the footer says of it.
fn chunk(
    column: &ArrayRef,
    descriptor: ColumnDescPtr,
    span: Option<(i64, i64)>,
    press: &mut Press,
) -> parquet::errors::Result<(Bytes, ColumnChunkMetaData)> {
    let pages = page::of(column);
    let mut told = ColumnChunkMetaData::builder(descriptor)
        .set_encodings(vec![Encoding::RLE, Encoding::PLAIN, pages.encoding])
        .set_num_values(i64::from(pages.values));
    if let Some((low, high)) = span {
        let nulls = Some(column.null_count() as u64);
        told = told.set_statistics(Statistics::int64(Some(low), Some(high), None, nulls, false));
    }
    let (dictionary, data, compression) = framed(pages, press);
    let mut sink = TrackedWrite::new(Vec::new());
    let mut writer = SerializedPageWriter::new(&mut sink);
    let first = dictionary.map(|page| writer.write_page(page)).transpose()?;
    let second = writer.write_page(data)?;
    let both = |size: fn(&PageWriteSpec) -> usize| (first.as_ref().map_or(0, size) + size(&second)) as i64;
    let told = told
        .set_compression(compression)
        .set_total_compressed_size(both(|page| page.compressed_size))
        .set_total_uncompressed_size(both(|page| page.uncompressed_size))
        .set_dictionary_page_offset(first.as_ref().map(|page| page.offset as i64))
        .set_data_page_offset(second.offset as i64);
    Ok((Bytes::from(sink.into_inner()?), told.build()?))
}

/// The pages as the file takes them, compressed if that is worth it.
fn framed(mut pages: Pages, press: &mut Press) -> (Option<CompressedPage>, CompressedPage, Compression) {
    let sizes = (pages.dictionary.as_ref().map_or(0, Vec::len), pages.data.len());
    let compression = match pressed(&pages, press) {
        Some((dictionary, data)) => {
            (pages.dictionary, pages.data) = (dictionary, data);
            Compression::SNAPPY
        }
        None => Compression::UNCOMPRESSED,
    };
    let dictionary = pages.dictionary.map(|bytes| Page::DictionaryPage {
        buf: bytes.into(),
        num_values: pages.different,
        encoding: Encoding::PLAIN,
        is_sorted: false,
    });
    let data = Page::DataPage {
        buf: pages.data.into(),
        num_values: pages.values,
        encoding: pages.encoding,
        def_level_encoding: Encoding::RLE,
        rep_level_encoding: Encoding::RLE,
        statistics: None,
    };
    let dictionary = dictionary.map(|page| CompressedPage::new(page, sizes.0));
    (dictionary, CompressedPage::new(data, sizes.1), compression)
}

/// Dictionary and data compressed, if that makes them smaller by an eighth at least.
fn pressed(pages: &Pages, press: &mut Press) -> Option<(Option<Vec<u8>>, Vec<u8>)> {
    let whole = pages.data.len() + pages.dictionary.as_ref().map_or(0, Vec::len);
    if whole < SMALL || !press.is_worth_it(&pages.data) {
        return None;
    }
    let dictionary = pages.dictionary.as_ref().map(|bytes| press.press(bytes)).transpose().ok()?;
    let data = press.press(&pages.data).ok()?;
    let small = data.len() + dictionary.as_ref().map_or(0, Vec::len);
    (small < whole - whole / 8).then_some((dictionary, data))
}
