"""What a week's handover says, of values alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from asepsis.assessment.doings import doings, told
from asepsis.assessment.handover import handover_form, handover_paper, person
from asepsis.assessment.listened import Listened, listened
from asepsis.assessment.paper import text_of
from asepsis.findings.tally import Stood
from asepsis.journal.service import Entry

from .papers import WEEK, handover, line

NOTHING = {"days": [], "turned": {}, "accepted": [], "ending": ([], 0), "now": ([], 0), "stories": ([], 0), "new": ([], {}), "doings": []}


def entry(n: int, act: str, who: str = "console:anna", minutes: float = 0, **detail: int) -> Entry:
    at = (WEEK.begin + timedelta(minutes=minutes)).isoformat(timespec="microseconds").replace("+00:00", "Z")
    return Entry(n, at, who, act, "eth1", detail, "", "")


def test_it_begins_with_who_could_be_hurt() -> None:
    said = text_of(handover_paper(handover()))
    assert said.startswith("Weekly handover: Week 48 of 2026, 23 November to 29 November\n")
    assert "1,204 faults call for work. Through 6 of them a patient could be hurt: 2 more than when the week began." in said
    assert "1,202 opened, 0 opened again, 7 closed, 1 accepted" in said


def test_it_tells_what_the_next_has_to_know() -> None:
    said = text_of(handover_paper(handover()))
    for what in (
        "To act on now, as it stands on 30 November 2026".upper(),
        "safety 3. At least 2 patients within reach.",
        "Pumps can be stopped by anyone: 2 infusion pumps in icu",
        "1,200 more: the worklist has all.",
        "What ends until 6 December 2026".upper(),
        "2 more: the list of findings has all.",
        "anna",
        "2026-12-02",
        "The sensor listened for 92% of the time.",
        "12 packets came faster",
        "14 h 0 min",
        "accepted a finding 3x",
    ):
        assert what in said, what


def test_a_week_without_anything_says_so_and_praises_nothing() -> None:
    quiet = handover(**NOTHING, begun=Stood(WEEK.since, 0, 0, 0), ended=Stood(WEEK.until, 0, 0, 0), listened=Listened(timedelta(days=7)))
    said = text_of(handover_paper(quiet))
    assert "Nothing opened, and nothing closed. If the sensor listened, that is good news." in said
    assert "No sensor listened in this time" in said
    assert "as many as when the week began" in said


def test_numbers_for_programs_say_nothing_of_who_did_what() -> None:
    form = handover_form(handover())
    assert form["turned"]["opened"] == {"all": 1202, "hurting": 2}
    assert "anna" not in str(form)


def test_who_is_told_as_people_say_it() -> None:
    assert [person(who) for who in ("console:anna", "os:root", "api:ticket", "sensor", "", "x" * 900)] == [
        "anna", "root at the command line", "ticket (program)", "sensor", "", "x" * 159 + "\u2026",
    ]  # fmt: skip


def test_more_than_ten_to_do_at_once_are_counted() -> None:
    many = handover(now=([line(subject=str(n)) for n in range(10)], 25))
    assert text_of(handover_paper(many)).count("* Pumps can be stopped") == 10
    assert "15 more: the worklist has all." in text_of(handover_paper(many))


def test_gaps_are_where_a_watch_did_not_write_for_half_an_hour() -> None:
    until = WEEK.begin + timedelta(hours=3)
    entries = [entry(n, "lake.watch", minutes=10 * n, dropped=n) for n in (1, 2, 3, 9, 10)]
    heard = listened(entries, WEEK.begin, until)
    assert [(gap.since - WEEK.begin, gap.length) for gap in heard.gaps] == [
        (timedelta(minutes=30), timedelta(hours=1)),
        (timedelta(minutes=100), timedelta(minutes=80)),
    ]
    assert (heard.dropped, heard.heard, round(heard.share, 2)) == (10, timedelta(minutes=40), 0.22)


def test_a_watch_that_begins_again_counts_anew() -> None:
    entries = [entry(n, "lake.watch", minutes=n, dropped=dropped) for n, dropped in enumerate((5, 8, 2, 3))]
    assert listened(entries, WEEK.begin, WEEK.begin + timedelta(minutes=9)).dropped == 8 + 3
    assert listened([], WEEK.begin, WEEK.end) == Listened(timedelta(days=7))
    assert listened([], WEEK.begin, WEEK.begin).share == 0


def test_what_machines_do_all_day_is_not_told_and_what_has_no_words_is() -> None:
    assert not told("lake.watch")
    assert told("findings.accept")
    found = doings([entry(1, "findings.accept"), entry(2, "new.act"), entry(3, "findings.accept"), entry(4, "lake.ingest", "os:root")])
    assert [(one.who, one.acts) for one in found] == [
        ("console:anna", (("accepted a finding", 2), ("new.act", 1))),
        ("os:root", (("read captures", 1),)),
    ]


def test_findings_that_were_turned_together_are_as_many_acts() -> None:
    together = [
        entry(1, "findings.accept", count=300),
        entry(2, "findings.accept"),
        entry(3, "lake.ingest", count=9),
        entry(4, "findings.assign", count=0),
    ]
    (anna,) = doings(together)
    assert anna.acts == (("accepted a finding", 301), ("gave out work", 1), ("read captures", 1))
    assert anna.count == 303


def test_the_same_values_give_the_same_text() -> None:
    assert text_of(handover_paper(handover())) == text_of(handover_paper(replace(handover())))
