"""What people read can be read by those who did not study: grade 9 by two formulas that count letters, words and sentences.

Both are textstat's, and ask for nothing beyond the text: the Automated Readability Index (Smith and Senter 1967) and that of Coleman and
Liau (1975). Names are no words of ours, so those of machines, products and places are taken out first.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
import textstat
from tests.checks.replay import NOW, RowsLake, cases
from tests.checks.test_checks import check_of

from asepsis.assessment.service import assess
from asepsis.findings import life
from asepsis.findings.finding import Finding
from asepsis.findings.service import Look, findings, rank_in_words
from asepsis.kit.site import Site

ROOT = Path(__file__).parents[2]
GRADE = 9.0
RANK_MOST = 12.0
"""Of one rank, the end of school: the hardest of today is 10.6. A rank has to name when, harm, patients, who and what is known at once."""
ADDRESS = re.compile(r"\b\d+\.\d+\.\d+\.\d+\b|\b[0-9a-f]{2}(:[0-9a-f]{2}){5}\b")

Texts = dict[str, set[str]]


def texts(found: Iterable[Finding], names: Iterable[str]) -> Texts:
    """The texts of each kind, as sentences without names."""
    out: defaultdict[str, set[str]] = defaultdict(set)
    known = sorted({name for name in names if len(name) > 1}, key=len, reverse=True)
    for finding in found:
        seen = finding.seen
        told = [("title", seen.title), ("fault", seen.fault), ("rank", rank_in_words(finding)), ("action", seen.action.title)]
        told += [("action for many", seen.action.for_many), *(("harm", harm.why) for harm in seen.harms.values())]
        for kind, text in told:
            if text:
                out[kind].add(_plain(text, known))
    return out


def _plain(text: str, names: list[str]) -> str:
    for name in names:
        text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", "it", text, flags=re.IGNORECASE)
    return ADDRESS.sub("it", text).rstrip(".") + "."


@pytest.fixture(scope="module")
def proposed(tmp_path_factory: pytest.TempPathFactory) -> Texts:
    """Of every case that fires a check."""
    out: defaultdict[str, set[str]] = defaultdict(set)
    folder = tmp_path_factory.mktemp("cases")
    for case in cases():
        if case.fires:
            look = Look(RowsLake(case.rows), case.locator(folder), NOW)
            found = [life.opened(proposal) for proposal in check_of(case).run(look)]
            for kind, of in texts(found, (asset.name for asset in case.assets)).items():
                out[kind] |= of
    return out


@pytest.fixture(scope="module")
def morning(tmp_path_factory: pytest.TempPathFactory) -> Texts:
    """Of what the recorded morning shows."""
    site = Site.open(tmp_path_factory.mktemp("morning") / "site", create=True)
    (site.path / "site.toml").write_bytes((ROOT / "range/site.toml").read_bytes())
    seen = assess(site, sorted((ROOT / "range/captures").glob("*.pcap*")))
    found = findings(site)
    assert len(found) > 20
    return texts(found, (a.name for a in seen.assets))


def hardest(grades: Iterable[tuple[float, str]]) -> str:
    return "\n" + "\n".join(f"{grade:5.1f} {text}" for grade, text in sorted(grades, reverse=True)[:10])


@pytest.mark.parametrize("kind", ["title", "fault", "rank", "action", "action for many", "harm"])
@pytest.mark.parametrize("where", ["proposed", "morning"])
@pytest.mark.parametrize("formula", [textstat.automated_readability_index, textstat.coleman_liau_index], ids=["ARI", "Coleman-Liau"])
def test_what_people_read_is_of_grade_9(where: str, kind: str, formula: Callable[[str], float], request: pytest.FixtureRequest) -> None:
    found: Texts = request.getfixturevalue(where)
    grades = [(formula(text), text) for text in found[kind]]
    mean = sum(grade for grade, _ in grades) / len(grades)
    print(f"{kind}, {where}: {mean:.1f} on average of {len(grades)}, at most {max(grades)[0]:.1f}")
    assert mean <= GRADE, hardest(grades)


@pytest.mark.parametrize("where", ["proposed", "morning"])
def test_no_rank_is_out_of_reach(where: str, request: pytest.FixtureRequest) -> None:
    found: Texts = request.getfixturevalue(where)
    grades = [(textstat.automated_readability_index(text), text) for text in found["rank"]]
    assert max(grades)[0] <= RANK_MOST, hardest(grades)


def test_a_long_sentence_with_hard_words_is_noticed() -> None:
    old = (
        "Plan this for the next maintenance: orders, results and admissions could be changed without anyone noticing, other parts of the"
        " hospital's network may reach it, nobody has been seen abusing it, and a program can do it by itself."
    )
    assert textstat.automated_readability_index(old) > RANK_MOST
