"""The chain: what an entry is, and what shows that entries were changed.

An entry's `hash` is SHA-256 over the hash before it and the entry's canonical JSON (RFC 8785 in spirit: sorted keys, no blanks, ASCII), so
no entry can change without all after it. The head (`asepsis.kit.head`) says under the site's key where the chain ends, so neither can
its end.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from asepsis.journal.anchor import Anchor
from asepsis.kit.head import GENESIS, Head

# An entry as a line. Longer ones are refused, so that one line never fills the memory of a reader.
LINE_BYTES = 65_536

_ACT_BYTES = 200

_FIELDS = {"n": int, "ts": str, "who": str, "act": str, "subject": str, "detail": dict, "prev": str, "hash": str}


@dataclass(frozen=True, slots=True)
class Entry:
    """Number `n` (from 1): at `ts` (ISO 8601, UTC) `who` did `act` to `subject`."""

    n: int
    ts: str
    who: str
    act: str
    subject: str
    detail: dict[str, Any]
    prev: str
    hash: str

    def line(self) -> bytes:
        """The entry as it stands in the file, without the line's end."""
        return _canonical({name: getattr(self, name) for name in _FIELDS})


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the journal holds. If not, `broken` is the number of the first broken entry and `why` says how. `notes` are remarkable but
    innocent: an append that was interrupted, a clock that went backwards."""

    holds: bool
    entries: int
    head: str
    broken: int | None = None
    why: str = ""
    notes: tuple[str, ...] = ()


def make(head: Head, ts: str, who: str, act: str, subject: str, detail: dict[str, Any]) -> Entry:
    """The entry after `head`. Raises ValueError if `detail` is no JSON or the line would be too long."""
    body: dict[str, Any] = {"n": head.n + 1, "ts": ts, "who": who, "act": act, "subject": subject, "detail": detail}
    entry = Entry(**body, prev=head.hash, hash=_hash(head.hash, body))
    if len(entry.line()) >= LINE_BYTES:
        raise ValueError(f"an entry may have {LINE_BYTES} bytes")
    return entry


def parse(line: bytes) -> Entry | None:
    """The entry of a line, if it is exactly what `Entry.line` writes and its hash is right."""
    try:
        fields = json.loads(line)
        if type(fields) is not dict or {name: type(value) for name, value in fields.items()} != _FIELDS:
            return None
        entry = Entry(**fields)
        body = {name: value for name, value in fields.items() if name not in ("prev", "hash")}
        return entry if entry.line() == line and _hash(entry.prev, body) == entry.hash else None
    except (ValueError, RecursionError):
        return None


def written(line: bytes) -> str:
    """When the entry of a line was written, as the line says it; nothing is verified. The keys of a line are sorted, so that of all that
    looks like it the last is meant."""
    return line[at + 6 : at + 33].partition(b'"')[0].decode("ascii", "replace") if (at := line.rfind(b'"ts":"')) >= 0 else ""


def act_of(line: bytes) -> str:
    """What the entry of a line tells of, as its beginning says it; nothing is verified."""
    begin, act, rest = line[:_ACT_BYTES].partition(b'{"act":"')
    return rest.partition(b'"')[0].decode("ascii", "replace") if act and not begin else ""


def examine(lines: Iterable[bytes], head: Head, anchors: Iterable[Anchor] = ()) -> Verdict:
    """Walks the chain. `head` is the end as the key vouches for it; one valid entry beyond it is an append that was interrupted. What other
    stores keep of the chain must be in it."""
    last, notes, clock, kept = Head(), [], "", _by_number(anchors)
    at_head = GENESIS if head.n == 0 else ""
    iterator = iter(lines)
    for line in iterator:
        entry, expected = parse(line), last.n + 1
        if entry is None:
            return _broken(last, expected, "edited: its hash does not match")
        if entry.n != expected:
            return _broken(last, expected, _displaced(entry, expected, iterator))
        if entry.prev != last.hash:
            return _broken(last, max(1, last.n), "edited: its hash is not the one that the entry after it recorded")
        if entry.ts < clock:
            notes.append(f"the clock went backwards at entry {entry.n}")
        for anchor in kept.pop(entry.n, ()):
            if anchor.hash != entry.hash:
                return _broken(last, entry.n, f"not the entry that {anchor.where} keeps: the journal was put back and went on from there")
        last, clock = Head(entry.n, entry.hash), entry.ts
        if entry.n == head.n:
            at_head = entry.hash
    if last.n < head.n:
        return _broken(last, last.n + 1, f"truncated: {_span(last.n + 1, head.n)} missing")
    if at_head != head.hash:
        return _broken(last, head.n, "rewritten: the chain does not end in the hash that the head vouches for")
    if kept:
        return _against(kept, last)
    if last.n > head.n + 1:
        return _broken(last, head.n + 2, "added without the site's key, or the head was put back")
    if last.n == head.n + 1:
        notes.append(f"entry {last.n} was written when its append was interrupted")
    return Verdict(True, last.n, last.hash, notes=tuple(notes))


def examine_without_head(lines: Sequence[bytes], anchors: Iterable[Anchor] = ()) -> Verdict:
    """The first broken entry if there is one; else the head is what is wrong, and what other stores keep says how much is missing."""
    last = Head()
    for entry in map(parse, lines):
        if entry is None or entry.n != last.n + 1 or entry.prev != last.hash:
            return examine(lines, Head())
        last = Head(entry.n, entry.hash)
    newest = max(anchors, key=lambda anchor: anchor.n, default=Anchor(""))
    if newest.n > last.n:
        return _broken(last, last.n + 1, f"the head is missing or forged, and {_missing(last.n + 1, newest)}")
    if not last.n:
        return _broken(last, 1, "the head is missing or forged, and there is no entry: every entry is missing")
    return _broken(last, last.n, "the head is missing or forged: entries after this one may be gone")


def _by_number(anchors: Iterable[Anchor]) -> dict[int, list[Anchor]]:
    kept: dict[int, list[Anchor]] = {}
    for anchor in anchors:
        kept.setdefault(anchor.n, []).append(anchor)
    return kept


def _against(kept: dict[int, list[Anchor]], last: Head) -> Verdict:
    """What is wrong by the anchors of entries that are not in the chain, which ends at `last`."""
    newest = kept[max(kept)][-1]
    if newest.n > last.n:
        return _broken(last, last.n + 1, f"put back to an older state: {_missing(last.n + 1, newest)}")
    lost = next(iter(kept.values()))[0]
    return _broken(last, max(1, last.n), f"what {lost.where} keeps of the journal is missing or forged: entries after this one may be gone")


def _missing(first: int, anchor: Anchor) -> str:
    return f"{_span(first, anchor.n)} missing: {anchor.where} was changed with entry {anchor.n}"


def _span(first: int, last: int) -> str:
    return f"entry {first} is" if first == last else f"entries {first} to {last} are"


def _displaced(entry: Entry, expected: int, rest: Iterable[bytes]) -> str:
    if entry.n < expected:
        return f"reordered or repeated: entry {entry.n} stands in its place"
    if any(later is not None and later.n == expected for later in map(parse, rest)):
        return f"reordered: entry {entry.n} stands in its place"
    return f"missing: entry {entry.n} stands in its place"


def _broken(last: Head, n: int, why: str) -> Verdict:
    return Verdict(False, last.n, last.hash, n, why)


def _canonical(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False).encode("ascii")


def _hash(prev: str, body: dict[str, Any]) -> str:
    return hashlib.sha256(prev.encode("ascii") + _canonical(body)).hexdigest()
