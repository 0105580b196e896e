"""Which of the given paths are logs, and which are left to the reader of captures."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from asepsis.lake.foreign.lines import is_log


@dataclass(slots=True)
class Given:
    """`captures`: paths for the packet core, folders among them; `logs`: files, each once."""

    captures: list[Path] = field(default_factory=list)
    logs: list[Path] = field(default_factory=list)


def sort(paths: Sequence[Path]) -> Given:
    """Looks into every file. What cannot be read is left to the core, which says why."""
    given, known = Given(), set()

    def take(path: Path) -> bool:
        try:
            if not path.is_file() or not is_log(path):
                return False
            status = path.stat()
        except OSError:  # in a folder that may be listed and not entered
            return False
        if (status.st_dev, status.st_ino) not in known:
            known.add((status.st_dev, status.st_ino))
            given.logs.append(path)
        return True

    for path in paths:
        if os.path.isdir(path):
            for file in _below(path):
                take(file)
            given.captures.append(path)
        elif not take(path):
            given.captures.append(path)
    return given


def _below(folder: Path) -> Iterator[Path]:
    """Files of a folder in order of their names, links to folders not followed, as the core finds them."""
    try:
        with os.scandir(folder) as found:
            entries = sorted(found, key=lambda entry: entry.name)
    except OSError:
        return
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            yield from _below(Path(entry.path))
        elif _is_file(entry):
            yield Path(entry.path)


def _is_file(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_file()
    except OSError:  # a link to where one may not look
        return False
