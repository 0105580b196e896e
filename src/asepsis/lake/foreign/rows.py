"""Rows on their way from a foreign line into an Arrow batch of a stream, with the columns that all streams share."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

from asepsis import _wire
from asepsis.lake.foreign.clean import REMEMBERED

if TYPE_CHECKING:
    import pyarrow as pa

Row = dict[str, Any]

# Few enough that a batch of long lines stays small; a batch goes earlier if its lines have this many bytes.
BATCH_ROWS, BATCH_BYTES = 4_096, 8 << 20

# IP protocol numbers by the names that both sensors have for them.
PROTOCOLS = {"icmp": 1, "tcp": 6, "udp": 17, "ipv6-icmp": 58, "icmp6": 58, "sctp": 132, "gre": 47, "esp": 50, "ah": 51, "igmp": 2}
_WITH_PORTS = frozenset({1, 6, 17, 58, 132})
# ICMP types that come in pairs (Community ID v1, Zeek's table).
_PAIRS = {
    1: ((8, 0), (13, 14), (15, 16), (17, 18), (10, 9)),
    58: ((128, 129), (133, 134), (135, 136), (130, 131), (139, 140), (144, 145)),
}
_COUNTERPARTS = {number: {a: b for pair in pairs for a, b in (pair, pair[::-1])} for number, pairs in _PAIRS.items()}


@dataclass(frozen=True, slots=True)
class Pseudonyms:
    """The site's key."""

    key: bytes
    key_id: str

    def of(self, value: str) -> str | None:
        """The pseudonym of an id or name, as the core makes it."""
        # A lone surrogate of JSON is no character.
        return _wire.pseudonym(self.key, self.key_id, value.encode("utf-8", "replace").decode())


def identity(*parts: bytes) -> bytes:
    """128 bits of SHA-256 over the parts, as the core makes them (crates/wire/src/keys.rs)."""
    found = hashlib.sha256()
    for part in parts:
        found.update(len(part).to_bytes(8, "little") + part)
    return found.digest()[:16]


_ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"
# Two characters of base 32 (RFC 4648 section 6, in lower case) at once; 26 of them hold 128 bits and two of nothing.
_PAIRS_OF_32 = [a + b for a in _ALPHABET for b in _ALPHABET]
_SHIFTS = range(120, -1, -10)


def event_id(stream: str, row: Row, number: int) -> str:
    """The same record gives the same id, whatever its file and form; `number` tells the rows of one record apart. It is made of what the
    row keeps and of nothing else: a hash of the line would tell a password to whoever guesses it."""
    kept = json.dumps({name: value for name, value in row.items() if value is not None}, sort_keys=True, default=str)
    bits = int.from_bytes(identity(stream.encode(), kept.encode(), number.to_bytes(8, "big")), "big") << 2
    return "".join([_PAIRS_OF_32[bits >> shift & 1023] for shift in _SHIFTS])


@lru_cache(REMEMBERED)
def halves(text: str) -> tuple[int, int]:
    """An address as IPv6 in two signed integers; IPv4 is mapped."""
    found = ip_address(text)
    bits = int(found) if found.version == 6 else 0xFFFF_0000_0000 + int(found)
    return tuple(half - (1 << 64) if half >> 63 else half for half in (bits >> 64, bits & (1 << 64) - 1))  # type: ignore[return-value]


@lru_cache(REMEMBERED)
def community_id(orig: str, resp: str, orig_port: int, resp_port: int, proto: int) -> str:
    """Community ID v1, seed 0 (corelight/community-id-spec)."""
    source, target = ip_address(orig).packed, ip_address(resp).packed
    ordered = (source, orig_port) <= (target, resp_port)
    if proto in _COUNTERPARTS:
        other = _COUNTERPARTS[proto].get(orig_port)
        resp_port = resp_port if other is None else other
        ordered = other is None or (source, orig_port) <= (target, resp_port)
    if not ordered:
        source, target, orig_port, resp_port = target, source, resp_port, orig_port
    ports = orig_port.to_bytes(2, "big") + resp_port.to_bytes(2, "big") if proto in _WITH_PORTS else b""
    digest = hashlib.sha1(b"\0\0" + source + target + bytes((proto, 0)) + ports, usedforsecurity=False).digest()
    return "1:" + base64.b64encode(digest).decode()


def complete(row: Row, proto: int | None) -> None:
    """Fills the columns that follow from the ends of a connection."""
    orig, resp = row.get("id_orig_h"), row.get("id_resp_h")
    for end, text in (("orig", orig), ("resp", resp)):
        if text is not None:
            row[f"id_{end}_hi"], row[f"id_{end}_lo"] = halves(text)
    if row.get("community_id") is None and proto is not None and orig is not None and resp is not None:
        ports = row.get("id_orig_p"), row.get("id_resp_p")
        if proto not in _WITH_PORTS:
            ports = 0, 0
        if ports[0] is not None and ports[1] is not None:
            row["community_id"] = community_id(orig, resp, *ports, proto)


def protocol(row: Row, carried: str | None = None) -> int | None:
    """The IP protocol number; `carried` is the transport where the row does not say."""
    name = row.get("proto") or carried
    if name == "icmp" and ":" in (row.get("id_orig_h") or ""):
        name = "ipv6-icmp"
    return PROTOCOLS.get(name, int(name) if name.isdecimal() else None) if name else None


class Batches:
    """The rows that wait, by stream."""

    def __init__(self) -> None:
        self._schemas: dict[str, pa.Schema] = {}
        self._rows: dict[str, list[Row]] = {}
        self._bytes: dict[str, int] = {}

    def add(self, stream: str, row: Row, size: int) -> pa.RecordBatch | None:
        """Takes a row that was made of `size` bytes; a batch when it is full."""
        rows = self._rows.setdefault(stream, [])
        rows.append(row)
        self._bytes[stream] = self._bytes.get(stream, 0) + size
        full = len(rows) >= BATCH_ROWS or self._bytes[stream] >= BATCH_BYTES
        return self._batch(stream) if full else None

    def rest(self) -> Mapping[str, pa.RecordBatch]:
        """What still waits."""
        return {stream: self._batch(stream) for stream, rows in list(self._rows.items()) if rows}

    def _batch(self, stream: str) -> pa.RecordBatch:
        import pyarrow as pa

        rows, self._rows[stream], self._bytes[stream] = self._rows[stream], [], 0
        schema = self._schemas.get(stream)
        if schema is None:
            schema = self._schemas[stream] = pa.record_batch(_wire.empty(stream)).schema
        columns = [pa.array([row.get(field.name) for row in rows], type=field.type) for field in schema]
        return pa.record_batch(columns, schema=schema)
