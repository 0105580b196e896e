"""Streams made of rows, in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import duckdb

from asepsis.kit.errors import BadInput
from asepsis.lake.service import Stream, streams
from asepsis.lake.streams import SQL_TYPES
from asepsis.network.sigma import hunt, query
from asepsis.network.sigma.episode import Episode, Match
from asepsis.network.sigma.pack import Pack, pack, rules
from asepsis.network.sigma.query import Reach
from asepsis.network.sigma.rule import Correlation
from asepsis.network.sigma.taxonomy import Taxonomy

STREAMS = streams()
START = datetime(2026, 3, 1, 6, tzinfo=UTC)
Row = dict[str, Any]


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


class Rows:
    """The lake's tables, with the rows given. A row without `event_id` is numbered, one without `ts` happens at START."""

    streams: Mapping[str, Stream] = STREAMS

    def __init__(self, rows: Mapping[str, Sequence[Row]]) -> None:
        self.given = {name: [{"event_id": f"{name}{n}", "ts": START} | row for n, row in enumerate(some)] for name, some in rows.items()}
        self._connection = duckdb.connect(config={"threads": 1})
        self._connection.execute("SET TimeZone = 'UTC'")
        for name, some in self.given.items():
            kinds = {column.name: SQL_TYPES[column.type] for column in STREAMS[name].columns}
            self._connection.execute(f"CREATE TABLE {name} ({', '.join(f'{column} {kind}' for column, kind in quoted(kinds).items())})")
            for row in some:
                names = ", ".join(f'"{column}"' for column in row)
                self._connection.execute(f"INSERT INTO {name} ({names}) VALUES ({', '.join('?' * len(row))})", list(row.values()))

    def rows(self, query: str) -> list[Row]:
        answer = self._connection.execute(query)
        names = [column[0] for column in answer.description]
        return [dict(zip(names, row, strict=True)) for row in answer.fetchall()]

    def close(self) -> None:
        self._connection.close()


def quoted(kinds: Mapping[str, str]) -> dict[str, str]:
    return {f'"{name}"': kind for name, kind in kinds.items()}


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
    """The ids of the rows that a rule means."""
    tables = Rows({service: rows})
    return [one.event_id for one in hunt.hunt(tables, written(rule(detection, service))) if isinstance(one, Match)]


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
