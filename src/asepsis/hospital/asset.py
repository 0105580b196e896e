"""What an asset is: the value that every other room reads. Plain data, no database."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any

from asepsis.kit.output import iso

STATED = "stated"
"""Source of what site.toml says, as against the name of the stream that showed it."""


@dataclass(frozen=True, slots=True)
class Attribute:
    """One fact about an asset and where it comes from. `source` is a stream's name or `stated`; `ts` when it was last seen (UTC)."""

    name: str
    value: str
    source: str
    ts: datetime | None
    confidence: float
    event_id: str | None


@dataclass(frozen=True, slots=True)
class Stay:
    """Where an asset was: an address, the MAC address that it had there (if that was shown to be its own), from when to when (UTC).

    `place` is how events are counted for it, where the address had several holders: `10.0.0.5@00:1b:21:00:00:0a`, else the address.
    """

    address: str
    mac: str
    first: datetime | None
    last: datetime | None
    place: str


def address_of(place: str) -> str:
    """The address of a place: `10.0.0.5` of `10.0.0.5@00:1b:21:00:00:0a`."""
    return place.partition("@")[0]


@dataclass(frozen=True, slots=True)
class Maybe:
    """Another asset that may be the same machine: for a person to say. `events` show why."""

    id: str
    why: str
    events: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Asset:
    """Anything with an address. `confidence`: how sure it is that it is one machine; `kind_confidence`: that it is of this kind (0-1)."""

    id: str
    name: str
    kind: str
    kind_confidence: float
    clinical_class: str
    class_source: str
    confidence: float
    roles: tuple[str, ...] = ()
    """What a server does besides its kind, the best-founded first: `EHR`, `file server`."""
    manufacturer: str = ""
    model: str = ""
    software: str = ""
    serial: str = ""
    station: str = ""
    owner: str = ""
    ae_titles: tuple[str, ...] = ()
    hl7_applications: tuple[str, ...] = ()
    """`application|facility` (HL7 v2 MSH-3 and MSH-4) that it sends or answers as."""
    hostnames: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    """Where it is now: those that it had at the same time as the latest."""
    macs: tuple[str, ...] = ()
    """Only those that ARP or DHCP showed to be its own."""
    zone: str = ""
    services: tuple[str, ...] = ()
    """`dicom:104 provider`, `http user`."""
    attributes: tuple[Attribute, ...] = ()
    first_seen: datetime | None = None
    last_seen: datetime | None = None
    behind: str = ""
    """Id of the adapter or router that stands before it."""
    former: tuple[str, ...] = ()
    """Ids that it had, or would have had, when less of it was known: only an address, only a MAC address."""
    stays: tuple[Stay, ...] = ()
    """Where it was, and when; the latest last."""
    maybe: tuple[Maybe, ...] = ()
    contradictions: tuple[str, ...] = ()
    """Where what was stated and what was seen differ."""
    why: tuple[str, ...] = field(default=())
    """Sentences, the strongest first."""


_FIELDS = tuple(f.name for f in fields(Asset))


def kind_in_words(asset: Asset) -> str:
    """`PACS 88%, file server`: the kind, how sure it is, and what else the asset does."""
    sure = f" {asset.kind_confidence:.0%}" if asset.kind_confidence else ""
    return ", ".join([asset.kind + sure, *asset.roles])


def as_json(asset: Asset) -> dict[str, Any]:
    """The asset as plain JSON values; times as ISO 8601 UTC."""
    out: dict[str, Any] = {name: getattr(asset, name) for name in _FIELDS}
    out = {name: list(value) if isinstance(value, tuple) else value for name, value in out.items()}
    out["first_seen"], out["last_seen"] = _text(asset.first_seen), _text(asset.last_seen)
    out["attributes"] = [
        {"name": a.name, "value": a.value, "source": a.source, "ts": _text(a.ts), "confidence": a.confidence, "event_id": a.event_id}
        for a in asset.attributes
    ]
    out["stays"] = [
        {"address": s.address, "mac": s.mac, "first": _text(s.first), "last": _text(s.last), "place": s.place} for s in asset.stays
    ]
    out["maybe"] = [{"id": m.id, "why": m.why, "events": list(m.events)} for m in asset.maybe]
    return out


def from_json(value: dict[str, Any]) -> Asset:
    """The inverse of `as_json`; keys of another version of this product are left out."""
    out: dict[str, Any] = {key: tuple(v) if isinstance(v, list) else v for key, v in value.items() if key in _FIELDS}
    out["attributes"] = tuple(Attribute(**{**a, "ts": _time(a["ts"])}) for a in value.get("attributes", ()))
    out["stays"] = tuple(Stay(**{**s, "first": _time(s["first"]), "last": _time(s["last"])}) for s in value.get("stays", ()))
    out["maybe"] = tuple(Maybe(**{**m, "events": tuple(m["events"])}) for m in value.get("maybe", ()))
    out["first_seen"], out["last_seen"] = _time(value.get("first_seen")), _time(value.get("last_seen"))
    return Asset(**out)


def _text(ts: datetime | None) -> str | None:
    return iso(ts) if ts else None


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
