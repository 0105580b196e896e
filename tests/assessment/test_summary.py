"""The page for those who decide: what it says, of what, and that it fits."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from asepsis.assessment import service
from asepsis.assessment.heard import Heard
from asepsis.assessment.management import management
from asepsis.assessment.service import Assessment
from asepsis.assessment.summary import DECIDE_MAX, good_news, in_reach, looked_at, not_shown, to_decide
from asepsis.assessment.talks import OUTSIDE, Openness, Talk
from asepsis.findings.line import line_of
from asepsis.findings.service import Decision
from asepsis.kit.site import Site
from asepsis.settings import open_store

MORNING = Path(__file__).parents[2] / "range" / "captures" / "morning.pcap.gz"
DAY = datetime(2026, 3, 2, 7, 5, tzinfo=UTC)


@pytest.fixture(scope="module")
def morning(tmp_path_factory: pytest.TempPathFactory) -> Assessment:
    site = Site.open(tmp_path_factory.mktemp("morning") / "site", create=True)
    open_store(site)
    return service.assess(site, [MORNING])


@pytest.fixture(scope="module")
def nothing(morning: Assessment) -> Assessment:
    return dataclasses.replace(morning, assets=[], lines=[], talks=[], heard=None, coverage=())


def test_three_to_five_things_to_decide_each_of_another_sort(morning: Assessment) -> None:
    choices = to_decide(morning.lines)
    assert 3 <= len(choices) <= DECIDE_MAX
    assert len({morning.lines[choice.line - 1].lead.seen.check for choice in choices}) == len(choices)
    assert [choice.line for choice in choices] == sorted(choice.line for choice in choices), "in the order of the worklist"
    for choice in choices:
        assert choice.what
        assert choice.who
        assert "of work. " in choice.takes
    messages = next(choice for choice in to_decide(morning.lines[5:]) if "messages about patients" in choice.what)
    assert messages.what.endswith("lines of the list)")
    assert "At least 12 patients within reach." in messages.who


def test_one_line_alone_keeps_its_own_words(morning: Assessment) -> None:
    (choice,) = to_decide(morning.lines[:1])
    assert choice.what == morning.lines[0].title
    assert choice.when == {Decision.OUT_OF_CYCLE: "Within days"}[morning.lines[0].decision]


def test_when_and_how_long_and_how_many(morning: Assessment, nothing: Assessment) -> None:
    assert looked_at(morning).startswith(
        "This report rests on 17 seconds of talk between machines, heard on 25 November 2026 at 05:15 (UTC)."
    )
    assert "We know of 24 machines." in looked_at(morning)
    hours = dataclasses.replace(morning, heard=Heard(DAY, DAY + timedelta(hours=3), 4))
    assert "3 hours of talk between machines, heard on 2 March 2026 from 07:05 to 10:05 (UTC)." in looked_at(hours)
    days = dataclasses.replace(morning, heard=Heard(DAY, DAY + timedelta(days=3), 72))
    assert "3 days of talk between machines, heard from 2 March 2026 to 5 March 2026." in looked_at(days)
    assert looked_at(nothing).startswith("No talk between machines was heard. We know of 0 machines")


def test_patients_are_not_added_up(morning: Assessment, nothing: Assessment) -> None:
    assert in_reach(morning).startswith(f"At least {max(line.patients for line in morning.lines)} patients are within reach.")
    assert "nobody is known to be within reach" in in_reach(nothing)
    nobody = dataclasses.replace(morning.lines[0].lead, seen=dataclasses.replace(morning.lines[0].lead.seen, patients=0))
    assert "That does not mean there are none." in in_reach(dataclasses.replace(morning, lines=[line_of([nobody])]))


def test_good_news_is_only_what_was_seen(morning: Assessment, nothing: Assessment) -> None:
    assert good_news(nothing) == ["There is none to tell yet."]
    news = good_news(morning)
    assert not any("locked against readers" in sentence for sentence in news), "a tenth is nothing to be proud of"
    assert "can be read on the way." in in_reach(morning)
    locked = [dataclasses.replace(talk, clear=0, encrypted=talk.connections) for talk in morning.talks]
    safe = dataclasses.replace(morning, talks=locked)
    assert any("locked against readers" in sentence for sentence in good_news(safe))
    assert "can be read on the way" not in in_reach(safe)
    assert "No weak point that we found has to be mended this very hour." in news
    assert "Nothing that was heard got lost on its way to us." in news
    assert "We could tell what 20 of 24 machines are." in news, "a guess is not known"
    assert not any("outside world" in sentence for sentence in news), "what may be a pump server is no machine that treats patients"
    guess = next(asset for asset in morning.assets if asset.clinical_class == "life")
    known = dataclasses.replace(morning, assets=[*morning.assets, dataclasses.replace(guess, id="pump", kind_confidence=0.9)])
    assert any("outside world" in sentence for sentence in good_news(known))
    out = Talk("pump", OUTSIDE, ("ssl",), 1, Openness.ENCRYPTED)
    assert not any("outside world" in sentence for sentence in good_news(dataclasses.replace(known, talks=[*morning.talks, out])))
    urgent = dataclasses.replace(morning.lines[0].lead, decision=Decision.IMMEDIATE)
    assert not any("very hour" in sentence for sentence in good_news(dataclasses.replace(morning, lines=[line_of([urgent])])))
    assert "1 fault found before is gone." in good_news(dataclasses.replace(morning, closed=1))


def test_limits_are_one_sentence_with_a_way_to_the_rest(morning: Assessment, nothing: Assessment) -> None:
    sentence, more = not_shown(morning)
    assert sentence.startswith("We could not see what happens outside the 17 seconds")
    assert more == f"all {len(morning.coverage)} limits of this look"
    assert '<a href="#coverage">' in management(morning, "")
    assert not_shown(nothing) == ("", "")
    assert "#coverage" not in management(nothing, "")


def test_nothing_to_decide_is_no_proof(nothing: Assessment) -> None:
    assert "No finding is no proof that nothing is wrong" in management(nothing, "")


def test_every_machine_and_every_line_is_in_a_table(morning: Assessment) -> None:
    page = management(morning, "")
    assert page.count("<table") == 2
    assert page.count('<svg class="bar" aria-hidden="true"') == 9
    planned = sum(line.decision is Decision.SCHEDULED for line in morning.lines)
    assert f'<th scope="row">At the next planned service</th><td class="number">{planned}</td>' in page
    assert '<th scope="row">Watch or examine patients</th><td class="number">8</td>' in page
