"""The commit log of the lake: which Parquet parts count.

`lake/_commits/00000001.json`, `00000002.json`, ... each list the parts that one commit added and removed. A part that no commit lists is
not there: readers see all of a commit or nothing, and a run that was killed leaves at most rubbish that the next run removes. A commit file
appears at once, complete and synced (`kit.files.create`), so there is nothing to repair in the log itself.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from asepsis.kit import files
from asepsis.kit.errors import BadInput

FORMAT = 1


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
        added, removed = _parse(path)
        for gone in removed:
            parts.pop(gone, None)
        parts |= {part.path: part for part in added}
    return Snapshot(len(names), tuple(parts.values()))


def append(lake: Path, before: Snapshot, added: Iterable[Part], removed: Iterable[str] = ()) -> Snapshot:
    """Commits: from now on readers see `added` and no longer `removed`. The caller holds the lake's lock."""
    added, gone = tuple(added), frozenset(removed)
    n = before.n + 1
    body = {"format": FORMAT, "n": n, "added": [asdict(part) for part in added], "removed": sorted(gone)}
    folder = lake / "_commits"
    folder.mkdir(mode=0o700, exist_ok=True)
    if not files.create(folder / f"{n:08}.json", json.dumps(body, separators=(",", ":")).encode() + b"\n"):
        raise BadInput(f"commit {n} stands already", folder, "another program writes to the lake without its lock")
    return Snapshot(n, tuple(part for part in before.parts if part.path not in gone) + added)


def _parse(path: Path) -> tuple[list[Part], list[str]]:
    try:
        body = json.loads(path.read_bytes())
        made_by = body["format"]
        if type(made_by) is int and made_by > FORMAT:
            raise BadInput(f"written by a newer asepsis (format {made_by})", path, "upgrade asepsis")
        added, removed = [Part(**part) for part in body["added"]], body["removed"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise BadInput("commit is damaged", path, "restore the lake from a backup") from None
    if any(Path(part.path).is_absolute() or ".." in Path(part.path).parts for part in added):
        raise BadInput("commit names a file outside of the lake", path, "restore the lake from a backup")
    return added, removed
