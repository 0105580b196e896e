"""The journal's verbs."""

from __future__ import annotations

import os
import pwd
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

from asepsis.journal import chain
from asepsis.journal.anchor import Anchor, seal, unseal
from asepsis.journal.book import Book
from asepsis.journal.chain import Entry, Verdict
from asepsis.kit import files
from asepsis.kit.errors import BadInput
from asepsis.kit.head import GENESIS, Head, HeadLost
from asepsis.kit.output import plain
from asepsis.kit.site import Site

__all__ = [
    "Anchor",
    "Entry",
    "Verdict",
    "acting",
    "anchor",
    "anchored",
    "between",
    "check",
    "entries",
    "last",
    "record",
    "stored",
    "verify",
    "written",
]

_acting: ContextVar[str | None] = ContextVar("acting", default=None)


@contextmanager
def acting(who: str) -> Iterator[None]:
    """What is recorded within is done by `who` ("console:anna"), and not by the user of this process."""
    token = _acting.set(who)
    try:
        yield
    finally:
        _acting.reset(token)


def record(site: Site, act: str, subject: str, detail: dict[str, Any]) -> Entry:
    """Writes down that the user of this process, or who is `acting`, did `act` ("lake.ingest") to `subject`. Safe on disk when it returns.

    No patient data may be in it. Raises DoesNotHold if the journal's head was tampered with: then nothing can be vouched for.
    """
    check(site)
    book = Book(site.journal, site.seal)
    try:
        with files.lock(book.lock(), "this journal"):
            head, torn = book.settle()
            if torn is not None:
                note = {"moved_to": torn.name, "bytes": torn.stat().st_size}
                head = book.append(chain.make(head, _now(), who(), "journal.repair", "half-written last line", note))
            entry = _made(head, act, subject, detail)
            book.append(entry)
    except OSError as error:
        todo = "what was to be recorded is not done: make room and run the same command again"
        raise files.unwritable(error, site.journal, todo) from None
    _keep(site, entry)
    return entry


def check(site: Site) -> None:
    """Raises DoesNotHold if nothing can be recorded in the journal: to be asked before an act that takes long."""
    Book(site.journal, site.seal).vouched()


def entries(site: Site) -> Iterator[Entry]:
    """The entries in order; lines that are none are left out (`verify` names them)."""
    for line in Book(site.journal, site.seal).lines():
        if (entry := chain.parse(line)) is not None:
            yield entry


def last(site: Site, count: int) -> tuple[list[Entry], int]:
    """The last entries, the newest first, so many at the most, and no more is read; and how many there are in all, as the head says."""
    book = Book(site.journal, site.seal)
    found = [entry for line in reversed(book.last(count)) if (entry := chain.parse(line)) is not None]
    return found, book.vouched().n


def between(site: Site, since: datetime, until: datetime, wanted: Callable[[str], bool], most: int) -> tuple[list[Entry], bool]:
    """The entries of acts that are `wanted`, from `since` to before `until`, in order, so many at the most; and whether there are more.
    Lines that are no entries are left out."""
    first, end = map(_text, (since, until))
    found: list[Entry] = []
    for line in Book(site.journal, site.seal).since(first):
        if (ts := chain.written(line)) >= end:
            break
        if ts < first or not wanted(chain.act_of(line)):
            continue
        if len(found) == most:
            return found, True
        if (entry := chain.parse(line)) is not None:
            found.append(entry)
    return found, False


def anchor(site: Site, where: str, entry: Entry) -> dict[str, object]:
    """What a store keeps, at a place of its own, of the entry with which it changes: `verify` is given it back."""
    return seal(Anchor(where, entry.n, entry.hash), site.seal)


def anchored(site: Site, where: str, kept: object) -> Anchor:
    """The anchor that was kept at `where`, or that there is none."""
    return unseal(where, kept, site.seal)


def stored(site: Site) -> list[Anchor]:
    """The anchors that the store keeps; none if there is no store yet."""
    from asepsis.settings import has_store, open_store

    if not has_store(site):
        return []
    open_store(site)
    from asepsis.journal.models import AnchorRow

    return [Anchor("the store", n, digest) for n, digest in AnchorRow.objects.order_by("n").values_list("n", "hash")]


def verify(site: Site, anchors: Iterable[Anchor] = ()) -> Verdict:
    """Whether every entry stands as it was written, and none is missing; `anchors` are what other stores keep of the journal."""
    book, anchors = Book(site.journal, site.seal), list(anchors)
    if not book.folder.is_dir():
        return Verdict(False, 0, GENESIS, 1, "the journal's folder is gone: every entry is missing")
    with files.lock(book.lock(), "this journal", reading=True):
        try:
            head = book.head()
        except HeadLost:
            return chain.examine_without_head(list(book.lines()), anchors)
        verdict = chain.examine(book.lines(), head, anchors)
        if verdict.holds and book.torn():
            note = "the last line is half-written: its append was interrupted"
            return Verdict(True, verdict.entries, verdict.head, notes=(*verdict.notes, note))
        return verdict


def written(site: Site) -> tuple[bytes, int]:
    """The journal as it stands now: its head, and of how many bytes of `journal.jsonl`, to which lines are only added."""
    book = Book(site.journal, site.seal)
    with files.lock(book.lock(), "this journal"):
        return book.standing()


def _keep(site: Site, entry: Entry) -> None:
    """Lets the store keep an anchor, if it is open: then the act may change it, and a transaction that fails takes the anchor with it."""
    if "asepsis.settings" not in sys.modules:
        return  # nothing here has opened a store, and to import it takes 20 ms of every command of the lake
    from asepsis.settings import is_open

    if is_open(site):
        from asepsis.journal.models import AnchorRow

        AnchorRow.objects.create(n=entry.n, hash=entry.hash)


def _made(head: Head, act: str, subject: str, detail: dict[str, Any]) -> Entry:
    try:
        return chain.make(head, _now(), who(), act, subject, plain(detail))
    except ValueError as error:
        raise BadInput("cannot be journalled", act, error) from None


def who() -> str:
    if (who := _acting.get()) is not None:
        return who
    try:
        return f"os:{pwd.getpwuid(os.getuid()).pw_name}"
    except KeyError:
        return f"os:{os.getuid()}"


def _now() -> str:
    return _text(datetime.now(UTC))


def _text(moment: datetime) -> str:
    # Always with microseconds, so that text sorts as time does.
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
