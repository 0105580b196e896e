"""The commit log of the lake: which Parquet parts count.

`lake/_commits/00000001.json`, `00000002.json`, ... each list the parts that one commit added and removed. A part that no commit lists is
not there: readers see all of a commit or nothing, and a run that was killed leaves at most rubbish that the next run removes. A commit file
appears at once, complete and synced (`kit.files.create`), so there is nothing to repair in the log itself. It also keeps an anchor of the
journal's entry that announced it.

Every 256 commits a snapshot, `snapshot-00000256.json`, lists all parts, so that a reader starts there instead of at the first commit. The
last two stand, and every commit behind the older one. What the commits before it keep of the journal goes into an archive,
`archive-00000001-00000256.json`, and they go: a sensor makes ten million in a year. Numbers have no gap, so one that is missing is missed.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, astuple, dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from asepsis.kit import files
from asepsis.kit.errors import BadInput

FORMAT = 2
# A part in a snapshot is read in a fifteenth of the time that its own commit file takes (docs/decisions/0002).
SNAPSHOT_EVERY = 256

_RESTORE = "restore the lake from a backup"
_SNAPSHOT = "snapshot-"
_ARCHIVE = re.compile(r"archive-(\d+)-(\d+)\.json")


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
    """What the lake holds after commit number `n`. Rows before `whole_since`, in microseconds since 1970, may have expired."""

    n: int
    parts: tuple[Part, ...]
    whole_since: int | None = None

    def of(self, stream: str) -> list[Part]:
        return [part for part in self.parts if part.stream == stream]


def read(lake: Path) -> Snapshot:
    """The lake as the log says now. Raises BadInput if the log is gone or damaged, or another version wrote it."""
    expect(lake)
    log = lake / "_commits"
    listed = _listed(log)
    last = _check_whole(log, listed)
    start = _snapshot(log, max(listed.snapshots)) if listed.snapshots else Snapshot(0, ())
    parts, whole_since = {part.path: part for part in start.parts}, start.whole_since
    for n in range(start.n + 1, last + 1):
        commit = _commit(log / _name(n))
        for gone in commit["removed"]:
            parts.pop(gone, None)
        parts |= {part.path: part for part in commit["added"]}
        whole_since = _later(whole_since, commit["whole_since"])
    return Snapshot(last, tuple(parts.values()), whole_since)


def brought(lake: Path, n: int) -> list[Part]:
    """The parts with new rows of commit number `n`: none of one that wrote again what was there. Raises BadInput if it is archived."""
    path = lake / "_commits" / _name(n)
    if not path.exists():
        raise BadInput("the commit is archived", path, "look at the whole lake")
    commit = _commit(path)
    return [] if commit["removed"] else list(commit["added"])


def expect(lake: Path) -> None:
    """Raises BadInput if the lake is gone: its folders are made with the site, so none that is missing is only empty."""
    for folder in (lake, lake / "_commits"):
        if not folder.is_dir():
            raise BadInput("the lake is gone" if folder == lake else "the commit log of the lake is gone", folder, _RESTORE)


def anchors(lake: Path) -> Iterator[tuple[int, object]]:
    """What commits keep of the journal, by their number; of archived ones the first that kept an entry."""
    log, last = lake / "_commits", read(lake).n
    archives = sorted(_listed(log).archives)
    for first, end in archives:
        yield from _archived(log / _archive_name(first, end))
    for n in range(archives[-1][1] + 1 if archives else 1, last + 1):
        yield n, _commit(log / _name(n)).get("journal")


def append(
    lake: Path,
    before: Snapshot,
    added: Iterable[Part],
    removed: Iterable[str] = (),
    journal: Mapping[str, object] = MappingProxyType({}),
    whole_since: int | None = None,
) -> Snapshot:
    """Commits: from now on readers see `added` and no longer `removed`, and know that rows before `whole_since` have expired. `journal` is
    what the commit keeps of the journal. The caller holds the lake's lock."""
    added, gone = tuple(added), frozenset(removed)
    n, log = before.n + 1, lake / "_commits"
    body = {"n": n, "added": [asdict(part) for part in added], "removed": sorted(gone), "journal": dict(journal)}
    if whole_since is not None:
        body["whole_since"] = whole_since
    if not _create(log / _name(n), body):
        raise BadInput(f"commit {n} stands already", log, "another program writes to the lake without its lock")
    kept = tuple(part for part in before.parts if part.path not in gone)
    after = Snapshot(n, kept + added, _later(before.whole_since, whole_since))
    if n % SNAPSHOT_EVERY == 0:
        # The commit stands; without its snapshot the lake is only slower.
        with suppress(OSError):
            _keep(log, after)
    return after


def _later(one: int | None, other: int | None) -> int | None:
    return max((int(time) for time in (one, other) if time is not None), default=None)


def _keep(log: Path, snapshot: Snapshot) -> None:
    """Writes a snapshot. The one before it stays too, for a reader that has just found its name and for who has to do without this one."""
    parts = [astuple(part) for part in snapshot.parts]
    _create(log / _name(snapshot.n, _SNAPSHOT), {"n": snapshot.n, "parts": parts, "whole_since": snapshot.whole_since})
    snapshots = sorted(_listed(log).snapshots)
    for n in snapshots[:-2]:
        (log / _name(n, _SNAPSHOT)).unlink(missing_ok=True)
    if len(snapshots) > 1:
        _archive(log, snapshots[-2])


