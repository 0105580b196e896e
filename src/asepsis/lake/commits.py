"""The commit log of the lake: which Parquet parts count.

`lake/_commits/00000001.json`, `00000002.json`, ... each list the parts that one commit added and removed. A part that no commit lists is
not there: readers see all of a commit or nothing, and a run that was killed leaves at most rubbish that the next run removes. A commit file
appears at once, complete and synced (`kit.files.create`), so there is nothing to repair in the log itself. It also keeps an anchor of the
journal's entry that announced it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from asepsis.kit import files
from asepsis.kit.errors import BadInput

FORMAT = 2


@dataclass(frozen=True, slots=True)
class Part:
    """A Parquet file: `path` under the lake, how many rows and bytes, and the span of their `ts` in microseconds since 1970."""

    stream: str
    path: str
    rows: int
    size: int
    min_ts: int
    max_ts: int

    def overlaps(self, other: Part) -> bool:
        return self.stream == other.stream and self.min_ts <= other.max_ts and other.min_ts <= self.max_ts


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What the lake holds after commit number `n`."""

    n: int
    parts: tuple[Part, ...]

    def of(self, stream: str) -> list[Part]:
        return [part for part in self.parts if part.stream == stream]


def read(lake: Path) -> Snapshot:
    """The lake as the log says now. Raises BadInput if the log is damaged or a newer version wrote it."""
    parts: dict[str, Part] = {}
    names = sorted(path for path in (lake / "_commits").glob("*.json") if path.stem.isdecimal())
    for n, path in enumerate(names, 1):
        if int(path.stem) != n:
            raise BadInput(f"commit {n} is missing", lake / "_commits", "restore the lake from a backup")
        commit = _parse(path)
        for gone in commit["removed"]:
            parts.pop(gone, None)
        parts |= {part.path: part for part in commit["added"]}
    return Snapshot(len(names), tuple(parts.values()))


def anchors(lake: Path) -> Iterator[tuple[int, object]]:
    """What each commit keeps of the journal, by its number."""
    for n in range(1, read(lake).n + 1):
        yield n, _parse(lake / "_commits" / f"{n:08}.json").get("journal")


def append(
    lake: Path, before: Snapshot, added: Iterable[Part], removed: Iterable[str] = (), journal: Mapping[str, object] = MappingProxyType({})
) -> Snapshot:
    """Commits: from now on readers see `added` and no longer `removed`. `journal` is what the commit keeps of the journal. The caller holds
    the lake's lock."""
    added, gone = tuple(added), frozenset(removed)
    n = before.n + 1
    body = {"format": FORMAT, "n": n, "added": [asdict(part) for part in added], "removed": sorted(gone), "journal": dict(journal)}
    folder = lake / "_commits"
    folder.mkdir(mode=0o700, exist_ok=True)
    if not files.create(folder / f"{n:08}.json", json.dumps(body, separators=(",", ":")).encode() + b"\n"):
        raise BadInput(f"commit {n} stands already", folder, "another program writes to the lake without its lock")
    return Snapshot(n, tuple(part for part in before.parts if part.path not in gone) + added)


def _parse(path: Path) -> dict[str, Any]:
    try:
        body: dict[str, Any] = json.loads(path.read_bytes())
        made_by = body["format"]
        if type(made_by) is int and made_by > FORMAT:
            raise BadInput(f"written by a newer asepsis (format {made_by})", path, "upgrade asepsis")
        if type(made_by) is int and made_by < FORMAT:
            raise BadInput(f"written by an older asepsis (format {made_by})", path, "read the captures again into a new site")
        body["added"] = [Part(**part) for part in body["added"]]
        body["removed"] = list(body["removed"])
    except (ValueError, KeyError, TypeError, RecursionError):
        raise BadInput("commit is damaged", path, "restore the lake from a backup") from None
    if not all(_inside(part.path) for part in body["added"]):
        raise BadInput("commit names a file outside of the lake", path, "restore the lake from a backup")
    return body


def _inside(path: str) -> bool:
    return not path.startswith("/") and ".." not in path.split("/")
