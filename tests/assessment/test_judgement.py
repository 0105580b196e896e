"""A site that is listened to: what came since the last look at everything is judged at once, and never differently from how it will be."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path

import pytest

from asepsis.assessment.service import Judge, assess
from asepsis.findings.service import State, findings, line_form
from asepsis.hospital.service import assets
from asepsis.journal import service as journal
from asepsis.kit.site import Site
from asepsis.lake.service import ingest

ROOT = Path(__file__).parents[2]
MORNING = ROOT / "range/captures/morning.pcap.gz"
HEADER = 24
"""Bytes before the first packet of a pcap file (draft-ietf-opsawg-pcap 4)."""
LATER = (0.2, 0.4, 0.6, 0.8)
"""Shares of the morning after which it is looked at."""


@pytest.fixture(scope="module")
def minutes(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The morning in pieces, one after the other; conversations are cut through."""
    raw, folder = gzip.decompress(MORNING.read_bytes()), tmp_path_factory.mktemp("minutes")
    starts, at = [], HEADER
    while at < len(raw):
        starts.append(at)
        at += 16 + struct.unpack_from("<I", raw, at + 8)[0]
    cuts = [HEADER, *(starts[int(len(starts) * share)] for share in LATER), len(raw)]
    paths = [folder / f"{n}.pcap" for n in range(len(cuts) - 1)]
    for path, begin, end in zip(paths, cuts[:-1], cuts[1:], strict=True):
        path.write_bytes(raw[:HEADER] + raw[begin:end])
    return paths


def faults(site: Site) -> set[tuple[str, str, str]]:
    return {(f.seen.check, f.seen.subject, f.seen.discriminator) for f in findings(site) if f.state is State.OPEN}


def standing(site: Site) -> set[str]:
    """The findings that are open, or were handed over: their rows count for others now, which are open."""
    return {f.id for f in findings(site) if f.state is State.OPEN or f.history[-1].what == "handed over"}


def test_what_came_since_says_nothing_that_everything_does_not(minutes: list[Path], tmp_path: Path) -> None:
    site, at_once = (Site.open(tmp_path / name, create=True) for name in ("site", "at_once"))
    judge, opened = Judge(site), 0
    ingest(site, minutes[:1])
    judge.everything()
    for minute in minutes[1:]:
        before = standing(site)
        ingest(site, [minute])
        judge.news()
        early = standing(site)
        assert early >= before, "a look at a part takes nothing back"
        opened += len(early - before)
        again = Judge(site)
        again.everything()
        assert early - before <= standing(site), "said too early"
        judge = again
    assert opened > 5
    for minute in minutes:
        ingest(at_once, [minute])
    assess(at_once, [])
    assert faults(site) == faults(at_once), "what was said in between changes nothing"
    assert {a.id for a in assets(site)} == {a.id for a in assets(at_once)}


def test_many_times_in_a_row(minutes: list[Path], tmp_path: Path) -> None:
    site = Site.open(tmp_path / "site", create=True)
    judge, said = Judge(site), set()
    for minute in minutes:
        ingest(site, [minute])
        judge.news()
        said |= standing(site)
    judge.everything()
    assert said <= standing(site)


def test_nothing_new_is_no_news(minutes: list[Path], tmp_path: Path) -> None:
    site = Site.open(tmp_path / "site", create=True)
    ingest(site, minutes)
    judge = Judge(site)
    lines = [line_form(line) for line in judge.news()]
    assert lines, "who has never looked looks at everything"
    told = list(journal.entries(site))
    assert [line_form(line) for line in judge.news()] == lines
    assert list(journal.entries(site)) == told
