"""The journal's verbs."""

from __future__ import annotations

import os
import pwd
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from asepsis.journal import chain
from asepsis.journal.book import Book, HeadLost
from asepsis.journal.chain import Entry, Verdict
from asepsis.kit import files
from asepsis.kit.errors import BadInput
from asepsis.kit.output import plain
from asepsis.kit.site import Site

__all__ = ["Entry", "Verdict", "entries", "record", "verify"]


def record(site: Site, act: str, subject: str, detail: dict[str, Any]) -> Entry:
    """Writes down that the user of this process did `act` ("lake.ingest") to `subject`. Safe on disk when it returns.

    No patient data may be in it. Raises DoesNotHold if the journal's head was tampered with: then nothing can be vouched for.
    """
    book = Book(site.journal, site.key)
    with files.lock(book.lock(), "this journal"):
        mark, torn = book.settle()
        if torn is not None:
            note = {"moved_to": torn.name, "bytes": torn.stat().st_size}
            mark = book.append(mark, chain.make(mark.head, _now(), _who(), "journal.repair", "half-written last line", note))
        try:
            entry = chain.make(mark.head, _now(), _who(), act, subject, plain(detail))
        except ValueError as error:
            raise BadInput("cannot be journalled", act, error) from None
        book.append(mark, entry)
    return entry


def entries(site: Site) -> Iterator[Entry]:
    """The entries in order; lines that are none are left out (`verify` names them)."""
    for line in Book(site.journal, site.key).lines():
        if (entry := chain.parse(line)) is not None:
            yield entry


def verify(site: Site) -> Verdict:
    """Whether every entry stands as it was written, and none is missing."""
    book = Book(site.journal, site.key)
    with files.lock(book.lock(), "this journal"):
        try:
            mark = book.mark()
        except HeadLost:
            return _without_head(book)
        verdict = chain.examine(book.lines(), mark.head)
        if verdict.holds and book.torn():
            note = "the last line is half-written: its append was interrupted"
            return Verdict(True, verdict.entries, verdict.head, notes=(*verdict.notes, note))
        return verdict


def _without_head(book: Book) -> Verdict:
    """The first broken entry if there is one; else the head is what is wrong."""
    last = chain.Head()
    for entry in map(chain.parse, book.lines()):
        if entry is None or entry.n != last.n + 1 or entry.prev != last.hash:
            return chain.examine(book.lines(), chain.Head())
        last = chain.Head(entry.n, entry.hash)
    return Verdict(False, last.n, last.hash, last.n, "the head is missing or forged: entries after this one may be gone")


def _who() -> str:
    try:
        return f"os:{pwd.getpwuid(os.getuid()).pw_name}"
    except KeyError:
        return f"os:{os.getuid()}"


def _now() -> str:
    # Always with microseconds, so that text sorts as time does.
    return datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
