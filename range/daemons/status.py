"""The counts of a daemon in a file that others may read at any time (`range health`)."""

from __future__ import annotations

import contextlib
import json
import threading
from pathlib import Path
from typing import Any

PAUSE_S = 0.1  # at most ten writings a second


class Status:
    """Counts by name; with a path, the file always holds one whole JSON object: it is replaced, never written into."""

    def __init__(self, path: Path | None, **first: Any) -> None:
        self._path = path
        self._values: dict[str, Any] = dict(first)
        self._lock = threading.Lock()
        self._changed = threading.Event()
        if path:
            path.parent.mkdir(parents=True, exist_ok=True)
            self.write()
            threading.Thread(target=self._keep, daemon=True).start()

    def count(self, *names: str, by: int = 1) -> None:
        """Add to a count; several names go down into objects: `count("kinds", "ADT^A01", "received")`."""
        with self._lock:
            place = self._values
            for name in names[:-1]:
                place = place.setdefault(name, {})
            place[names[-1]] = place.get(names[-1], 0) + by
        self._changed.set()

    def set(self, **values: Any) -> None:
        with self._lock:
            self._values.update(values)
        self._changed.set()

    def text(self) -> str:
        with self._lock:
            return json.dumps(self._values, sort_keys=True)

    def write(self) -> None:
        if self._path:
            aside = self._path.with_name(self._path.name + ".part")
            with contextlib.suppress(OSError):  # a full or vanished disk must not end the daemon
                aside.write_text(self.text() + "\n")
                aside.replace(self._path)

    def _keep(self) -> None:
        pause = threading.Event()
        while self._changed.wait():
            self._changed.clear()
            self.write()
            pause.wait(PAUSE_S)
