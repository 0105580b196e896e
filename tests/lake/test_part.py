"""What the core writes into Parquet reads back as it was, by two readers that had no hand in it: Arrow and DuckDB."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from asepsis import _wire

CAPTURES = sorted((Path(__file__).parent.parent / "golden").glob("*/*.pcap"))


def _batches(captures: list[Path]) -> Iterator[tuple[str, _wire.ArrowBatch]]:
    reader = _wire.Reader([str(path) for path in captures], bytes(32), "k1", "test")
    while (step := reader.next()) is not None:
        stream, batch = step
        if stream is not None and batch is not None:
            yield stream, batch


def _plain(rows: pa.RecordBatch | pa.Table) -> pa.Table:
    """Without dictionaries, which Parquet's readers do not give back."""
    table = pa.Table.from_batches([rows]) if isinstance(rows, pa.RecordBatch) else rows
    columns = [column.cast(pa.string()) if pa.types.is_dictionary(column.type) else column for column in table.columns]
    return pa.table(dict(zip(table.column_names, columns, strict=True)))


@pytest.mark.parametrize("stream", [name for name, _, _ in _wire.streams()])
def test_rows_read_back_as_they_were(stream: str, tmp_path: Path) -> None:
    path = tmp_path / "part.parquet"
    given = []
    part = _wire.Part(path, stream)
    for capture in CAPTURES:
        for name, batch in _batches([capture]):
            if name == stream:
                part.write(batch)
                given.append(_plain(pa.record_batch(batch)))
    part.close()
    wanted = pa.concat_tables(given)
    assert len(wanted)
    assert pq.read_table(path).cast(wanted.schema).equals(wanted)
    answer = duckdb.sql(f"SELECT * FROM '{path}'").to_arrow_table()
    assert answer.to_pylist() == wanted.to_pylist()
    footer = pq.read_metadata(path)
    assert footer.num_row_groups == len(given)
    spans = [footer.row_group(n).column(1).statistics for n in range(len(given))]
    times = [table.column("ts").to_pylist() for table in given]
    assert [(span.min, span.max) for span in spans] == [(min(of), max(of)) for of in times]


@pytest.mark.parametrize("stream", [name for name, _, _ in _wire.streams()])
def test_the_schema_is_the_one_that_arrow_writes(stream: str, tmp_path: Path) -> None:
    """So that parts of both stand side by side."""
    empty = pa.record_batch(_wire.empty(stream))
    _wire.Part(tmp_path / "ours.parquet", stream).close()
    pq.write_table(pa.Table.from_batches([empty]), tmp_path / "arrows.parquet", store_schema=False)
    assert pq.read_schema(tmp_path / "ours.parquet").equals(pq.read_schema(tmp_path / "arrows.parquet"))
    ours, arrows = (pq.ParquetFile(tmp_path / name).schema for name in ("ours.parquet", "arrows.parquet"))
    assert ours.equals(arrows)


def test_rows_that_stand_twice_are_told(tmp_path: Path) -> None:
    first, second = ([batch for _, batch in _batches([path])] for path in CAPTURES[:2])
    stream = next(_batches(CAPTURES[:1]))[0]

    def ids(name: str, *batches: _wire.ArrowBatch) -> _wire.Ids:
        part = _wire.Part(tmp_path / name, stream)
        for batch in batches:
            part.write(batch)
        return part.close()

    once, twice, other = ids("a", first[0]), ids("b", first[0], first[0]), ids("c", second[0])
    assert (once.repeat(), twice.repeat()) == (False, True)
    assert once.meet(twice)
    assert not once.meet(other)


def test_a_file_that_cannot_be_made_is_an_error_of_the_system(tmp_path: Path) -> None:
    (tmp_path / "there").touch()
    with pytest.raises(FileExistsError) as caught:
        _wire.Part(tmp_path / "there", "dns")
    assert Path(caught.value.filename) == tmp_path / "there"
    with pytest.raises(_wire.WireError, match="no such stream"):
        _wire.Part(tmp_path / "new", "dms")
    assert not (tmp_path / "new").exists()
