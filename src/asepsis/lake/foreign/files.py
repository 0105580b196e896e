"""Which of the given paths are logs, and which are left to the reader of captures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from asepsis import _wire
from asepsis.kit.site import Site
from asepsis.lake.foreign.lines import is_log


@dataclass(slots=True)
class Given:
    """`captures`: paths for the packet core, folders among them; `logs`: files, each once; `skipped`: files of folders without captures
    that are no logs either."""

    captures: list[Path] = field(default_factory=list)
    logs: list[Path] = field(default_factory=list)
    skipped: list[Path] = field(default_factory=list)


def sort(paths: Sequence[Path], site: Site) -> Given:
    """Looks into every file. What cannot be read is left to the core, which says why."""
    given, known = Given(), set()

    def take(path: Path) -> bool:
        if not path.is_file() or not is_log(path):
            return False
        status = path.stat()
        if (status.st_dev, status.st_ino) not in known:
            known.add((status.st_dev, status.st_ino))
            given.logs.append(path)
        return True

    for path in paths:
        if not path.is_dir():
            if not take(path):
                given.captures.append(path)
            continue
        found = list(_below(path))
        others = [file for file in found if not take(file)]
        if len(others) == len(found) or _holds_captures(path, site):
            given.captures.append(path)
        else:
            given.skipped += others
    return given


def _below(folder: Path) -> Iterator[Path]:
    """Files of a folder in order of their names, links to folders not followed, as the core finds them."""
    try:
        entries = sorted(folder.iterdir())
    except OSError:
        return
    for entry in entries:
        if entry.is_dir() and not entry.is_symlink():
            yield from _below(entry)
        elif entry.is_file():
            yield entry


def _holds_captures(folder: Path, site: Site) -> bool:
    try:
        _wire.Reader([str(folder)], site.key, site.key_id, site.name)
    except _wire.WireError:
        return False
    return True
