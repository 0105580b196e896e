"""What the lake's rows say about assets, counted down to one row a distinct fact.

Takes any object with `.rows(query)`, asks it the `questions`, and every answer is bounded:
an attacker who invents names by the million makes the inventory incomplete, not endless.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, replace
from datetime import UTC, datetime
from typing import Any, Protocol, TypeVar

from asepsis.hospital.facts import Binding, Client, Fact, Observations
from asepsis.hospital.questions import QUESTIONS
from asepsis.hospital.tenure import Tenure, incomplete

MAX_FACTS = 200_000
"""Rows an answer may have: 4,000 devices with 50 distinct facts each."""
MAX_TEXT = 256
"""Characters kept of one text: the longest name a protocol here allows is a DNS name of 253 (RFC 1035 2.3.4)."""


class Lake(Protocol):
    """What is asked of a lake: rows, and to write addresses as places (`tenure`)."""

    def rows(self, query: str, /) -> list[dict[str, Any]]: ...
    def place(self, spans: Sequence[tuple[str, datetime, datetime, str]], /) -> None: ...


_SEEN = "min(ts) AS first, max(ts) AS last, count(*) AS events, min(event_id) AS event_id"


def observe(lake: Lake) -> Observations:
    """Everything the lake's streams say about assets. Where an answer is cut, what was first seen on an earlier day is kept, and of one day
    what was seen most often: who makes up names by the million crowds out his own. It is said, and `cut` tells of what."""
    found: dict[str, list[Fact]] = {}
    cut: set[str] = set()
    for name, kind, keys, source in QUESTIONS:
        order = "date_trunc('day', min(ts)), count(*) DESC, event_id"
        query = f"SELECT {keys}, {_SEEN} FROM {source} GROUP BY {keys} ORDER BY {order} LIMIT {MAX_FACTS + 1}"  # noqa: S608 - no input in it
        answer = lake.rows(query)
        cut |= {name} if len(answer) > MAX_FACTS else set()
        found.setdefault(name, []).extend(rows(kind, answer[:MAX_FACTS]))
    if cut:
        incomplete(f"more than {MAX_FACTS:,} different facts of {', '.join(sorted(cut))}")
    return Observations(**{name: tuple(facts) for name, facts in found.items()}, cut=tuple(sorted(cut)))  # type: ignore[arg-type]


_PRESENT = """
    select place, min(ts) as first, max(ts) as last from (
        select id_orig_h as place, ts from conn where orig_pkts > 0
        union all select id_resp_h as place, ts from conn where resp_pkts > 0
        union all select id_orig_h as place, ts from arp
    ) as seen where place in (select unnest([{places}])) group by place, date_trunc('hour', ts) order by place, first
"""


def presence(lake: Lake, places: set[str]) -> dict[str, list[tuple[datetime, datetime]]]:
    """When something was seen at these places: an interval for each hour in which anything was."""
    if not places:
        return {}
    named = ", ".join("'{}'".format(place.replace("'", "''")) for place in sorted(places))
    out: dict[str, list[tuple[datetime, datetime]]] = {}
    for row in lake.rows(_PRESENT.format(places=named)):
        out.setdefault(row["place"], []).append((_cell(row["first"]), _cell(row["last"])))
    return out


def by_place(seen: Observations, held: Iterable[Tenure]) -> Observations:
    """The same, with what ARP and DHCP said of addresses that had several holders told of the place that the address was for each."""
    at: dict[str, dict[str, dict[str, Tenure]]] = {}
    for tenure in held:
        if tenure.mac:
            at.setdefault(tenure.address, {}).setdefault(tenure.mac, {}).setdefault(tenure.name, tenure)
    return replace(
        seen,
        bindings=tuple(b for binding in seen.bindings for b in _bound(binding, at.get(binding.address))),
        clients=tuple(_placed(client, at.get(client.place or "")) for client in seen.clients),
    )


def _bound(binding: Binding, holders: Mapping[str, Mapping[str, Tenure]] | None) -> Iterable[Binding]:
    """What shows a MAC address at an address that had several holders is told of each machine that had it; of none, if it was a thief's."""
    if holders is None:
        return (binding,)
    return (replace(binding, address=tenure.place) for tenure in holders.get(binding.mac, {}).values())


def _placed(client: Client, holders: Mapping[str, Mapping[str, Tenure]] | None) -> Client:
    if holders is None:
        return client
    by_name = holders.get(client.mac, {})
    tenure = by_name.get((client.host_name or "").lower()) or by_name.get("")
    return replace(client, place=tenure.place if tenure else None)


F = TypeVar("F", bound=Fact)


def rows(kind: type[F], values: Iterable[dict[str, Any]]) -> list[F]:
    """Typed observations from plain rows; rows without a text that they need are left out."""
    needed = [f.name for f in fields(kind) if f.type == "str"]
    lists = dict.fromkeys((f.name for f in fields(kind) if str(f.type).startswith("tuple")), ())
    out = []
    for value in values:
        if all(value[name] for name in needed):
            out.append(kind(**lists | {name: _cell(v) for name, v in value.items() if v is not None or name not in lists}))
    return out


def _cell(value: Any) -> Any:
    """Times in UTC, lists as tuples, texts trimmed and bounded (an empty text says nothing)."""
    if isinstance(value, str):
        return value.strip(" \0")[:MAX_TEXT] or None
    if isinstance(value, list):
        return tuple(sorted(str(v) for v in value if v))
    if isinstance(value, datetime):
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    return value
