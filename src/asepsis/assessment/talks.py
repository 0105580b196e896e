"""Who talks to whom: the edges of the picture, from the lake to pairs of assets."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, Protocol

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


OUTSIDE = "outside"
# Protocols that carry patients' data, as `service` names them; inside TLS their service is `ssl`.
CLINICAL = frozenset({"dicom", "dicomweb", "hl7", "fhir", "astm", "poct1", "sdc"})

_PAIRS = """
WITH speakers AS (
    SELECT uid, MIN(calling_ae) AS source_hint, MIN(called_ae) AS target_hint FROM dicom_association GROUP BY uid
    UNION ALL
    SELECT uid, MIN(sending_application || '|' || COALESCE(sending_facility, '')) AS source_hint, NULL AS target_hint
    FROM hl7 WHERE NOT is_ack GROUP BY uid
)
SELECT c.id_orig_h AS source, s.source_hint, c.id_resp_h AS target, s.target_hint, c.service AS service, w.carries,
       q.uid IS NOT NULL AS quiet, COUNT(DISTINCT c.uid) AS connections
FROM conn c LEFT JOIN speakers s ON s.uid = c.uid
LEFT JOIN (SELECT uid, MIN(carries) AS carries FROM http WHERE carries IS NOT NULL GROUP BY uid) w ON w.uid = c.uid
LEFT JOIN (
    SELECT uid FROM dicom_association EXCEPT SELECT uid FROM dicom_message WHERE command NOT LIKE 'C-ECHO%'
) q ON q.uid = c.uid
WHERE c.proto IN ('tcp', 'udp') AND NOT c.interim
GROUP BY c.id_orig_h, s.source_hint, c.id_resp_h, s.target_hint, c.service, w.carries, q.uid IS NOT NULL
ORDER BY 1, 2, 3, 4, 5, 6, 7
"""


def talks(lake: Lake, locator: Locator) -> list[Talk]:
    """Edges between assets, `OUTSIDE` for an address out of the hospital; what stays inside one asset is left out, and what is said to no
    machine at all: to everybody, or to an address of the hospital where nothing answers."""
    found: dict[tuple[str, str], Talk] = {}
    for row in lake.rows(_PAIRS):
        source, target = _owner(locator, row["source"], row["source_hint"]), _owner(locator, row["target"], row["target_hint"])
        if source == target or not source or not target:
            continue
        before = found.get((source, target), Talk(source, target, (), 0, Openness.OTHER))
        found[source, target] = _and(before, row["carries"] or row["service"] or "", row["connections"], row["quiet"])
    return [talk for _, talk in sorted(found.items())]


def _and(talk: Talk, service: str, connections: int, quiet: bool) -> Talk:
    """`quiet` is an association that was refused, or only asked whether somebody is there: nothing of a patient was said."""
    openness = Openness.OTHER if quiet else _openness(service)
    return Talk(
        talk.source,
        talk.target,
        tuple(sorted({*talk.services, *filter(None, service.split(","))})),
        talk.connections + connections,
        max(talk.openness, openness),
        talk.clear + (connections if openness is Openness.CLEAR_CLINICAL else 0),
        talk.encrypted + (connections if openness is Openness.ENCRYPTED else 0),
    )


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
