"""The lake's verbs."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from asepsis import _wire
from asepsis.journal import service as journal
from asepsis.journal.service import Anchor
from asepsis.kit import files
from asepsis.kit.errors import BadInput, WrongUse
from asepsis.kit.output import Progress
from asepsis.kit.site import Site
from asepsis.lake import commits
from asepsis.lake import expire as expiry
from asepsis.lake import kept as kept_packets
from asepsis.lake.bounds import Between, Bounds
from asepsis.lake.commits import Part
from asepsis.lake.expire import Expired, Fate
from asepsis.lake.export import Format, Selection
from asepsis.lake.ingest import NOTHING_READ, Ingested, look, run
from asepsis.lake.kept import Exported, Keep, Kept, Segment, Wanted
from asepsis.lake.live import Ear, Heard, listen, watch_lock
from asepsis.lake.news import News
from asepsis.lake.news import news as news_of
from asepsis.lake.question import Question, query_text
from asepsis.lake.service_names import service_names
from asepsis.lake.streams import Column, Stream, streams

if TYPE_CHECKING:
    from asepsis.lake.hunt import Hunts, Run
    from asepsis.lake.lake import Lake
    from asepsis.lake.library import Query
    from asepsis.lake.rows_lake import RowsLake

__all__ = [
    "NOTHING_READ",
    "Bounds",
    "Column",
    "Ear",
    "Expired",
    "Exported",
    "Fate",
    "Format",
    "Heard",
    "Ingested",
    "Keep",
    "Kept",
    "Lake",
    "News",
    "Part",
    "RowsLake",
    "Segment",
    "Selection",
    "Stream",
    "Wanted",
    "anchors",
    "ask",
    "compact",
    "count",
    "erase_packets",
    "expire",
    "export",
    "export_packets",
    "forget_query",
    "hunts",
    "ingest",
    "keep_query",
    "news",
    "open_lake",
    "packets",
    "parts",
    "queries",
    "query",
    "rename_query",
    "service_names",
    "settle",
    "site_for",
    "still",
    "streams",
    "take_answer",
    "unmade",
    "watch",
    "watched",
]

WATCH_RECORDED_S = 600.0
"""Seconds between two journal entries of one watch: it commits every few seconds, for weeks."""


def site_for(path: Path, captures: Sequence[Path]) -> Site:
    """The site at `path`. If there is none it is made, but not for captures that would be refused: Raises BadInput as `ingest` does."""
    if not (path / "site.json").exists():
        look(captures)
    return Site.open(path, create=True)


def ingest(site: Site, paths: Sequence[Path], progress: Progress | None = None, cores: int = 1, apart: bool = False) -> Ingested:
    """Reads captures (files or folders) into the lake as one stream in time order, then logs of other sensors; the journal tells of it.

    `apart`: each capture as if it were the only one, which gives the rows of reading them one by one. The same again adds nothing. Large
    captures are read by so many `cores`, as far as there are. Raises BadInput for a path that is missing or neither, and when the disk is
    full; DoesNotHold if the journal cannot vouch for what it records, and then nothing is added.
    """

    def record(so_far: Ingested, n: int | None) -> Mapping[str, object]:
        how = {"apart": True} if apart else {}
        entry = journal.record(site, "lake.ingest", "captures", _detail(site, paths, so_far) | how | ({"commit": n} if n else {}))
        return journal.anchor(site, _place(n), entry) if n else {}

    journal.check(site)
    commits.expect(site.lake)
    with files.lock(site.lake / ".lock", "this lake"):
        # While it waited the key may have been rotated.
        site = Site.open(site.path)
        return run(site, paths, progress, record, cores, apart)


def compact(site: Site) -> tuple[int, int]:
    """Merges the small parts of the lake into few; how many parts there were and are. Readers see the same rows at every moment.

    Their files go with a run an hour later: who has just found their names may read on. Raises BadInput when the disk is full.
    """
    from asepsis.lake import compact as parts

    def announce(n: int) -> Mapping[str, object]:
        return journal.anchor(site, _place(n), journal.record(site, "lake.compact", "parts", {"commit": n}))

    journal.check(site)
    commits.expect(site.lake)
    try:
        with files.lock(site.lake / ".lock", "this lake"):
            parts.sweep(site.lake)
            before = len(commits.read(site.lake).parts)
            while alike := parts.due(commits.read(site.lake), 2):
                parts.merge(site.lake, alike, announce)
            return before, len(commits.read(site.lake).parts)
    except OSError as error:
        raise files.unwritable(error, site.lake, "the lake is consistent: make room and run the same command again") from None


def expire(
    site: Site, days: Mapping[str, int], cited: Callable[[], Collection[str]], dry_run: bool = False, progress: Progress | None = None
) -> Expired:
    """Removes rows that are older than the `days` of their stream by today's clock, except those whose `event_id` is `cited`; a stream
    without days keeps all. Readers see the rows of before or of after. Their files go as soon as nobody reads.

    The journal tells of each commit. Raises BadInput when the disk is full; DoesNotHold as `ingest` does.
    """
    plan = expiry.policies(days, datetime.now(UTC))

    def announce(n: int, rows: Mapping[str, int]) -> Mapping[str, object]:
        detail = {"commit": n, "rows": rows, "days": {stream: days[stream] for stream in rows}}
        return journal.anchor(site, _place(n), journal.record(site, "lake.expire", "rows", detail))

    commits.expect(site.lake)
    if dry_run:
        return expiry.look(site.lake, plan, cited, progress)
    journal.check(site)
    try:
        return expiry.expire(site.lake, plan, cited, lambda: still(site), announce, progress)
    except OSError as error:
        raise files.unwritable(error, site.lake, "the lake is consistent: make room and run the same command again") from None


def export(site: Site, wanted: Selection, format: Format, out: Path | None, progress: Progress | None = None) -> int:
    """Writes rows to a new file, or to standard output; how many there were. The file is its owner's, and there when it is whole.

    The journal tells of it first. Raises WrongUse for what the format cannot hold, BadInput for a file that is there already or cannot be
    written; DoesNotHold as `ingest` does.
    """
    from asepsis.lake import export as rows

    rows.check(wanted, format, out)
    commits.expect(site.lake)
    asked = {"streams": wanted.streams, "since": wanted.since, "until": wanted.until, "format": format}
    journal.record(site, "lake.export", "rows", asked)
    return rows.to(site.lake, wanted, format, out, progress)


def watch(site: Site, ear: Ear, stopped: Callable[[], bool]) -> Iterator[Heard]:
    """Listens to an interface and writes what it hears into the lake until `stopped`; gives what was heard every few seconds, committed.

    The journal tells of the first commit and then of one every ten minutes, and, before any packet is kept, that they are. Raises BadInput
    for an interface that is unknown or may not be listened to, or goes away, and when the disk is full; WrongUse for more packets to keep
    than there is room for; DoesNotHold as `ingest` does.
    """
    due, entry = 0.0, None

    def record(so_far: Heard, n: int) -> Mapping[str, object]:
        nonlocal due, entry
        if entry is None or time.monotonic() >= due:
            due = time.monotonic() + WATCH_RECORDED_S
            heard = {"packets": so_far.packets, "dropped": so_far.dropped, "rows": so_far.rows, "commit": n}
            if so_far.kept:
                heard |= {"packets_kept": so_far.kept.packets, "packets_not_kept": so_far.kept.lost}
            entry = journal.record(site, "lake.watch", ear.interface, heard)
        return journal.anchor(site, _place(n), entry)

    def keeps(keep: Keep) -> None:
        journal.record(site, "packets.keep", ear.interface, {"bytes": keep.size, "hours": keep.hours})

    journal.check(site)
    commits.expect(site.lake)
    yield from listen(site, ear, stopped, record, keeps)


@contextmanager
def still(site: Site) -> Iterator[None]:
    """Nobody writes to the lake as long as the block lasts; it begins when who writes now is done."""
    with files.lock(site.lake / ".lock", "this lake"):
        yield


def watched(site: Site) -> bool:
    """Whether a watch listens for this site now."""
    with files.alone(watch_lock(site)) as nobody:
        return not nobody


def packets(site: Site) -> list[Segment]:
    """The segments of packets that are kept; none unless a watch was told to keep them."""
    return kept_packets.segments(site)


def export_packets(site: Site, wanted: Wanted, out: Path, reason: str, progress: Progress | None = None) -> Exported:
    """Writes kept packets in clear to a new file; the journal tells who did so and why, before the file is there. `reason` is staff's own
    words. Raises BadInput if the file cannot be made; DoesNotHold as `ingest` does."""

    def record(done: Exported) -> None:
        asked = {"from": wanted.begin, "to": wanted.end, "host": wanted.host, "port": wanted.port, "reason": reason}
        journal.record(site, "packets.export", "kept packets", asked | {"packets": done.packets, "first": done.first, "last": done.last})

    journal.check(site)
    return kept_packets.export(site, wanted, out, record, progress)


def erase_packets(site: Site) -> tuple[int, int]:
    """Removes every kept packet for ever; how many segments, and their bytes. The journal tells of it first."""
    found = kept_packets.segments(site)
    journal.record(site, "packets.erase", "kept packets", {"segments": len(found), "bytes": sum(segment.bytes for segment in found)})
    return kept_packets.erase(site)


def anchors(site: Site) -> Iterator[Anchor]:
    """What the commits of the lake keep of the journal."""
    for n, kept in commits.anchors(site.lake):
        yield journal.anchored(site, _place(n), kept)


def unmade(site: Site) -> list[tuple[int, int]]:
    """Entries of the journal, and the commits that they announced, which the lake does not have: a run was stopped just then, and never
    done again; or the lake was put back."""
    announced: dict[int, int] = {}
    for entry in journal.entries(site):
        if entry.act in ("lake.ingest", "lake.watch", "lake.compact", "lake.expire") and type(n := entry.detail.get("commit")) is int:
            announced[n] = entry.n
    made = commits.read(site.lake).n
    return sorted((entry, n) for n, entry in announced.items() if n > made)


def _place(n: int) -> str:
    return f"commit {n} of the lake"


def open_lake(
    site: Site,
    bounds: Bounds | None = None,
    without: Collection[str] = (),
    only: Sequence[Part] | None = None,
    since: datetime | None = None,
    between: Between = (None, None),
) -> Lake:
    """The lake of `site` for questions. `bounds` are for queries that a person wrote; `without` are parts that were looked at before,
    `only` the parts of `news`; of `since` and later are those that hold rows of then; of `between` are the rows themselves."""
    from asepsis.lake.lake import Lake

    return Lake(site.lake, bounds, without, only, since, between)


def news(site: Site, since: int, known: Collection[str] = ()) -> News:
    """Which parts hold what came after commit number `since`, when the lake had the parts `known`; all of them if it is 0."""
    return news_of(site.lake, since, known)


def parts(site: Site) -> list[Part]:
    """The files of rows that the lake has now; a file never changes, and may go."""
    return list(commits.read(site.lake).parts)


def settle(site: Site) -> None:
    """Makes a lake of files that were restored: drops those that it does not list. Raises BadInput if one that it lists is not there."""
    for folder in (site.lake, site.lake / "_commits"):
        folder.mkdir(mode=0o700, exist_ok=True)
    listed = {site.lake / part.path: part.size for part in commits.read(site.lake).parts}
    found = set(site.lake.glob("*/day=*/*.parquet"))
    for path, size in listed.items():
        if path not in found or path.stat().st_size != size:
            raise BadInput("a part of the lake is missing", path, "take another backup")
    for path in found - listed.keys():
        path.unlink()


def count(site: Site) -> dict[str, int]:
    """How many rows each stream has, by the commit log."""
    parts = commits.read(site.lake).parts
    return {name: sum(part.rows for part in parts if part.stream == name) for name in streams()}


def hunts(site: Site) -> Hunts:
    """The queries that people run over the lake of `site`, from this process."""
    return _hunts(site.path)


@cache
def _hunts(path: Path) -> Hunts:
    from asepsis.lake.hunt import Hunts

    return Hunts(path / "hunt", path / "lake")


def ask(site: Site, asked: Question, who: str) -> Run:
    """Starts a query of a person; the journal tells of it first, with its text. Raises WrongUse as `Hunts.begin` does."""
    return hunts(site).begin(who, asked, lambda id: journal.record(site, "lake.ask", id, asked.form()))


def take_answer(site: Site, run: Run, file: str) -> Path:
    """The file `file` of an answer, for somebody who takes it away; the journal tells of it."""
    journal.record(site, "lake.take_answer", run.id, {"file": file, "rows": run.answer.get("rows"), "asked_by": run.who})
    return run.folder / file


def queries() -> list[Query]:
    """The queries to begin with: those that people keep, then those that ship, each by name."""
    from asepsis.lake.library import shipped
    from asepsis.lake.models import SavedQuery

    return [row.query() for row in SavedQuery.objects.order_by("name")] + list(shipped())


def query(id: str) -> Query:
    """One of them. Raises WrongUse where there is none."""
    from asepsis.lake.library import shipped
    from asepsis.lake.models import kept

    return next((one for one in shipped() if one.id == id), None) or kept(id).query()


def keep_query(site: Site, name: str, text: str, who: str) -> Query:
    """Keeps a query for all. Raises WrongUse for a name that is none, or that another has, and for no query."""
    from django.db import transaction

    from asepsis.lake.models import MOST, SavedQuery, free_name

    asked = query_text(text)
    with transaction.atomic():
        if SavedQuery.objects.count() >= MOST:
            raise WrongUse(f"{MOST} queries are kept", todo="remove some that nobody needs")
        row = SavedQuery(name=free_name(name), text=asked, who=who, kept=datetime.now(UTC))
        journal.record(site, "lake.keep_query", row.name, {"query": asked})
        row.save()
    return row.query()


def rename_query(site: Site, id: str, name: str, who: str, leads: bool) -> Query:
    """Gives a kept query another name. Raises WrongUse as `keep_query` does, and where `who` neither kept it nor `leads`."""
    from django.db import transaction

    from asepsis.lake.models import free_name, own

    with transaction.atomic():
        row = own(id, who, leads)
        before, row.name = row.name, free_name(name)
        journal.record(site, "lake.rename_query", before, {"to": row.name, "kept_by": row.who})
        row.save(update_fields=["name"])
    return row.query()


def forget_query(site: Site, id: str, who: str, leads: bool) -> Query:
    """Keeps a query no longer; the journal still has it. Raises WrongUse where `who` neither kept it nor `leads`."""
    from django.db import transaction

    from asepsis.lake.models import own

    with transaction.atomic():
        row = own(id, who, leads)
        gone = row.query()
        journal.record(site, "lake.forget_query", row.name, {"query": row.text, "kept_by": row.who})
        row.delete()
    return gone


def __getattr__(name: str) -> type[Lake] | type[RowsLake]:
    """`Lake` and `RowsLake`, for whoever names them: the query engine is loaded only then, so that `lake ingest` does not pay for it."""
    if name == "Lake":
        from asepsis.lake.lake import Lake

        return Lake
    if name == "RowsLake":
        from asepsis.lake.rows_lake import RowsLake

        return RowsLake
    raise AttributeError(name)


def _detail(site: Site, paths: Sequence[Path], result: Ingested) -> dict[str, object]:
    """What the journal keeps of an ingest: no file names, which may carry those of patients."""
    names = [
        {"name": _wire.pseudonym(site.key, site.key_id, os.fsencode(path.name).decode("utf-8", "backslashreplace")), "bytes": _size(path)}
        for path in paths[:100]
    ]
    return {
        "paths": len(paths),
        "captures": names,
        "extensions": dict(Counter(path.suffix.lower() for path in paths if path.suffix.lower() in _EXTENSIONS)),
        "packets": result.capture["packets"],
        "rows": sum(result.streams.values()),
        "added": sum(result.added.values()),
    } | _lines(result.logs)


def _lines(logs: Mapping[str, Any]) -> dict[str, object]:
    """What the journal keeps of logs: counts without names."""
    if not logs:
        return {}
    left = {name: sum(logs[name].values()) for name in ("unmapped", "malformed", "no_column", "withheld")}
    return {"logs": logs["files"], "lines": logs["lines"], **left}


# Other endings may be part of a name.
_EXTENSIONS = frozenset({".pcap", ".pcapng", ".cap", ".gz", ".zst", ".dmp", ".log", ".json", ".jsonl"})


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size if path.is_file() else None
    except OSError:
        return None
