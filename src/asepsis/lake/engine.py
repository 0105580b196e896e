"""The query engine behind the lake. Small, so that another (Spark) can stand in; every query of our own is portable SQL."""

from __future__ import annotations

import os
import threading
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import duckdb

from asepsis.kit.errors import BadInput
from asepsis.lake import pairs
from asepsis.lake.bounds import UNBOUNDED, Between, Bounds
from asepsis.lake.spot import underlined
from asepsis.lake.streams import SQL_TYPES, Column

if TYPE_CHECKING:
    import pyarrow as pa


Span = tuple[str, datetime, datetime, str]
"""An address, from when, until before when, and how it is written for that time."""
PLACES = "CREATE OR REPLACE TEMP TABLE places (address VARCHAR, since TIMESTAMPTZ, until TIMESTAMPTZ, place VARCHAR)"


def placed(source: str) -> str:
    """The rows of `source` with both ends named by their place (`Span`), where they have one."""
    joins = (
        f"LEFT JOIN places AS {end} ON {end}.address = s.{column} AND s.ts >= {end}.since AND s.ts < {end}.until"
        for end, column in (("o", "id_orig_h"), ("r", "id_resp_h"))
    )
    ends = "coalesce(o.place, s.id_orig_h) AS id_orig_h, coalesce(r.place, s.id_resp_h) AS id_resp_h"
    return f"SELECT s.* REPLACE ({ends}) FROM ({source}) AS s {' '.join(joins)}"


class Engine(Protocol):
    """`register` names Parquet files as a table with the given columns (missing ones are null), `sql` asks, `rows` too where the answer is
    small and wanted as Python values, `append` adds rows to a table that lives as long as the engine. After `place`, streams that are
    registered name the ends of a connection by the place that an address was at that time. `pair` makes the tables of `lake.pairs` from
    `conn` as it is registered."""

    def register(self, name: str, files: Sequence[Path], columns: Sequence[Column]) -> None: ...
    def sql(self, query: str, parameters: Mapping[str, Any] | Sequence[Any] | None = None) -> pa.Table: ...
    def rows(self, query: str) -> list[dict[str, Any]]: ...
    def append(self, name: str, rows: pa.Table) -> None: ...
    def place(self, spans: Sequence[Span]) -> None: ...
    def pair(self) -> None: ...
    def close(self) -> None: ...


