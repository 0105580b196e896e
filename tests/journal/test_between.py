"""The entries of some days, without those before."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from asepsis.journal import chain, service
from asepsis.journal.book import Book
from asepsis.kit.site import Site

T0 = datetime(2026, 3, 2, tzinfo=UTC)


@pytest.fixture
def year(site: Site, monkeypatch: pytest.MonkeyPatch) -> Site:
    """A journal with an entry an hour, longer than what is read at once."""
    for n in range(700):
        when = (T0 + timedelta(hours=n)).isoformat(timespec="microseconds").replace("+00:00", "Z")
        monkeypatch.setattr(service, "_now", lambda when=when: when)
        service.record(site, "lake.watch" if n % 2 else "findings.accept", "x" * 100, {"n": n, "ts": "9999", "act": '"ts":"9999"'})
    return site


def numbers(site: Site, since: datetime, until: datetime, most: int = 1000) -> list[int]:
    found, _ = service.between(site, since, until, lambda act: act == "lake.watch", most)
    return [entry.detail["n"] for entry in found]


def test_each_span_is_found_wherever_it_stands(year: Site) -> None:
    assert year.journal.joinpath("journal.jsonl").stat().st_size > 2 * (1 << 16)
    for first in range(0, 700, 37):
        assert numbers(year, T0 + timedelta(hours=first), T0 + timedelta(hours=first + 5)) == [
            n for n in range(first, min(first + 5, 700)) if n % 2
        ]
    assert numbers(year, T0 - timedelta(days=9), T0 + timedelta(days=900)) == list(range(1, 700, 2))


def test_what_is_long_ago_is_not_read(year: Site) -> None:
    lines = list(Book(year.journal, year.seal).since(service._text(T0 + timedelta(hours=690))))
    assert len(lines) < 400
    assert chain.act_of(lines[-1]) == "lake.watch"


def test_more_than_is_asked_for_is_said(year: Site) -> None:
    assert service.between(year, T0, T0 + timedelta(days=1), lambda _: True, 24)[1] is False
    found, more = service.between(year, T0, T0 + timedelta(days=1), lambda _: True, 23)
    assert (len(found), more) == (23, True)


def test_an_empty_journal_has_none(site: Site) -> None:
    assert service.between(site, T0, T0 + timedelta(days=1), lambda _: True, 5) == ([], False)


def test_lines_that_are_no_entries_are_left_out(year: Site) -> None:
    path = year.journal / "journal.jsonl"
    path.write_bytes(path.read_bytes().replace(b'"n":6,', b'"n":8,', 1))
    assert 5 not in numbers(year, T0, T0 + timedelta(hours=9))
    assert chain.written(b"nothing") == chain.act_of(b"nothing") == ""
