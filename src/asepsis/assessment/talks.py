"""Who talks to whom: the edges of the picture, from rows of the lake to pairs of assets."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    from asepsis.hospital.service import Locator


class Lake(Protocol):
    """Every stream as a table."""

    def rows(self, query: str, /) -> list[dict[str, Any]]: ...


class Openness(IntEnum):
    """How readable a conversation is to a listener; the higher is drawn over the lower."""

    OTHER = 0
    ENCRYPTED = 1
    CLEAR_CLINICAL = 2


class Pair(NamedTuple):
    """What is counted together: who began, with whom, what they spoke in the end (`smtp,ssl`), and how readable that was."""

    source: str
    target: str
    service: str
    openness: Openness


class Tally(NamedTuple):
    """How many connections, and when the first and the last began (microseconds since 1970, UTC)."""

    connections: int
    first: int
    last: int

    def __add__(self, other: Tally) -> Tally:  # type: ignore[override]
        return Tally(self.connections + other.connections, min(self.first, other.first), max(self.last, other.last))


Said = Mapping[Pair, Tally]
"""All that was said, by pairs."""


@dataclass(frozen=True, slots=True)
class Talk:
    """All that one asset says to another. `services` by name; `connections` counted: all, those that carry patients' data in clear, and
    those that are encrypted."""

    source: str
    target: str
    services: tuple[str, ...]
    connections: int
    openness: Openness
    clear: int = 0
    encrypted: int = 0


OUTSIDE, MANY = "outside", "many"
"""What stands for all addresses outside, and for the many partners of one machine that are not told apart; no asset is called so."""
# Protocols that carry patients' data, as `service` names them; inside TLS their service is `ssl`.
CLINICAL = frozenset({"dicom", "dicomweb", "hl7", "fhir", "astm", "poct1", "sdc"})
SERVICE_MOST, HINT_MOST = 80, 200
"""Characters of a service and of a title that are kept: names of ours are shorter, those of other sensors' logs may be anything."""

# What the rows of applications say of the connections that carry them.
_TOLD = """
    SELECT uid, EPOCH_US(ts) AS heard, calling_ae AS source_hint, called_ae AS target_hint, NULL AS carries, 1 AS associated, 0 AS spoke
    FROM dicom_association
    UNION ALL
    SELECT uid, EPOCH_US(ts), sending_application || '|' || COALESCE(sending_facility, ''), NULL, NULL, 0, 0 FROM hl7 WHERE NOT is_ack
    UNION ALL SELECT uid, EPOCH_US(ts), NULL, NULL, carries, 0, 0 FROM http WHERE carries IS NOT NULL
    UNION ALL SELECT uid, EPOCH_US(ts), NULL, NULL, NULL, 0, 1 FROM dicom_message WHERE command NOT LIKE 'C-ECHO%'
"""
STREAMS = frozenset({"conn", "dicom_association", "dicom_message", "hl7", "http"})
"""What is asked."""
HELD = "held"
"""The table of what was told of connections that had not ended when it was told."""
_BY_UID = f"""
WITH told AS ({_TOLD}{{held}}),
said AS (
    SELECT uid, MAX(heard) AS heard, MIN(source_hint) AS source_hint, MIN(target_hint) AS target_hint, MIN(carries) AS carries,
           MAX(associated) AS associated, MAX(spoke) AS spoke
    FROM told WHERE uid IS NOT NULL GROUP BY uid
)"""  # noqa: S608 - names of ours
_ENDED = "proto IN ('tcp', 'udp') AND NOT interim"


def sums(held: bool = False, at: str = "") -> str:
    """The query that counts connections which ended, by addresses, titles and service. `held`: the table HELD tells of some of them too.
    `at`: a table with addresses (`place`) that one end must have."""
    narrowed = f" AND (c.id_orig_h IN (SELECT place FROM {at}) OR c.id_resp_h IN (SELECT place FROM {at}))" if at else ""  # noqa: S608
    return f"""{_with(held)}
SELECT c.id_orig_h AS source, s.source_hint, c.id_resp_h AS target, s.target_hint, c.service AS service, s.carries,
       COALESCE(s.associated = 1 AND s.spoke = 0, FALSE) AS quiet, COUNT(*) AS connections,
       EPOCH_US(MIN(c.ts)) AS first, EPOCH_US(MAX(c.ts)) AS last
FROM conn c LEFT JOIN said s ON s.uid = c.uid
WHERE c.{_ENDED}{narrowed}
GROUP BY c.id_orig_h, s.source_hint, c.id_resp_h, s.target_hint, c.service, s.carries, quiet
"""  # noqa: S608 - names of ours