class DuckDBEngine:
    """DuckDB in this process. It may read files below `folder` and nothing else: no other file, no network, no extension is loaded. `few`
    says that its tables have few rows: what threads do to share such work costs more than the work. Streams show the rows of `between`."""

    def __init__(self, folder: Path, bounds: Bounds = UNBOUNDED, few: bool = False, between: Between = (None, None)) -> None:
        self._bounds, self._placed, self._within = bounds, False, _within(between)
        database = _shared(folder.resolve()) if few and bounds == UNBOUNDED else _database(folder, bounds)
        self._connection = database.cursor()

    def register(self, name: str, files: Sequence[Path], columns: Sequence[Column]) -> None:
        tail = f"FROM {_source(files)}{self._within}" if files else "WHERE false"
        try:
            try:
                self._view(name, columns, {column.name for column in columns} if files else set(), tail)
            except duckdb.BinderException:
                # All parts are of a version that did not know some of the columns: rare, so only then are they asked what they have.
                self._view(name, columns, {row[0] for row in self._connection.execute(f"DESCRIBE SELECT * {tail}").fetchall()}, tail)
        except duckdb.Error:
            raise BadInput("a part of the lake is missing or damaged", files[0].parent, "restore it from a backup") from None

    def _view(self, name: str, columns: Sequence[Column], present: Collection[str], tail: str) -> None:
        cells = [_name(c.name) if c.name in present else f"CAST(NULL AS {SQL_TYPES[c.type]}) AS {_name(c.name)}" for c in columns]
        source = f"SELECT {', '.join(cells)} {tail}"
        with _stoppable():
            self._connection.execute(f"CREATE OR REPLACE TEMP VIEW {_name(name)} AS {placed(source) if self._placed else source}")

    def place(self, spans: Sequence[Span]) -> None:
        self._connection.execute(PLACES)
        if spans:
            self._connection.execute(
                "INSERT INTO places SELECT unnest(?), unnest(?), unnest(?), unnest(?)", list(map(list, zip(*spans, strict=True)))
            )
        self._placed = bool(spans)

    def pair(self) -> None:
        for name, kind, query in (("each_pair", "VIEW", pairs.each()), ("pairs", "TABLE", pairs.summed())):
            with _stoppable(), _readable_errors(self._bounds):
                self._connection.execute(f"CREATE OR REPLACE TEMP {kind} {name} AS {query}")

    def append(self, name: str, rows: pa.Table) -> None:
        self._connection.register("_rows", rows)
        self._connection.execute(f"CREATE TEMP TABLE IF NOT EXISTS {_name(name)} AS SELECT * FROM _rows WHERE false")
        self._connection.execute(f"INSERT INTO {_name(name)} BY NAME SELECT * FROM _rows")
        self._connection.unregister("_rows")

    def syntax_of(self, query: str) -> str:
        """DuckDB's syntax tree of `query` as JSON, or what is wrong with it (`json_serialize_sql`)."""
        with _readable_errors():
            return str(self._connection.execute("SELECT json_serialize_sql($query::VARCHAR)", {"query": query}).fetchall()[0][0])

    def own_names(self) -> frozenset[str]:
        """The tables, views and functions that make rows which DuckDB itself brings, in lower case."""
        rows = self._connection.execute(
            "SELECT lower(view_name) FROM duckdb_views() WHERE internal UNION SELECT lower(table_name) FROM duckdb_tables() WHERE internal "
            "UNION SELECT lower(function_name) FROM duckdb_functions() WHERE function_type IN ('table', 'table_macro', 'pragma')"
        )
        return frozenset(row[0] for row in rows.fetchall())

    def statement_types(self, query: str) -> list[str]:
        """What DuckDB takes each statement of `query` for."""
        with _readable_errors():
            return [statement.type.name for statement in self._connection.extract_statements(query)]

    def plan(self, query: str) -> None:
        """Raises BadInput for a query that the engine cannot run as it stands, with the place: it tells of none where an answer streams."""
        with _stoppable(), _readable_errors(self._bounds, above=1), self._alarm():
            self._connection.execute(f"EXPLAIN\n{query}")

    def sql(self, query: str, parameters: Mapping[str, Any] | Sequence[Any] | None = None) -> pa.Table:
        with _stoppable(), _readable_errors(self._bounds), self._alarm():
            reader = self._connection.sql(query, params=parameters).to_arrow_reader(batch_size=10_000)
            return self._bounded(reader)

    def rows(self, query: str) -> list[dict[str, Any]]:
        # Planned once, where `sql` plans to learn the columns and again to run: that is most of the time of a small answer.
        with _stoppable(), _readable_errors(self._bounds), self._alarm():
            answer = self._connection.execute(query)
            names = [column[0] for column in answer.description]
            return [dict(zip(names, row, strict=True)) for row in answer.fetchall()]

    def close(self) -> None:
        self._connection.close()

    def _bounded(self, reader: pa.RecordBatchReader) -> pa.Table:
        import pyarrow as pa

        batches: list[pa.RecordBatch] = []
        rows = size = 0
        for batch in reader:
            rows, size = rows + batch.num_rows, size + batch.nbytes
            if self._bounds.rows is not None and rows > self._bounds.rows:
                raise BadInput(f"the answer has more than {self._bounds.rows:,} rows", todo="narrow it with WHERE or LIMIT")
            if self._bounds.size is not None and size > self._bounds.size:
                raise BadInput(f"the answer is larger than {self._bounds.size >> 20} MiB", todo="narrow it with WHERE or LIMIT")
            batches.append(batch)
        return pa.Table.from_batches(batches, reader.schema)

    @contextmanager
    def _alarm(self) -> Iterator[None]:
        if self._bounds.seconds is None:
            yield
            return
        timer = threading.Timer(self._bounds.seconds, self._connection.interrupt)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()


