"""Same in, same out: in two sites, in any order, in any grouping, and again.

Of two sites nothing differs that is shown: pseudonyms, which are keyed by the site, stay in the lake, and times are those of the wire.
Between orders it differs how a finding came to be: under which id it opened, and its history; one that was carried keeps the id of its
first subject. test_one_by_one.py has the findings of the morning in slices, and what becomes of people's acts.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from asepsis.assessment.service import assess
from asepsis.cli.main import main
from asepsis.findings.service import State, finding_form, findings, line_form, worklist
from asepsis.hospital.service import as_json, assets
from asepsis.journal.service import entries
from asepsis.kit.site import Site

ROOT = Path(__file__).parents[2]
MORNING = ROOT / "range/captures/morning.pcap.gz"
GOLDEN = ROOT / "tests/golden"
FIVE = [
    GOLDEN / name
    for name in (
        "dicom_message/find.pcap", "http/orthanc.pcap", "fhir/reader.pcap", "fhir/read_and_search.pcap", "hl7/monitors.pcap",
    )
]  # fmt: skip
"""Captures of one hospital in which the same machines speak with others: each one knows something of a machine of the next."""

Seen = dict[str, Any]


def new(folder: Path) -> Site:
    return Site.open(folder, create=True)


def seen(site: Site) -> Seen:
    """What a site shows, without how it came to that."""
    found = [f for f in findings(site) if f.state is State.OPEN]
    forms = [{k: v for k, v in finding_form(f).items() if k not in ("id", "history")} for f in found]
    lines = [line_form(line) for line in worklist(site)]
    for line in lines:
        line["members"] = sorted((member["title"], member["decision"]) for member in line["members"])
    return {
        "assets": [as_json(a) for a in assets(site)],
        "findings": sorted(forms, key=lambda form: json.dumps(form, sort_keys=True)),
        "worklist": lines,
    }


def read(folder: Path, groups: Iterable[Iterable[Path]]) -> Site:
    site = new(folder)
    for paths in groups:
        assess(site, list(paths))
    return site


@pytest.fixture(scope="module")
def at_once(tmp_path_factory: pytest.TempPathFactory) -> Seen:
    site = read(tmp_path_factory.mktemp("once") / "site", [FIVE])
    shown = seen(site)
    assert len(shown["assets"]) >= 5
    assert len(shown["findings"]) >= 5
    return shown


def test_two_sites_say_the_same_of_the_same(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = []
    for name in ("one", "other"):
        folder = tmp_path / name
        new(folder)
        (folder / "site.toml").write_bytes((ROOT / "range/site.toml").read_bytes())
        assert main(["assess", str(MORNING), "--site", str(folder), "--json"]) == 0
        told.append((json.loads(capsys.readouterr().out), [line_form(line) for line in worklist(Site.open(folder))]))
    (one, lines), (other, other_lines) = told
    assert one.keys() == other.keys()
    assert [name for name in one if one[name] != other[name]] == []
    assert lines == other_lines
    assert len(one["assets"]) > 20


def groupings(paths: list[Path]) -> st.SearchStrategy[list[list[Path]]]:
    """Orders of the paths, and where a reading ends and the next begins."""

    @st.composite
    def grouped(draw: st.DrawFn) -> list[list[Path]]:
        order = draw(st.permutations(paths))
        ends = draw(st.lists(st.booleans(), min_size=len(paths) - 1, max_size=len(paths) - 1))
        out = [[order[0]]]
        for path, end in zip(order[1:], ends, strict=True):
            if end:
                out.append([])
            out[-1].append(path)
        return out

    return grouped()


@settings(
    max_examples=100 if os.environ.get("ASEPSIS_SOAK") else 12,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(groups=groupings(FIVE))
def test_any_order_and_any_grouping_show_the_same(groups: list[list[Path]], at_once: Seen) -> None:
    with tempfile.TemporaryDirectory() as folder:
        shown = seen(read(Path(folder) / "site", groups))
    for what in at_once:
        assert shown[what] == at_once[what], what


def test_the_same_again_changes_nothing(tmp_path: Path) -> None:
    site = read(tmp_path / "site", [FIVE])
    before, known, written = seen(site), findings(site), list(entries(site))
    again = assess(site, FIVE[::-1])
    assert seen(site) == before
    assert findings(site) == known
    # That someone read them is custody, and written down; that nothing became of it is not.
    (entry,) = list(entries(site))[len(written) :]
    assert (entry.act, entry.detail["added"]) == ("lake.ingest", 0)
    assert again.ingested.added == {}
