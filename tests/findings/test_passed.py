"""What passed in a week or a month, counted as it happens."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from asepsis.findings import service
from asepsis.findings.finding import Cleared, Kind
from asepsis.findings.harm import HarmKind
from asepsis.findings.tally import Stood
from asepsis.kit.site import Site

from .making import T0, at, proposal

DAY = T0.date()
AFTER = DAY + timedelta(days=30)
HURTING = {HarmKind.SAFETY: 3}


def turns(site: Site) -> dict[tuple[str, bool], int]:
    counts: dict[tuple[str, bool], int] = {}
    for one in service.days(site, date(2000, 1, 1), date(2100, 1, 1)):
        counts[one.what, one.hurts] = counts.get((one.what, one.hurts), 0) + one.count
    return counts


def test_each_turn_is_counted_once_on_its_day(store: Site) -> None:
    many = [proposal(subject=str(n), levels=HURTING) for n in range(3)] + [proposal(subject="other")]
    for _ in range(2):
        service.publish(store, many, [Cleared("dicom-in-clear", "0", at(30), "seen encrypted")])
    assert turns(store) == {("opened", True): 3, ("opened", False): 1, ("closed", True): 1}
    assert {one.day for one in service.days(store, DAY, AFTER) if one.what == "closed"} == {at(30).date()}
    assert service.days(store, DAY + timedelta(days=1), DAY + timedelta(days=1)) == []


def test_what_stood_is_the_sum_of_all_days_before(store: Site) -> None:
    service.publish(store, [proposal(subject=str(n), levels=HURTING) for n in range(3)])
    service.publish(store, [], [Cleared("dicom-in-clear", "0", at(30), "seen encrypted")], checks=["dicom-in-clear"])
    service.accept(store, service.worklist(store)[0].lead.id, "the ward needs it", datetime.now(UTC).date())
    told = service.standing(store, [DAY, DAY + timedelta(days=1), DAY + timedelta(days=3), date(2100, 1, 1)])
    assert [(one.all, one.hurting) for one in told] == [(0, 0), (3, 3), (2, 2), (1, 1)]
    assert told[-1] == Stood(date(2100, 1, 1), 1, 1, 0)
    assert service.standing(store, []) == []


def test_what_became_graver_without_a_turn_is_counted_as_it_is_now(store: Site) -> None:
    service.publish(store, [proposal()])
    service.publish(store, [proposal(levels=HURTING, last_seen=at(50))])
    assert [one.hurting for one in service.standing(store, [DAY + timedelta(days=1), AFTER])] == [0, 1]


def test_alerts_that_a_story_tells_of_stand_in_its_line(store: Site) -> None:
    story = proposal(check="story", subject="S1", kind=Kind.ALERT, levels=HURTING)
    service.publish(store, [story, proposal(check="scan", kind=Kind.ALERT, part_of=story.id, levels=HURTING)])
    assert turns(store) == {("opened", True): 1}
    assert [one.all for one in service.standing(store, [AFTER])] == [1]
    found, count = service.stories(store, DAY, AFTER, 5)
    assert (len(found), count) == (1, 1)
    assert service.stories(store, AFTER, AFTER + timedelta(days=7), 5) == ([], 0)


def test_lines_that_turned_come_with_the_gravest_first(store: Site) -> None:
    service.publish(store, [proposal(subject=str(n)) for n in range(5)] + [proposal(subject="x", zone="icu", levels=HURTING)])
    first, second = service.turned(store, "opened", DAY, AFTER, 10)
    assert (first.zone, first.count, first.hurts) == ("icu", 1, True)
    assert (second.zone, second.count, second.hurts) == ("radiology", 5, False)
    assert service.turned(store, "opened", DAY, AFTER, 1) == [first]


def test_acceptances_tell_who_why_and_until(store: Site) -> None:
    service.publish(store, [proposal(subject=str(n)) for n in range(2)])
    today = datetime.now(UTC).date()
    for finding in service.findings(store):
        service.accept(store, finding.id, "until: the new scanner comes", today + timedelta(days=3))
    one = service.accepted(store, today, today + timedelta(days=1), 1)
    assert [(d.why, d.until) for d in one] == [("until: the new scanner comes", today + timedelta(days=3))]
    found, count = service.ending(store, today, today + timedelta(days=7), 1)
    assert (len(found), count, found[0].until) == (1, 2, today + timedelta(days=3))
    assert service.ending(store, today + timedelta(days=4), today + timedelta(days=7), 5) == ([], 0)


def test_a_store_of_an_older_version_is_counted_from_its_turns(store: Site) -> None:
    from importlib import import_module

    from django.apps import apps

    from asepsis.findings.models import TallyRow

    service.publish(
        store, [proposal(subject=str(n), levels=HURTING) for n in range(3)] + [proposal(check="story", subject="S", kind=Kind.ALERT)]
    )
    service.publish(store, [], [Cleared("dicom-in-clear", "0", at(30), "seen encrypted")], checks=["dicom-in-clear"])
    names = ("day", "what", "check_id", "zone", "asset_kind", "decision_rank", "hurts", "count")
    kept = sorted(TallyRow.objects.values_list(*names))
    TallyRow.objects.all().delete()
    import_module("asepsis.findings.migrations.0006_tallies").fill(apps, None)
    assert sorted(TallyRow.objects.values_list(*names)) == kept


def test_the_first_lines_are_those_of_the_worklist(store: Site) -> None:
    """As far as none is folded, and no acceptance ended since."""
    many = [proposal(subject=f"{zone} {n}", zone=zone, levels={HarmKind.SAFETY: zone % 4}) for zone in range(9) for n in range(zone + 1)]
    service.publish(store, [replace(one, zone=f"zone {one.zone}") for one in many])
    listed = service.worklist(store)
    found, count = service.first_lines(store, 5)
    assert ([line.totals for line in found], count) == ([line.totals for line in listed[:5]], 9)
    assert [line.lead.id for line in found] == [line.lead.id for line in listed[:5]]
    grave, number = service.first_lines(store, 1, listed[0].decision)
    assert number == sum(line.decision is listed[0].decision for line in listed)
    assert [line.lead.id for line in grave] == [listed[0].lead.id]
    assert service.first_lines(store, 5, efforts=[service.Effort.MINUTES]) == ([], 0)
    assert service.first_lines(store, 0, efforts=[service.Effort.DAYS])[1] == 9