@lru_cache(maxsize=4)
def _shared(folder: Path) -> duckdb.DuckDBPyConnection:
    """The database that all share who ask our own queries of few rows of a lake: to make one takes longer than most of them. It keeps the
    memory that a query once took, which many rows take much of."""
    return _database(folder, UNBOUNDED, 1)


# A process that is forked has none of the threads that the end of a database waits for.
os.register_at_fork(before=_shared.cache_clear)


def _database(folder: Path, bounds: Bounds, threads: int | None = None) -> duckdb.DuckDBPyConnection:
    """A database for cursors, each of which sees its own (temporary) tables and no others."""
    # No extension is loaded, no Python variable is a table, and nothing spills to disk, where it would lie outside of the lake.
    made = duckdb.connect(
        config={
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "python_enable_replacements": False,
            "temp_directory": "",
            # It would keep an entry for each part that was ever read.
            "enable_external_file_cache": False,
        }
    )
    if bounds.memory:
        _set_memory(made, bounds.memory)
        # Each thread takes address space, which the process limits too (`asepsis.lake.wall`).
        threads = min(4, os.cpu_count() or 1)
    if threads:
        made.execute(f"SET threads = {threads}")
    # The order matters: each of these narrows what the next may change.
    for setting in (
        "GLOBAL TimeZone = 'UTC'",
        f"allowed_directories = [{_text(str(folder.resolve()))}]",
        "enable_external_access = false",
        "lock_configuration = true",
    ):
        made.execute(f"SET {setting}")
    return made


def _set_memory(database: duckdb.DuckDBPyConnection, memory: str) -> None:
    try:
        database.execute(f"SET memory_limit = {_text(memory)}")
    except duckdb.Error:
        raise BadInput("not a size", memory, "write it like 512MB or 2GB") from None


def _name(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _within(between: Between) -> str:
    """The condition that a row is of that time; nothing where it has no end."""
    ends = [f"ts {sign} {_text(end.isoformat())}::TIMESTAMPTZ" for sign, end in zip((">=", "<"), between, strict=True) if end]
    return f" WHERE {' AND '.join(ends)}" if ends else ""


def _source(files: Sequence[Path]) -> str:
    return f"read_parquet([{', '.join(_text(str(file)) for file in files)}], union_by_name = true, hive_partitioning = false)"


@contextmanager
def _stoppable() -> Iterator[None]:
    """Ctrl-C as Python says it: in the midst of a query DuckDB has a word of its own for it."""
    try:
        yield
    except RuntimeError as error:
        if str(error) == "Query interrupted":
            raise KeyboardInterrupt from None
        raise


@contextmanager
def _readable_errors(bounds: Bounds = UNBOUNDED, above: int = 0) -> Iterator[None]:
    """DuckDB's errors as one line, with the place that it marks, before which stand so many lines that are not the query's."""
    try:
        yield
    except duckdb.InterruptException:
        raise _too_long(bounds) from None
    except duckdb.OutOfMemoryException:
        raise _too_much(bounds) from None
    except (duckdb.Error, OSError) as error:
        # While an answer streams, Arrow hands on what DuckDB says as an error of its own.
        text = str(error).split("\n\nLINE")[0].split("\nLINE")[0]
        if "INTERRUPT" in text:
            raise _too_long(bounds) from None
        if "Out of Memory" in text:
            raise _too_much(bounds) from None
        raise BadInput("the query fails", underlined(str(error), above), text) from None


def _too_long(bounds: Bounds) -> BadInput:
    return BadInput("the query took longer than the limit", f"{bounds.seconds:g} s", "narrow it, or raise --limit-seconds")


def _too_much(bounds: Bounds) -> BadInput:
    return BadInput("the query needs more memory than the limit", bounds.memory or "", "narrow it, or raise --memory")
