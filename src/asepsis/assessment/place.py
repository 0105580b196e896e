"""Where a report goes: a file, through links; or what is no file, such as a pipe or standard output, which is written to as it stands."""

from __future__ import annotations

import os
import stat
import sys
from contextlib import suppress
from pathlib import Path

from asepsis.kit.errors import BadInput

_ELSEWHERE = "name another place for it"


def check(path: Path, site: Path) -> None:
    """Raises BadInput if no report can be written to `path`, or it would take the place of something else: of a capture, of the site's key.
    Better before the packets are read than after."""
    try:
        if path.resolve().is_relative_to(site.resolve()):
            raise BadInput("the report would lie in the site's own folder", path, _ELSEWHERE)
        if path.is_file() and not _is_stdout(path) and not _is_report(path):
            raise BadInput("the report would take the place of a file that is none", path, _ELSEWHERE)
        if path.is_dir():
            raise BadInput("the report needs a file, and this is a folder", path, f"write --report {path / 'report.html'}")
        if not _special(path):
            _check_folder(path.resolve().parent)
    except (OSError, RuntimeError) as error:  # a name too long, a link that leads to itself
        raise BadInput("the report cannot be written", path, f"{_words(error)}: {_ELSEWHERE}") from None


def _is_report(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(64).lstrip().lower().startswith((b"<!doctype html", b"<html", b"%pdf")) or not path.stat().st_size


def _check_folder(folder: Path) -> None:
    there = next(above for above in (folder, *folder.parents) if above.exists())
    if not there.is_dir():
        raise BadInput("the report has no folder to lie in, because this is a file", there, _ELSEWHERE)
    if there != folder:
        raise BadInput("the folder of the report does not exist", folder, f"make it, or {_ELSEWHERE}")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise BadInput("the report may not be written into this folder", folder, _ELSEWHERE)


def write(path: Path, report: bytes) -> None:
    """A file appears whole: a reader never sees half a report. Raises BadInput."""
    try:
        if _is_stdout(path):
            # Through the same open file as all else that is printed, or one would overwrite the other.
            sys.stdout.flush()
            sys.stdout.buffer.write(report)
        elif _special(path):
            with path.open("wb") as file:
                file.write(report)
        else:
            _put(path.resolve(), report)
    except BrokenPipeError:
        raise
    except (OSError, RuntimeError) as error:
        raise BadInput("the report cannot be written", path, f"{_words(error)}: {_ELSEWHERE}") from None


def _put(path: Path, report: bytes) -> None:
    aside = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        aside.write_bytes(report)
        aside.replace(path)
    except OSError:
        with suppress(OSError):
            aside.unlink(missing_ok=True)
        raise


def _words(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)


def _special(path: Path) -> bool:
    """Whether something stands at `path` that is no file: then it must stay what it is."""
    return path.exists() and not path.is_file()


def _is_stdout(path: Path) -> bool:
    try:
        there, ours = path.stat(), os.fstat(1)
    except OSError:
        return False
    return os.path.samestat(there, ours) and not stat.S_ISDIR(there.st_mode)
