"""Streams made of rows, in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import duckdb
import pyarrow as pa

from asepsis.kit.errors import BadInput
from asepsis.lake.service import Stream, streams
from asepsis.network.sigma import hunt, query
from asepsis.network.sigma.episode import Episode, Match
from asepsis.network.sigma.pack import Pack, pack, rules
from asepsis.network.sigma.query import Reach
from asepsis.network.sigma.rule import Correlation
from asepsis.network.sigma.taxonomy import Taxonomy

STREAMS = streams()
START = datetime(2026, 3, 1, 6, tzinfo=UTC)
Row = dict[str, Any]

_TYPES = {
    "timestamp": pa.timestamp("us", "UTC"),
    "int": pa.int64(),
    "float": pa.float64(),
    "bool": pa.bool_(),
    "text": pa.string(),
    "list of text": pa.list_(pa.string()),
    "list of int": pa.list_(pa.int64()),
}
SCHEMAS = {name: pa.schema([(column.name, _TYPES[column.type]) for column in stream.columns]) for name, stream in STREAMS.items()}
CONNECTION = duckdb.connect(config={"threads": 1})
CONNECTION.execute("SET TimeZone = 'UTC'")


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


class Rows:
    """The lake's tables, with the rows given. A row without `event_id` is numbered, one without `ts` happens at START."""

    streams: Mapping[str, Stream] = STREAMS

    def __init__(self, rows: Mapping[str, Sequence[Row]]) -> None:
        self.given = {name: [{"event_id": f"{name}{n}", "ts": START} | row for n, row in enumerate(some)] for name, some in rows.items()}
        for name, some in self.given.items():
            assert not {word for row in some for word in row} - set(SCHEMAS[name].names)
            table = pa.Table.from_pylist(some, schema=SCHEMAS[name])
            CONNECTION.register("given", table)
            CONNECTION.execute(f"CREATE OR REPLACE TABLE {name} AS SELECT * FROM given")
            CONNECTION.unregister("given")

    def rows(self, query: str) -> list[Row]:
        answer = CONNECTION.execute(query)
        names = [column[0] for column in answer.description]
        return [dict(zip(names, row, strict=True)) for row in answer.fetchall()]


def written(*documents: str) -> Pack:
    return pack(rules("\n---\n".join(documents).encode(), "rule.yml"))


def rule(detection: str, service: str = "conn", name: str = "one") -> str:
    body = "\n".join(f"  {line}" for line in detection.strip().splitlines())
    return f"title: {name}\nname: {name}\nlogsource: {{product: zeek, service: {service}}}\ndetection:\n{body}\n"


def correlation(kind: str, rules: str = "[one]", name: str = "many", **more: str) -> str:
    lines = {"type": kind, "rules": rules, "group-by": "[id.orig_h]", "timespan": "60s"} | {
        key.replace("_", "-"): value for key, value in more.items()
    }
    return f"title: {name}\nname: {name}\ncorrelation:\n" + "\n".join(f"  {key}: {value}" for key, value in lines.items() if value)


def matched(rows: Sequence[Row], detection: str, service: str = "conn") -> list[str]:
    """The ids of the rows that a rule means, in the order given."""
    tables = Rows({service: rows})
    found = {one.event_id for one in hunt.hunt(tables, written(rule(detection, service))) if isinstance(one, Match)}
    return [row["event_id"] for row in tables.given[service] if row["event_id"] in found]


def found(tables: Rows, some: Pack, **how: Any) -> list[Episode]:
    return [one for one in hunt.hunt(tables, some, **how) if isinstance(one, Episode)]


def held(tables: Rows, some: Pack, reach: Reach | None = None) -> list[Row]:
    """The moments at which the last correlation holds."""
    (last,) = [one for one in some.speaking() if isinstance(one, Correlation)]
    return tables.rows(query.of_moments(last, some, Taxonomy(STREAMS), reach or Reach()))


def refused(document: str | bytes, service: str = "conn") -> str:
    """What is said of a rule that cannot be used, in one line."""
    data = document.encode() if isinstance(document, str) else document
    try:
        list(hunt.hunt(Rows({service: []}), pack(rules(data, "rule.yml"))))
    except BadInput as error:
        text = str(error)
        assert "\n" not in text
        assert len(text) < 1000
        return text
    raise AssertionError("it was taken")
