"""Whose records? Where in the lake the pseudonyms of given ids stand. Asked after an incident, in memory alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from asepsis import _wire
from asepsis.hospital.asked import spellings
from asepsis.hospital.asset import address_of
from asepsis.kit.keys import Key
from asepsis.lake.service import Stream

if TYPE_CHECKING:
    import pyarrow as pa

_TYPES = ("text", "list of text")
# Columns whose comment leaves it to another's to say so.
_ALSO = frozenset({("smb_files", "share")})
_ASKED = "ids_asked_for"


class Lake(Protocol):
    """What is asked of a lake."""

    @property
    def streams(self) -> Mapping[str, Stream]: ...
    def rows(self, query: str) -> list[dict[str, Any]]: ...
    def append(self, name: str, rows: pa.Table) -> None: ...


@dataclass(frozen=True, slots=True)
class Touched:
    """Rows of one column in which a pseudonym stands, between two machines; with their names where they are known."""

    pseudonym: str
    stream: str
    column: str
    first: datetime
    last: datetime
    rows: int
    client: str
    server: str
    client_name: str = ""
    server_name: str = ""


@dataclass(frozen=True, slots=True)
class Match:
    """What there is of an id: its pseudonyms that stand in the lake, and where. Both empty: there is nothing."""

    id: str
    pseudonyms: tuple[str, ...]
    touched: tuple[Touched, ...]


def columns(streams: Iterable[Stream]) -> list[tuple[str, str, bool]]:
    """Stream, column, and whether it is a list, of every column that may hold pseudonyms: its comment in the core says so."""
    of = ((s.name, c) for s in streams for c in s.columns if c.type in _TYPES)
    return [(name, c.name, c.type != "text") for name, c in of if "pseudonym" in c.doc.lower() or (name, c.name) in _ALSO]


def match(lake: Lake, keys: Sequence[Key], ids: Sequence[str], named: Callable[[str], str]) -> list[Match]:
    """What there is of each id under any of `keys`. One join a column, however many ids there are. `named` knows names of places."""
    found: defaultdict[int, list[Touched]] = defaultdict(list)
    lake.append(_ASKED, _asked(keys, ids))
    for stream, column, many in columns(lake.streams.values()):
        for row in lake.rows(_query(stream, column, many)):
            nth, client, server = row.pop("nth"), row["client"] or "", row["server"] or ""
            row |= {"client": address_of(client), "server": address_of(server)}
            found[nth].append(Touched(stream=stream, column=column, **row, client_name=named(client), server_name=named(server)))
    return [_match(id, found[nth]) for nth, id in enumerate(ids)]


def _match(id: str, touched: list[Touched]) -> Match:
    touched.sort(key=lambda t: (t.first, t.stream, t.column, t.client, t.server))
    return Match(id, tuple(dict.fromkeys(t.pseudonym for t in touched)), tuple(touched))


def _asked(keys: Sequence[Key], ids: Sequence[str]) -> pa.Table:
    """Every pseudonym that an id has, with the id's number: the id itself does not go into the engine."""
    import pyarrow as pa

    pairs = {
        (nth, pseudonym)
        for nth, id in enumerate(ids)
        for spelled in spellings(id)
        for key in keys
        if (pseudonym := _wire.pseudonym(key.secret, key.id, spelled)) is not None
    }
    numbers, pseudonyms = zip(*sorted(pairs), strict=True) if pairs else ((), ())
    return pa.table({"nth": pa.array(numbers, pa.int64()), "pseudonym": pa.array(pseudonyms, pa.string())})


def _query(stream: str, column: str, many: bool) -> str:
    each = f"{stream} AS t CROSS JOIN unnest(t.{column}) AS p(one)" if many else f"{stream} AS t"
    return (
        "SELECT a.nth AS nth, a.pseudonym AS pseudonym, t.id_orig_h AS client, t.id_resp_h AS server, "  # noqa: S608 - names of ours
        f'min(t.ts) AS "first", max(t.ts) AS "last", count(*) AS "rows" '
        f"FROM {each} JOIN {_ASKED} AS a ON {'p.one' if many else f't.{column}'} = a.pseudonym "
        "GROUP BY a.nth, a.pseudonym, t.id_orig_h, t.id_resp_h"
    )
