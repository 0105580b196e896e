"""Somebody talked to a decoy: told as it happens, to whoever started the decoy. Never what was said: that may be a patient's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import Lock


@dataclass(frozen=True, slots=True)
class Contact:
    """`who` is an address, `door` the service that was talked to, `did` what for, in the words of its protocol."""

    who: str
    door: str
    did: str
    ts: datetime = field(default_factory=lambda: datetime.now(UTC))


Tell = Callable[[Contact], None]


class Rarely:
    """Hands on what is new, one at a time, and the same no more than once a minute: who floods a decoy fills no screen and no log."""

    def __init__(self, tell: Tell, seconds: float = 60, most: int = 10_000) -> None:
        self._tell, self._seconds, self._most = tell, seconds, most
        self._last: dict[tuple[str, str, str], datetime] = {}
        self._lock = Lock()

    def __call__(self, contact: Contact) -> None:
        what = (contact.who, contact.door, contact.did)
        with self._lock:
            last = self._last.get(what)
            if last is not None and abs((contact.ts - last).total_seconds()) < self._seconds:
                return
            if len(self._last) >= self._most:
                self._last.clear()
            self._last[what] = contact.ts
            self._tell(contact)
