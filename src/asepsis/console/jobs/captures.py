"""Captures that somebody gives: they go to the disk as they come, under names of our own, for their owner alone, until they are assessed.

Nothing of their names is kept: a name may be that of a patient, and would be a path of somebody else's choice.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

from django.core.files.uploadhandler import FileUploadHandler, SkipFile, StopUpload
from django.http import HttpRequest

from asepsis.kit import files
from asepsis.kit.errors import AsepsisError, BadInput, WrongUse
from asepsis.kit.site import Site
from asepsis.kit.size import show

from .job import new_id

LARGEST = 4 * 10**9
"""Bytes of all captures of one job: an hour at 10 Mbit/s; more is read at the command line, without a copy."""
MOST = 50
"""Captures of one job."""
RESERVE = 1 << 30
"""Bytes of the disk that captures leave free: lake, store and journal need room to go on (as packets that are kept do)."""
_LOOK = 64 << 20
"""Bytes that come between two looks at how much room there is."""
_TODO = "make room on the disk of asepsis, and give them again"
ABANDONED_S = 3600
"""Seconds after which a file that belongs to no job is taken for what a crash left."""


def folder(site: Site) -> Path:
    """Where captures wait; made, for its owner alone, the first time."""
    path = site.path / "console" / "captures"
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def of(site: Site, id: str) -> list[Path]:
    """The captures of a job, in the order they came."""
    return sorted(folder(site).glob(f"{id}.*"))


def remove(site: Site, id: str) -> None:
    """Takes the captures of a job away."""
    for path in of(site, id):
        path.unlink(missing_ok=True)


def sweep(site: Site, jobs: Mapping[str, bool]) -> None:
    """Takes away what belongs to none of the `jobs` (by id, whether it needs any). What was written just now may belong to one
    that is being made."""
    for path in folder(site).iterdir():
        needed = jobs.get(path.name.partition(".")[0], time.time() - path.stat().st_mtime < ABANDONED_S)
        if not needed:
            path.unlink(missing_ok=True)


def room(site: Site, size: int) -> None:
    """Raises WrongUse for more bytes than are taken here, and BadInput where the disk has no room for so many more."""
    if size > LARGEST:
        raise WrongUse(f"more than {show(LARGEST)}", todo="give less at once, or read it where it lies: asepsis assess CAPTURE")
    if shutil.disk_usage(folder(site)).free - size < RESERVE:
        raise BadInput("no space left for captures", todo=_TODO)


class Incoming(FileUploadHandler):
    """Takes the files of one form, for the job of this `id`: `with Incoming(site) as incoming`, `attach` it, `check`, `publish`. Files have
    no name until then: whatever happens before, nothing of them stays."""

    def __init__(self, site: Site) -> None:
        super().__init__()
        self._site, self._files = site, list[tuple[files.NewFile, BinaryIO]]()
        self._looked = 0
        self.id = new_id()
        self.sizes: list[int] = []
        self.refused: AsepsisError | None = None

    def attach(self, request: HttpRequest) -> None:
        """Lets the files of a request come here. Raises as `room` does where it says to be too large, before anything of it is read."""
        room(self._site, int(request.headers.get("Content-Length") or 0))
        request.upload_handlers = [self]

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        if self.field_name != "captures":
            raise SkipFile
        if len(self._files) == MOST:
            self._refuse(WrongUse(f"more than {MOST} captures", todo="give fewer at once"))
        try:
            new = files.NewFile(folder(self._site) / f"{self.id}.{len(self._files) + 1:02}")
            self._files.append((new, new.path.open("wb")))
        except OSError as error:
            self._refuse(files.unwritable(error, "captures", _TODO))
        self.sizes.append(0)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        self.sizes[-1] += len(raw_data)
        taken = sum(self.sizes)
        try:
            if taken > LARGEST:
                room(self._site, taken)
            if taken - self._looked > _LOOK:
                room(self._site, 0)
                self._looked = taken
            self._files[-1][1].write(raw_data)
        except AsepsisError as error:
            self._refuse(error)
        except OSError as error:
            self._refuse(files.unwritable(error, "captures", _TODO))

    def file_complete(self, file_size: int) -> None:
        # None, so that nobody takes it for one of the form's.
        try:
            self._files[-1][1].close()
        except OSError as error:
            self._refuse(files.unwritable(error, "captures", _TODO))

    def check(self) -> None:
        """Raises what was wrong with the files; WrongUse where there is none, or an empty one."""
        if self.refused is not None:
            raise self.refused
        if not self.sizes:
            raise WrongUse("no capture was given", todo="choose a pcap or pcapng, plain, .gz or .zst")
        if 0 in self.sizes:
            raise WrongUse(f"capture {self.sizes.index(0) + 1} is empty", todo="choose one with packets in it")

    def publish(self) -> None:
        """Gives the files their names."""
        try:
            for new, _ in self._files:
                new.publish()
        except OSError as error:
            raise files.unwritable(error, "captures", _TODO) from None

    def __enter__(self) -> Incoming:
        return self

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        for new, opened in self._files:
            with suppress(OSError):  # a disk that is full: nothing of it is wanted any more
                opened.close()
            new.__exit__(kind, error, trace)

    def _refuse(self, error: AsepsisError) -> None:
        self.refused = error
        # What else comes is let go by the server, so that the browser lives to show why.
        raise StopUpload(connection_reset=True)
