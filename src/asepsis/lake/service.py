"""The lake's verbs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from asepsis import _wire
from asepsis.journal import service as journal
from asepsis.kit import files
from asepsis.kit.output import Progress
from asepsis.kit.site import Site
from asepsis.lake import commits
from asepsis.lake.bounds import Bounds
from asepsis.lake.ingest import Ingested, run
from asepsis.lake.streams import Column, Stream, streams

if TYPE_CHECKING:
    from asepsis.lake.lake import Lake

__all__ = ["Bounds", "Column", "Ingested", "Lake", "Stream", "count", "ingest", "open_lake", "streams"]


def ingest(site: Site, paths: Sequence[Path], progress: Progress | None = None) -> Ingested:
    """Reads captures (files or folders) into the lake as one stream in time order, and writes in the journal that it did.

    The same capture again adds nothing. Raises BadInput for a path that is missing or no capture, and when the disk is full.
    """
    with files.lock(site.lake / ".lock", "this lake"):
        result = run(site, paths, progress)
    journal.record(site, "lake.ingest", "captures", _detail(site, paths, result))
    return result


def open_lake(site: Site, bounds: Bounds | None = None) -> Lake:
    """The lake of `site` for questions. `bounds` are for queries that a person wrote."""
    from asepsis.lake.lake import Lake

    return Lake(site.lake, bounds)


def count(site: Site) -> dict[str, int]:
    """How many rows each stream has, by the commit log."""
    parts = commits.read(site.lake).parts
    return {name: sum(part.rows for part in parts if part.stream == name) for name in streams()}


def __getattr__(name: str) -> type[Lake]:
    """`Lake`, for whoever names the type: the query engine is loaded only then, so that `lake ingest` does not pay for it."""
    if name != "Lake":
        raise AttributeError(name)
    from asepsis.lake.lake import Lake

    return Lake


def _detail(site: Site, paths: Sequence[Path], result: Ingested) -> dict[str, object]:
    """What the journal keeps of an ingest: no file names, which may carry those of patients."""
    names = [{"name": _wire.pseudonym(site.key, site.key_id, path.name), "bytes": _size(path)} for path in paths[:100]]
    return {
        "paths": len(paths),
        "captures": names,
        "extensions": dict(Counter(path.suffix.lower() for path in paths if path.suffix.lower() in _EXTENSIONS)),
        "packets": result.capture["packets"],
        "rows": sum(result.streams.values()),
        "added": sum(result.added.values()),
    }


# Other endings may be part of a name.
_EXTENSIONS = frozenset({".pcap", ".pcapng", ".cap", ".gz", ".zst", ".dmp"})


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size if path.is_file() else None
    except OSError:
        return None
