from __future__ import annotations

import os
import pwd
import resource
import shutil
import signal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from asepsis.journal import service
from asepsis.journal.book import Book
from asepsis.kit import files, head
from asepsis.kit.errors import BadInput, DoesNotHold
from asepsis.kit.site import Site


def _record(site: Site, count: int) -> None:
    for i in range(count):
        service.record(site, "test.act", f"subject {i}", {"i": i})


def _lines(site: Site) -> Path:
    return site.journal / "journal.jsonl"


def test_records_who_did_what(site: Site) -> None:
    entry = service.record(site, "findings.accept", "F-1", {"until": "2027-01-01"})
    assert (entry.n, entry.act, entry.subject, entry.detail) == (1, "findings.accept", "F-1", {"until": "2027-01-01"})
    assert entry.who == f"os:{pwd.getpwuid(os.getuid()).pw_name}"
    _record(site, 3)
    assert [entry.n for entry in service.entries(site)] == [1, 2, 3, 4]
    assert service.verify(site).holds


def test_an_empty_journal_holds(site: Site) -> None:
    assert service.verify(site) == service.Verdict(True, 0, "0" * 64)


def test_a_huge_entry_is_refused(site: Site) -> None:
    with pytest.raises(BadInput, match="cannot be journalled"):
        service.record(site, "test.act", "x" * 70_000, {})
    assert service.verify(site).holds


def test_a_truncation_stays_visible_after_more_appends(site: Site) -> None:
    _record(site, 4)
    _lines(site).write_bytes(b"".join(_lines(site).read_bytes().splitlines(keepends=True)[:2]))
    assert service.verify(site).broken == 3
    _record(site, 2)
    verdict = service.verify(site)
    assert (verdict.holds, verdict.broken) == (False, 3)


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b'{"n": 1, "hash": "00", "size": 3, "hmac": "ff"}', b"\xff", b"[" * 50_000])
def test_a_forged_head_is_found_and_stops_appends(site: Site, content: bytes) -> None:
    _record(site, 3)
    (site.journal / "head.json").write_bytes(content)
    verdict = service.verify(site)
    assert not verdict.holds
    assert "head is missing or forged" in verdict.why
    with pytest.raises(DoesNotHold):
        _record(site, 1)


@pytest.mark.parametrize(
    ("gone", "says"),
    [
        (("journal.jsonl",), "entries 1 to 3 are missing"),
        (("head.json",), "entries after this one may be gone"),
        (("journal.jsonl", "head.json"), "every entry is missing"),
        ((".lock", "journal.jsonl", "head.json"), "every entry is missing"),
    ],
)
def test_what_is_taken_away_is_missed(site: Site, gone: tuple[str, ...], says: str) -> None:
    _record(site, 3)
    for name in gone:
        (site.journal / name).unlink()
    verdict = service.verify(site)
    assert not verdict.holds
    assert verdict.why.endswith(says)
    assert verdict.broken == (3 if gone == ("head.json",) else 1)


def test_a_journal_that_is_gone_is_broken_also_before_its_first_entry(site: Site) -> None:
    (site.journal / "head.json").unlink()
    assert not service.verify(site).holds
    with pytest.raises(DoesNotHold, match="head is missing"):
        _record(site, 1)
    shutil.rmtree(site.journal)
    verdict = service.verify(site)
    assert (verdict.holds, verdict.broken) == (False, 1)
    with pytest.raises(DoesNotHold, match="the journal is gone"):
        _record(site, 1)


def test_a_full_disk_is_one_line_and_the_journal_as_it_was(site: Site) -> None:
    _record(site, 2)
    before = _lines(site).read_bytes()
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) + 50, limits[1]))
    try:
        with pytest.raises(BadInput, match=f"no space left: {site.journal}: what was to be recorded is not done: make room"):
            _record(site, 1)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert _lines(site).read_bytes() == before
    assert service.verify(site).notes == ()
    _record(site, 1)
    assert service.verify(site).entries == 3


def test_a_missing_head_is_found(site: Site) -> None:
    _record(site, 1)
    (site.journal / "head.json").unlink()
    assert not service.verify(site).holds


def test_a_forged_head_does_not_hide_an_edited_entry(site: Site) -> None:
    _record(site, 3)
    (site.journal / "head.json").unlink()
    lines = _lines(site).read_bytes().splitlines(keepends=True)
    _lines(site).write_bytes(lines[0] + lines[1].replace(b"subject 1", b"subject 7") + lines[2])
    verdict = service.verify(site)
    assert (verdict.broken, verdict.why.split(":")[0]) == (2, "edited")


def test_a_head_of_another_key_is_forged(site: Site, tmp_path_factory: pytest.TempPathFactory) -> None:
    _record(site, 1)
    other = Site.open(tmp_path_factory.mktemp("other"), create=True)
    _record(other, 1)
    files.replace(site.journal / "head.json", (other.journal / "head.json").read_bytes())
    files.replace(_lines(site), _lines(other).read_bytes())
    assert not service.verify(site).holds


def test_killed_between_line_and_head(site: Site) -> None:
    path = site.journal / "head.json"
    _record(site, 2)
    before = path.read_bytes()
    _record(site, 1)
    path.write_bytes(before)
    verdict = service.verify(site)
    assert verdict.holds
    assert verdict.entries == 3
    _record(site, 1)
    assert [entry.n for entry in service.entries(site)] == [1, 2, 3, 4]
    assert service.verify(site).notes == ()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=25)
@given(share=st.floats(0, 1, exclude_max=True), earlier=st.integers(1, 3))
def test_killed_within_a_line(site: Site, share: float, earlier: int) -> None:
    for path in site.journal.iterdir():
        path.unlink()
    head.begin(site.journal / "head.json", site.seal)
    _record(site, earlier)
    before, size = (site.journal / "head.json").read_bytes(), _lines(site).stat().st_size
    _record(site, 1)
    torn = int(share * (_lines(site).stat().st_size - size))
    os.truncate(_lines(site), size + torn)
    (site.journal / "head.json").write_bytes(before)
    assert service.verify(site).holds

    _record(site, 1)
    acts = [entry.act for entry in service.entries(site)]
    assert acts == ["test.act"] * earlier + ["journal.repair"] * bool(torn) + ["test.act"]
    assert service.verify(site).holds
    assert sum(path.stat().st_size for path in site.journal.glob("torn-*")) == torn


def test_killed_within_the_first_line_ever(site: Site) -> None:
    book = Book(site.journal, site.seal)
    book.settle()
    _lines(site).write_bytes(b'{"act":"te')
    assert service.verify(site).holds
    _record(site, 1)
    assert service.verify(site).holds
