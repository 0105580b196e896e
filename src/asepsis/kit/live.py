"""Tells pages that something has changed, as server-sent events (WHATWG HTML, section 9.2): one look a second, however many listen."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from weakref import WeakSet

EVERY_S, STILL_S, LISTEN_S = 1.0, 15.0, 600.0
"""Seconds between two looks, between two signs of life, and after which a browser asks anew (and may have been logged out)."""
_KNOWN: WeakSet[Live] = WeakSet()


class Live:
    """What pages listen to. `read` gives a value that differs once something has changed; it may block, and is asked in a thread."""

    def __init__(self, read: Callable[[], object], every_s: float = EVERY_S, still_s: float = STILL_S) -> None:
        self._read, self._every_s, self._still_s = read, every_s, still_s
        self._listeners, self._changes, self._ended = 0, 0, False
        self._turned = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        _KNOWN.add(self)

    async def events(self) -> AsyncIterator[bytes]:
        """The events for one who listens, until he leaves or `LISTEN_S` are over."""
        self._listeners += 1
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._watch())
        known, until = self._changes, time.monotonic() + LISTEN_S
        try:
            yield b": listening\n\n"
            while time.monotonic() < until and not self._ended:
                turned = self._turned
                if known == self._changes:
                    try:
                        await asyncio.wait_for(turned.wait(), self._still_s)
                    except TimeoutError:
                        yield b": still here\n\n"
                        continue
                if self._ended:
                    return
                known = self._changes
                yield b"event: changed\ndata: %d\n\n" % known
        finally:
            self._listeners -= 1

    async def _watch(self) -> None:
        before = await self._look()
        while self._listeners and not self._ended:
            await asyncio.sleep(self._every_s)
            now = await self._look()
            if now is not None and now != before:
                before = now
                self._changes += 1
                self._tell()

    async def _look(self) -> object:
        """What is read; nothing where it cannot be just now, and what is read after that counts as a change."""
        try:
            return await asyncio.to_thread(self._read)
        except Exception:  # noqa: BLE001 - whatever breaks, the next look may be good
            return None

    def _tell(self) -> None:
        before, self._turned = self._turned, asyncio.Event()
        before.set()

    def _end(self) -> None:
        self._ended = True
        self._tell()


def end_all() -> None:
    """Lets everybody who listens go, so that a server can stop."""
    for live in list(_KNOWN):
        live._end()
