"""The end of a journal is read without what stands before it."""

from __future__ import annotations

from pathlib import Path

import pytest

from asepsis.journal import book as books
from asepsis.journal.book import Book
from asepsis.journal.service import entries, last, record
from asepsis.kit.site import Site


@pytest.mark.parametrize("block", [1, 7, 64, 1 << 16])
@pytest.mark.parametrize("torn", [b"", b"half a li"])
def test_the_last_lines_are_those_of_the_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block: int, torn: bytes) -> None:
    monkeypatch.setattr(books, "_BLOCK", block)
    book = Book(tmp_path, b"k" * 32)
    assert book.last(3) == []
    lines = [bytes([97 + n]) * (n * 5 % 23) for n in range(12)]
    (tmp_path / "journal.jsonl").write_bytes(b"".join(line + b"\n" for line in lines) + torn)
    for count in (1, 2, 11, 12, 50):
        assert book.last(count) == lines[-count:]
        assert book.last(count) == list(book.lines())[-count:]


def test_the_newest_entry_comes_first_with_how_many_there_are(site: Site) -> None:
    for n in range(5):
        record(site, "test.act", f"subject {n}", {})
    found, count = last(site, 3)
    assert [entry.subject for entry in found] == ["subject 4", "subject 3", "subject 2"]
    assert count == len(list(entries(site)))