def left(held: bool = False) -> str:
    """The query that has what was told of connections that have not ended yet; `lives`: one was seen to go on."""
    return f"""{_with(held)},
seen AS (
    SELECT uid, MIN(CASE WHEN interim THEN 1 ELSE 0 END) AS lives FROM conn
    WHERE proto IN ('tcp', 'udp') AND uid IN (SELECT uid FROM said) GROUP BY uid
)
SELECT s.uid, s.heard, s.source_hint, s.target_hint, s.carries, s.associated, s.spoke, COALESCE(seen.lives, 0) AS lives
FROM said s LEFT JOIN seen ON seen.uid = s.uid WHERE seen.lives IS NULL OR seen.lives = 1
"""  # noqa: S608 - names of ours


def ended(among: str) -> str:
    """The query that counts connections whose `uid` stands in a table, and that ended."""
    return f"SELECT COUNT(*) AS n FROM conn WHERE {_ENDED} AND uid IN (SELECT uid FROM {among}) HAVING COUNT(*) > 0"  # noqa: S608


def _with(held: bool) -> str:
    more = f" UNION ALL SELECT uid, heard, source_hint, target_hint, carries, associated, spoke FROM {HELD}" if held else ""  # noqa: S608
    return _BY_UID.format(held=more)


def said(rows: Iterable[Mapping[str, Any]], locator: Locator) -> Said:
    """The rows of `sums` by assets, `OUTSIDE` for an address out of the hospital; what stays inside one asset is left out, and what is said
    to no machine at all: to everybody, or to an address of the hospital where nothing answers."""
    found: dict[Pair, Tally] = {}
    known: dict[tuple[str, str | None], str] = {}
    for row in rows:
        ends = []
        for end in ((row["source"], row["source_hint"]), (row["target"], row["target_hint"])):
            if end not in known:
                known[end] = _owner(locator, *end)
            ends.append(known[end])
        source, target = ends
        if source == target or not source or not target:
            continue
        service = (row["carries"] or row["service"] or "")[:SERVICE_MOST]
        # An association that was refused, or only asked whether somebody is there: nothing of a patient was said.
        pair = Pair(source, target, service, Openness.OTHER if row["quiet"] else _openness(service))
        tally = Tally(row["connections"], row["first"], row["last"])
        found[pair] = found[pair] + tally if pair in found else tally
    return found


def talks(whole: Said) -> list[Talk]:
    """What was said, as edges between assets, in order."""
    found: defaultdict[tuple[str, str], list[tuple[Pair, Tally]]] = defaultdict(list)
    for pair, tally in whole.items():
        found[pair.source, pair.target].append((pair, tally))
    return [_talk(source, target, of) for (source, target), of in sorted(found.items())]


def _talk(source: str, target: str, of: list[tuple[Pair, Tally]]) -> Talk:
    counted: defaultdict[Openness, int] = defaultdict(int)
    for pair, tally in of:
        counted[pair.openness] += tally.connections
    return Talk(
        source,
        target,
        tuple(sorted({name for pair, _ in of for name in names(pair.service)})),
        sum(counted.values()),
        max(counted),
        counted[Openness.CLEAR_CLINICAL],
        counted[Openness.ENCRYPTED],
    )


def names(service: str) -> list[str]:
    """What was spoken one after the other: `smtp,ssl` is mail that became encrypted."""
    return [name for name in service.split(",") if name]


def _owner(locator: Locator, address: str, hint: str | None) -> str:
    """Whose an address is; where several assets share one and nothing tells them apart, the adapter before them. Empty for nobody's."""
    candidates = locator.at(address, hint)
    first = min(candidates, key=lambda asset: (asset.behind != "", asset.id), default=None)
    return first.id if first else OUTSIDE if _outside(locator, address) else ""


def _outside(locator: Locator, address: str) -> bool:
    """Whether an address can be that of a machine out of the hospital (RFC 6890)."""
    try:
        ip = ip_address(address)
    except ValueError:
        return False
    shared = ip.is_multicast or ip.is_loopback or ip.is_link_local or ip.is_unspecified or address == "255.255.255.255"
    return not shared and not locator.inside(address)


def _openness(service: str) -> Openness:
    """By what a connection speaks in the end: a proxy or a mail service may have turned into TLS (`smtp,ssl`)."""
    last = service.rpartition(",")[2]
    if last in CLINICAL:
        return Openness.CLEAR_CLINICAL
    return Openness.ENCRYPTED if last in ("ssl", "ssh") else Openness.OTHER
