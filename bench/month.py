"""A month of a hospital as a lake: as many connections and medical messages as one wants, and a little of what else rules read.

    python bench/month.py SITE --conns 10000000 --medical 1000000

Machines, and who talks to whom, are those of `generated.py`; what they say is in `month.toml`. Three of four rows fall between seven in the
morning and seven at night. Nobody's traffic is in it.
"""

from __future__ import annotations

import argparse
import sys
import time
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

import duckdb
import pyarrow as pa
from generated import START, Generated, low_half

from asepsis import _wire
from asepsis.kit import files
from asepsis.kit.site import Site
from asepsis.lake.writer import Writer

DAYS, ASSETS = 30, 4_000
SCAN = 60
"""Connections of the attack, the last ones, a second apart."""
SMALL = 0.01
GROUP = 50_000
STREAMS: Mapping[str, Mapping[str, object]] = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))

_MACROS = (
    "dice(n, throw, sides) AS CAST(hash(n * 97 + throw) % CAST(sides AS UBIGINT) AS BIGINT)",
    "odd(n, throw, sides) AS dice(n, throw, sides) = 0",
    "pick(n, throw, words) AS words[1 + dice(n, throw, len(words))]",
    # Places outside: a machine calls up to 64, few of them often.
    "far(who, n) AS dice(who * 64 + dice(n, 91, 1 << dice(n, 93, 7)), 90, 8192)",
    "patient(n) AS concat('k1:', md5(concat('p', dice(n, 92, 20000))))",
    "unique_id(stream, n) AS concat(lower(hex(hash(stream, n))), left(lower(hex(hash(n, stream))), 10))",
)
_ROWS = """
    SELECT {cells} FROM (
        SELECT n, {at} AS ts, n >= {rows} AS scans, scans OR odd(n, 80, 50) AS failed, dice(n // {each}, 81, {pairs}) AS pair
        FROM range({until}) AS numbers(n)
    ) JOIN {stream}_pairs AS p ON p.number = pair
"""
# Of a day's rows 15 % are of the night, 75 % of the twelve hours of daytime, 10 % of the evening.
_AT = f"""
    CASE WHEN n >= {{rows}} THEN TIMESTAMPTZ '{START:%Y-%m-%d} 12:00:00+00' + to_seconds(n - {{rows}}) ELSE
    TIMESTAMPTZ '{START:%Y-%m-%d} 00:00:00+00' + to_days(CAST(n * {DAYS} // {{rows}} AS INT)) + to_microseconds(CAST(1e6 * (
        CASE WHEN n * {DAYS} % {{rows}} < 0.15 * {{rows}} THEN (n * {DAYS} % {{rows}}) / (0.15 * {{rows}}) * 25200
        WHEN n * {DAYS} % {{rows}} < 0.9 * {{rows}} THEN 25200 + ((n * {DAYS} % {{rows}}) / {{rows}}::DOUBLE - 0.15) / 0.75 * 43200
        ELSE 68400 + ((n * {DAYS} % {{rows}}) / {{rows}}::DOUBLE - 0.9) / 0.1 * 18000 END) AS BIGINT)) END
"""
_ENDS = {
    "ts": "ts", "sensor": "'made-up'", "id_orig_h": "p.client", "id_orig_p": "40000 + dice(n, 82, 20000)", "id_resp_h": "p.server",
    "id_resp_p": "p.port", "id_orig_hi": "0", "id_orig_lo": "p.client_lo", "id_resp_hi": "0", "id_resp_lo": "p.server_lo",
    "orig_l2_addr": "p.client_mac", "resp_l2_addr": "p.server_mac",
}  # fmt: skip


def rows_of(stream: str, conns: int, medical: int) -> int:
    """How many rows a stream has."""
    weight = STREAMS[stream].get("weight", SMALL)
    return conns if stream == "conn" else max(1, round(medical * float(str(weight))))


def make(site: Site, conns: int, medical: int, seed: int = 1) -> None:
    """Writes the month into a new site."""
    made = Generated(ASSETS, seed)
    (site.path / "site.toml").write_text(made.site_toml(), "utf-8")
    connection = duckdb.connect(config={"threads": 2})
    connection.execute("SET TimeZone = 'UTC'")
    for macro in _MACROS:
        connection.execute(f"CREATE MACRO {macro}")
    with files.lock(site.lake / ".lock", "this lake"), Writer(site.lake, lambda _: {}, new=True) as writer:
        for stream in STREAMS:
            for batch in _batches(connection, made, stream, rows_of(stream, conns, medical)):
                writer.write(stream, batch)
        writer.commit()


def _batches(connection: duckdb.DuckDBPyConnection, made: Generated, stream: str, rows: int) -> Iterator[pa.RecordBatch]:
    """The rows of a stream in order of time."""
    schema = pa.record_batch(_wire.empty(stream)).schema
    pairs = _pairs(made, stream)
    connection.register(f"{stream}_pairs", pairs)
    said = {name: str(sql) for name, sql in STREAMS[stream].items() if name in schema.names}
    each, talk = STREAMS[stream].get("each", 1), STREAMS[stream].get("talk", stream)
    ids = {"event_id": f"unique_id('{stream}', n)", "uid": f"unique_id('{talk} talk', n // {each})"}
    cells = ", ".join(f"{sql} AS {name}" for name, sql in (ids | _ENDS | said).items() if name in schema.names)
    until = rows + (SCAN if stream == "conn" else 0)
    query = _ROWS.format(cells=cells, at=_AT.format(rows=rows), rows=rows, pairs=pairs.num_rows, stream=stream, each=each, until=until)
    for batch in connection.sql(query).to_arrow_reader(GROUP):
        columns = [batch.column(f.name).cast(f.type) if f.name in batch.schema.names else pa.nulls(batch.num_rows, f.type) for f in schema]
        yield pa.RecordBatch.from_arrays(columns, schema=schema)


def _pairs(made: Generated, stream: str) -> pa.Table:
    """Who says it to whom."""
    of = STREAMS[stream].get("of")
    some = [pair for pair in made.pairs if of is None or (isinstance(of, list) and pair[3] in of)]
    return pa.table({
        "number": list(range(len(some))), "client": [c.address for c, *_ in some], "server": [s.address for _, s, *_ in some],
        "client_name": [c.name for c, *_ in some], "server_name": [s.name for _, s, *_ in some],
        "client_mac": [c.mac for c, *_ in some], "server_mac": [s.mac for _, s, *_ in some],
        "client_lo": [low_half(c) for c, *_ in some], "server_lo": [low_half(s) for _, s, *_ in some],
        "port": [p for *_, p, _ in some], "service": [service or None for *_, service in some],
    })  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("site", type=Path)
    parser.add_argument("--conns", type=int, default=1_000_000)
    parser.add_argument("--medical", type=int, default=100_000)
    told = parser.parse_args()
    began = time.monotonic()
    make(Site.open(told.site, create=True), told.conns, told.medical)
    print(f"{told.conns:,} connections, {told.medical:,} medical rows in {time.monotonic() - began:.0f} s", file=sys.stderr)


if __name__ == "__main__":
    main()
