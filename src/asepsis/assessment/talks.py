"""Who talks to whom: the edges of the picture, from the lake to pairs of assets."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
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
    """All that one asset says to another. `services` by name; `connections` counted."""

    source: str
    target: str
    services: tuple[str, ...]
    connections: int
    openness: Openness


OUTSIDE = "outside"
# Protocols that carry patients' data, as `service` names them; inside TLS their service is `ssl`.
CLINICAL = frozenset({"dicom", "hl7", "fhir", "astm", "poct1"})

_PAIRS = """
WITH speakers AS (
    SELECT uid, MIN(calling_ae) AS source_hint, MIN(called_ae) AS target_hint FROM dicom_association GROUP BY uid
    UNION ALL
    SELECT uid, MIN(sending_application || '|' || COALESCE(sending_facility, '')) AS source_hint, NULL AS target_hint
    FROM hl7 WHERE NOT is_ack GROUP BY uid
)
SELECT c.id_orig_h AS source, s.source_hint, c.id_resp_h AS target, s.target_hint, c.service AS service,
       COUNT(DISTINCT c.uid) AS connections, COUNT(DISTINCT f.uid) AS fhir
FROM conn c LEFT JOIN speakers s ON s.uid = c.uid LEFT JOIN (SELECT DISTINCT uid FROM fhir) f ON f.uid = c.uid
WHERE c.proto IN ('tcp', 'udp') AND NOT c.interim
GROUP BY c.id_orig_h, s.source_hint, c.id_resp_h, s.target_hint, c.service
ORDER BY 1, 2, 3, 4, 5
"""


def talks(lake: Lake, locator: Locator) -> list[Talk]:
    """Edges between assets, `OUTSIDE` for an address that belongs to none; what stays inside one asset is left out."""
    found: dict[tuple[str, str], tuple[set[str], int, Openness]] = {}
    for row in lake.rows(_PAIRS):
        source, target = _owner(locator, row["source"], row["source_hint"]), _owner(locator, row["target"], row["target_hint"])
        if source == target:
            continue
        service = "fhir" if row["fhir"] else row["service"] or ""
        services, connections, openness = found.get((source, target), (set(), 0, Openness.OTHER))
        found[source, target] = (
            services | set(filter(None, service.split(","))),
            connections + row["connections"],
            max(openness, _openness(service)),
        )
    return [Talk(*pair, tuple(sorted(services)), n, openness) for pair, (services, n, openness) in sorted(found.items())]


def _owner(locator: Locator, address: str, hint: str | None) -> str:
    """Whose an address is; where several assets share one and nothing tells them apart, the adapter before them."""
    candidates = locator.at(address, hint)
    first = min(candidates, key=lambda asset: (asset.behind != "", asset.id), default=None)
    return first.id if first else OUTSIDE


def _openness(service: str) -> Openness:
    """By what a connection speaks in the end: a proxy or a mail service may have turned into TLS (`smtp,ssl`)."""
    last = service.rpartition(",")[2]
    if last in CLINICAL:
        return Openness.CLEAR_CLINICAL
    return Openness.ENCRYPTED if last in ("ssl", "ssh") else Openness.OTHER
