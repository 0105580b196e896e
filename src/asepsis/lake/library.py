"""Queries to begin with: those that ship (`queries/`), and the type of those that people keep."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from asepsis.lake.streams import Stream


@dataclass(frozen=True, slots=True)
class Query:
    """A query with a name. `who` kept it: nobody if it ships, and then nobody changes it."""

    id: str
    name: str
    text: str
    about: str = ""
    who: str = ""


@cache
def shipped() -> tuple[Query, ...]:
    """The queries that ship, by name. A file begins with its name and what it is for, as comments."""
    found = []
    for file in files("asepsis.lake").joinpath("queries").iterdir():
        lines = file.read_text("utf-8").splitlines()
        head = [line.removeprefix("-- ") for line in lines if line.startswith("-- ")]
        text = "\n".join(lines[len(head) :])
        found.append(Query(file.name.removesuffix(".sql"), head[0], text, " ".join(head[1:])))
    return tuple(sorted(found, key=lambda query: query.name))


def of_rows(events: list[str], streams: list[str]) -> str:
    """A query for rows by their `event_id`, of whichever stream they are."""
    named = ", ".join("'{}'".format(event.replace("'", "''")) for event in events)
    ends = "id_orig_h, id_resp_h, id_resp_p"
    each = "\n    union all ".join(f"select '{name}' as stream, event_id, ts, uid, {ends} from {name}" for name in streams)  # noqa: S608
    return f"select *\nfrom (\n    {each}\n)\nwhere event_id in ({named})\norder by ts"


def found(streams: dict[str, Stream], words: str) -> list[Stream]:
    """The streams that have all of the words in their name, what they are, or a column; those of that name first, with every column, others
    with the columns that say so."""
    wanted = words.lower().split()
    if not wanted:
        return list(streams.values())
    named = [stream for stream in streams.values() if all(word in stream.name for word in wanted)]
    return named + [found for stream in streams.values() if stream not in named and (found := _narrowed(stream, wanted))]


def _narrowed(stream: Stream, wanted: list[str]) -> Stream | None:
    columns = tuple(column for column in stream.columns if all(word in f"{column.name} {column.doc}".lower() for word in wanted))
    return Stream(stream.name, stream.doc, columns) if columns else None
