"""Suricata's EVE records into rows. Fields as in Suricata's eve.json schema; layouts of `dns` 1 to 3 (Suricata 4 to 8)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from asepsis.lake.foreign.clean import word
from asepsis.lake.foreign.mapping import Log, apply
from asepsis.lake.foreign.rows import Pseudonyms, Row, complete, event_id, protocol
from asepsis.lake.foreign.suricata_events import CERTIFICATE, COMMON, EVENTS, SMB_COMMANDS, X509
from asepsis.lake.foreign.tally import Tally, count, kind_name

SENSOR = "suricata"
# Objects of a record whose fields are looked at one by one, besides the one that is named as its type.
_OPENED = frozenset({"flow", "tcp", "ether"})


def rows(record: dict[str, Any], keys: Pseudonyms, tally: Tally) -> Iterator[tuple[str, Row]]:
    """The rows of one record, which is counted whatever becomes of it."""
    kind = record["event_type"]
    values = dict(_flat(record, kind))
    log, name = EVENTS.get(kind) if isinstance(kind, str) else None, kind_name(SENSOR, kind)
    if kind == "smb":
        command = word(values.get("smb.command"))
        log, name = SMB_COMMANDS.get(command), kind_name(SENSOR, kind, command)
    if log is None:
        count(tally.unmapped, name)
        return
    made = list(_made(name, log, values, keys, tally))
    if not made:
        count(tally.malformed, "no possible time")
        return
    count(tally.kinds, name)
    yield from made


def _made(name: str, log: Log, values: dict[str, Any], keys: Pseudonyms, tally: Tally) -> Iterator[tuple[str, Row]]:
    """The rows of a record of a known kind; none without a time."""
    row = apply(name, log.fields, values.items(), keys, tally)
    if row.get("ts") is None:
        return
    proto = protocol(row)
    if log.stream not in _WITH_PROTO:
        row.pop("proto", None)
    yield from _finished(log, row, proto, values, keys)
    if log.stream == "ssl" and not CERTIFICATE.keys().isdisjoint(values):
        shared = {field: value for field, value in row.items() if field in _SHARED}
        told = apply(name, CERTIFICATE, ((field, value) for field, value in values.items() if field in CERTIFICATE), keys, tally)
        yield from _finished(X509, shared | told, proto, values, keys)


# Streams that have a column for the transport.
_WITH_PROTO = frozenset({"conn", "dns"})
_SHARED = frozenset(entry[0] for entry in COMMON.values() if isinstance(entry, tuple))


def _finished(log: Log, row: Row, proto: int | None, values: dict[str, Any], keys: Pseudonyms) -> Iterator[tuple[str, Row]]:
    for number, made in enumerate(log.finish(row, values, keys)):
        complete(made, proto)
        made |= {"event_id": event_id(log.stream, made, number), "sensor": SENSOR}
        yield log.stream, made


def _flat(record: dict[str, Any], kind: Any) -> Iterator[tuple[str, Any]]:
    """The fields of the record; those of the object that tells of the event have its name before theirs. An id is text."""
    for name, value in record.items():
        if isinstance(value, dict) and (name == kind or name in _OPENED):
            yield from ((f"{name}.{inner}", told) for inner, told in value.items())
        else:
            yield name, str(value) if name == "flow_id" and isinstance(value, int) else value
