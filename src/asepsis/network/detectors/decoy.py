"""Whoever talks to a decoy: a machine that belongs to no workflow, so that nobody has a reason to.

Decoys are what site.toml states to be one: nothing that was only seen makes a decoy, and none is forgotten.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from asepsis.hospital.service import DECOY, STATED

from ..detector import Given, Number
from ..sighting import Evidence, Sighting, gathered
from ..sigma import sql
from .book import micros, moment, sane

SETTINGS: Mapping[str, Number] = {}
STREAMS = ("conn", "dicom_association", "dicom_message", "hl7", "smb_files")
"""A connection that lasts is written when it ends, or now and then: what is said in it comes before."""
ROWS_MAX = 100_000
_AT = "struct_pack(a := ts, b := event_id)"
_TOUCHES = """
    SELECT id_orig_h AS source, id_resp_h AS decoy, MIN(ts) AS first, MAX(ts) AS last, COUNT(DISTINCT event_id) AS events,
           MIN_BY(event_id, {2}) AS event_id
    FROM {4} WHERE ts >= {0} AND ts < {1} AND id_resp_h IN ({3}) AND id_orig_h IS NOT NULL
    GROUP BY id_orig_h, id_resp_h, id_resp_p, DATE_TRUNC('minute', ts) ORDER BY first, source, decoy, event_id LIMIT {5}
"""


def run(given: Given) -> list[Sighting]:
    """Who talked to which decoy."""
    decoys = sorted(_decoys(given))
    return gathered(_touches(given, decoys)) if decoys else []


def _decoys(given: Given) -> Iterator[str]:
    """Only what is stated: an address that somebody claims by the decoy's card becomes none."""
    for asset in given.look.locator.assets.values():
        if asset.kind == DECOY:
            yield from (fact.value for fact in asset.attributes if fact.name == "address" and fact.source == STATED)


def _touches(given: Given, decoys: Iterable[str]) -> Iterator[Sighting]:
    where = ", ".join(map(sql.text, decoys))
    for stream in STREAMS:
        for row in given.news.rows(_TOUCHES.format(*map(sql.moment, sane()), _AT, where, stream, ROWS_MAX)):
            yield _touch(given, stream, row)


def _touch(given: Given, stream: str, row: Mapping[str, Any]) -> Sighting:
    first, last = (moment(micros(row[name])) for name in ("first", "last"))
    return Sighting(given.name, row["source"], (row["decoy"],), first, last, row["events"], (Evidence(stream, row["event_id"], first),))