def _archive(log: Path, until: int) -> None:
    """Puts what commits up to number `until` keep of the journal together, and removes them: the snapshot of that number says the rest."""
    listed = _listed(log)
    first = max((end for _, end in listed.archives), default=0) + 1
    if first <= until:
        kept = {n: _commit(log / _name(n)).get("journal") or {} for n in range(first, until + 1)}
        new = [[n, journal] for n, journal in kept.items() if n == first or journal.get("n") != kept[n - 1].get("n")]
        _create(log / _archive_name(first, until), {"journal": new})
    for n in listed.commits:
        if n <= until:
            (log / _name(n)).unlink(missing_ok=True)


def _archived(path: Path) -> Iterator[tuple[int, object]]:
    try:
        yield from [(int(n), journal) for n, journal in _load(path, "archive of commits")["journal"]]
    except (KeyError, TypeError, ValueError):
        raise BadInput("archive of commits is damaged", path, _RESTORE) from None


def _name(n: int, kind: str = "") -> str:
    return f"{kind}{n:08}.json"


def _archive_name(first: int, last: int) -> str:
    return f"archive-{first:08}-{last:08}.json"


@dataclass(frozen=True, slots=True)
class _Listed:
    """The numbers of the commits and snapshots that stand, and the first and last ones of archives."""

    commits: set[int]
    snapshots: set[int]
    archives: set[tuple[int, int]]


def _listed(log: Path) -> _Listed:
    found = _Listed(set(), set(), set())
    for name in os.listdir(log):
        stem, _, ending = name.partition(".")
        number = stem.removeprefix(_SNAPSHOT)
        if ending == "json" and number.isdecimal():
            (found.commits if number == stem else found.snapshots).add(int(number))
        elif archive := _ARCHIVE.fullmatch(name):
            found.archives.add((int(archive[1]), int(archive[2])))
    return found


def _check_whole(log: Path, listed: _Listed) -> int:
    """The number of the last commit; BadInput if one is missing."""
    last = max(listed.commits | listed.snapshots, default=0)
    if not last and _rows_without_commit(log):
        raise BadInput("there are rows, and no commit that lists them", log, _RESTORE)
    known = 0
    for first, end in sorted(listed.archives):
        if first != known + 1:
            raise BadInput(f"commit {known + 1} is missing", log, _RESTORE)
        known = end
    if known > max(listed.snapshots, default=0):
        raise BadInput(f"the snapshot of commit {known} is missing", log, _RESTORE)
    missing = next((n for n in range(known + 1, last + 1) if n not in listed.commits), None)
    if missing is not None:
        raise BadInput(f"commit {missing} is missing", log, _RESTORE)
    return last


def _rows_without_commit(log: Path) -> bool:
    """Whether parts stand that were committed once. Those of a first run, at work or killed, have its staging folder beside them."""
    parts = next(log.parent.glob("*/day=*/*.parquet"), None)
    return parts is not None and not (log.parent / ".staging").exists() and not _listed(log).commits


def _create(path: Path, body: Mapping[str, object]) -> bool:
    return files.create(path, json.dumps({"format": FORMAT, **body}, separators=(",", ":")).encode() + b"\n")


def _commit(path: Path) -> dict[str, Any]:
    """A commit file, its parts read."""
    body = _load(path, "commit")
    try:
        body["added"] = [Part(**part) for part in body["added"]]
        body["removed"] = list(body["removed"])
        body["whole_since"] = _later(body.get("whole_since"), None)
    except (KeyError, TypeError, ValueError):
        raise BadInput("commit is damaged", path, _RESTORE) from None
    _check_inside(body["added"], path)
    return body


def _snapshot(log: Path, n: int) -> Snapshot:
    path, todo = log / _name(n, _SNAPSHOT), "remove this file: the snapshot before it and the commits since say the same"
    body = _load(path, "snapshot", todo)
    try:
        parts = tuple(Part(*part) for part in body["parts"])
        whole_since = _later(body.get("whole_since"), None)
    except (KeyError, TypeError, ValueError):
        raise BadInput("snapshot is damaged", path, todo) from None
    if body.get("n") != n:
        raise BadInput("snapshot is damaged", path, todo)
    _check_inside(parts, path)
    return Snapshot(n, parts, whole_since)


def _load(path: Path, what: str, todo: str = _RESTORE) -> dict[str, Any]:
    try:
        body: dict[str, Any] = json.loads(path.read_bytes())
        made_by = int(body["format"])
    except (ValueError, KeyError, TypeError, RecursionError):
        raise BadInput(f"{what} is damaged", path, todo) from None
    if made_by > FORMAT:
        raise BadInput(f"written by a newer asepsis (format {made_by})", path, "upgrade asepsis")
    if made_by < FORMAT:
        raise BadInput(f"written by an older asepsis (format {made_by})", path, "read the captures again into a new site")
    return body


def _check_inside(parts: Iterable[Part], path: Path) -> None:
    try:
        outside = any(part.path.startswith("/") or ".." in part.path.split("/") for part in parts)
    except AttributeError:
        raise BadInput("commit is damaged", path, _RESTORE) from None
    if outside:
        raise BadInput("commit names a file outside of the lake", path, _RESTORE)
