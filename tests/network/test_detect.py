"""What the rules saw becomes alerts and stories: each row once, whenever it comes."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest

from asepsis.findings.finding import STORY, State
from asepsis.findings.service import close, findings, worklist
from asepsis.kit.site import Site
from asepsis.network import detect, service
from asepsis.network.library import Library, shipped

from .making import calls, look, put, zeros

Rows = dict[str, list[dict[str, Any]]]


@pytest.fixture(autouse=True)
def two_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    """One of an event and one of a correlation, which speak at once, whatever other rules there are."""
    entries = [replace(one, meaning=replace(one.meaning, new=())) for one in shipped() if one.name in ("zerologon", "service-from-afar")]
    monkeypatch.setattr(service, "library_of", lambda _: Library(tuple(entries)))


def rows_of() -> Any:
    """What is remembered, as Django asks for it: importing it needs a store that is open."""
    from asepsis.network.models import SightingRow

    return SightingRow.objects


def alerts(site: Site) -> dict[str, list[str]]:
    """Titles by rule."""
    found: dict[str, list[str]] = {}
    for finding in findings(site):
        found.setdefault(finding.seen.check, []).append(finding.seen.title)
    return found


def remembered() -> list[Any]:
    """Every sighting, and with which others it is told."""
    rows = list(rows_of().order_by("rule", "attacker", "begin"))
    return [(one.sighting(), [n for n, row in enumerate(rows) if row.story == one.story]) for one in rows]


def test_an_alert_opens_and_goes_on(store: Site) -> None:
    put(store, {"dce_rpc": [zeros("10.0.0.9", "10.0.0.1", "08:00")]})
    look(store)
    put(store, {"dce_rpc": [zeros("10.0.0.9", "10.0.0.1", "08:30")]})
    look(store)
    (finding,) = findings(store)
    assert finding.seen.check == "zerologon"
    assert finding.seen.last_seen.minute == 30
    assert len(finding.seen.events) == 2
    (row,) = rows_of().all()
    assert row.events == 2


def test_the_same_rows_again_change_nothing(store: Site) -> None:
    put(store, {"dce_rpc": [zeros("10.0.0.9", "10.0.0.1", "08:00")]})
    look(store)
    before = findings(store)
    look(store)
    assert findings(store) == before


def test_a_look_that_breaks_off_is_made_again(store: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    put(store, {"dce_rpc": [zeros("10.0.0.9", "10.0.0.1", "08:00"), *calls("10.0.0.9", "10.0.0.2", 60)]})

    def fails(*_: object, **__: object) -> None:
        raise OSError("disk full")

    with monkeypatch.context() as patch:
        patch.setattr(service, "publish", fails)
        with pytest.raises(OSError, match="disk full"):
            look(store)
    assert not rows_of().exists()
    look(store)
    assert {"zerologon", "service-from-afar", STORY} == alerts(store).keys()


def test_alerts_of_one_attacker_are_one_line(store: Site) -> None:
    put(
        store, {"dce_rpc": [*calls("10.0.0.9", "10.0.0.2", 0), *calls("10.0.0.2", "10.0.0.3", 120), zeros("10.0.0.3", "10.0.0.1", "08:10")]}
    )
    look(store)
    (line,) = worklist(store)
    assert line.lead.seen.check == STORY
    assert line.title.startswith(
        "Attack from the device at 10.0.0.9: somebody tries to become the master of all accounts; programs are run"
    )
    assert line.title.endswith(", since 08:00 UTC on 2026-03-02; 4 machines of ours in it")
    (told,) = service.stories(store)
    assert [step["attacker"] for step in told.timeline] == [f"the device at 10.0.0.{n}" for n in (9, 2, 3)]


def test_two_who_attack_one_server_are_two_stories(store: Site) -> None:
    put(store, {"dce_rpc": [zeros("10.0.0.8", "10.0.0.1", "08:00"), zeros("10.0.0.9", "10.0.0.1", "08:01")]})
    look(store)
    assert len(service.stories(store)) == 2


def test_a_story_is_closed_with_all_that_it_tells_of_and_opens_when_it_goes_on(store: Site) -> None:
    put(store, {"dce_rpc": [*calls("10.0.0.9", "10.0.0.2", 0), zeros("10.0.0.9", "10.0.0.1", "08:10")]})
    look(store)
    story = next(finding for finding in findings(store) if finding.seen.check == STORY)
    close(store, story.id, "taken off the network")
    assert {finding.state for finding in findings(store)} == {State.CLOSED}
    assert not worklist(store)
    put(store, {"dce_rpc": [zeros("10.0.0.9", "10.0.0.1", "09:00")]})
    look(store)
    assert [line.lead.id for line in worklist(store)] == [story.id]


def test_stories_that_turn_out_to_be_one_are_told_as_one(store: Site) -> None:
    first = [*calls("10.0.0.9", "10.0.0.2", 0), zeros("10.0.0.9", "10.0.0.1", "08:01")]
    second = [*calls("10.0.0.5", "10.0.0.6", 600), zeros("10.0.0.5", "10.0.0.1", "08:12")]
    put(store, {"dce_rpc": [*first, *second]})
    look(store)
    assert len(worklist(store)) == 2
    put(store, {"dce_rpc": calls("10.0.0.9", "10.0.0.5", 300)})
    look(store)
    (line,) = worklist(store)
    assert "10.0.0.9" in line.title


def _random_rows(dice: random.Random) -> list[dict[str, Any]]:
    hosts = [f"10.0.0.{n}" for n in range(1, 6)]
    rows: list[dict[str, Any]] = []
    for n in range(30):
        client, server = dice.sample(hosts, 2)
        second = dice.randrange(0, 3_500)
        if dice.random() < 0.5:
            rows += calls(client, server, second)
        else:
            rows.append(zeros(client, server, f"{dice.randrange(8, 14):02}:{dice.randrange(60):02}", n))
    return rows


@pytest.mark.parametrize("seed", range(4))
def test_looks_that_follow_each_other_see_what_one_look_sees(tmp_path: Any, seed: int) -> None:
    rows = _random_rows(random.Random(seed))
    rows.sort(key=lambda row: row["ts"].zfill(8) if row["ts"].count(":") == 2 else row["ts"] + ":00")
    whole, parts = Site.open(tmp_path / "whole", create=True), Site.open(tmp_path / "parts", create=True)
    put(whole, {"dce_rpc": rows})
    look(whole)
    at_once, told = remembered(), sorted(line.title for line in worklist(whole))
    dice = random.Random(seed + 100)
    begin = 0
    while begin < len(rows):
        size = dice.randrange(1, 8)
        put(parts, {"dce_rpc": rows[begin : begin + size]})
        look(parts)
        begin += size
    assert remembered() == at_once
    assert sorted(line.title for line in worklist(parts)) == told


def test_a_flood_of_made_up_attackers_is_one_alert_and_the_rare_one_is_on_top(store: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(detect, "ATTACKERS_MAX", 20)
    flood = [row for n in range(300) for row in calls(f"10.9.{n // 200}.{n % 200 + 1}", "10.0.0.2", n)]
    put(store, {"dce_rpc": [*flood, zeros("10.0.0.7", "10.0.0.1", "08:20")]})
    look(store)
    lines = worklist(store)
    assert lines[0].lead.seen.check == "zerologon"
    assert len(lines) == 2
    assert rows_of().count() == 22
    many = next(finding for finding in findings(store) if "many machines" in finding.seen.title.lower())
    assert rows_of().get(group="many").events == 2 * 280
    assert many.seen.check == "service-from-afar"


def test_a_story_that_splits_is_told_as_two_and_none_is_lost(store: Site) -> None:
    first = [*calls("10.0.0.9", "10.0.0.2", 0), zeros("10.0.0.9", "10.0.0.1", "08:01")]
    put(store, {"dce_rpc": [*first, *calls("10.0.0.5", "10.0.0.6", 600), zeros("10.0.0.5", "10.0.0.1", "08:12")]})
    look(store)
    rows_of().update(story=rows_of().first().story)
    put(store, {"dce_rpc": [zeros("10.0.0.9", "10.0.0.1", "09:00"), zeros("10.0.0.5", "10.0.0.1", "09:00")]})
    look(store)
    lines = worklist(store)
    assert len(lines) == 2
    assert len({one.story.id for one in service.stories(store)}) == 2


def test_more_than_a_few_who_do_the_same_are_one_line_and_another_attack_stands_beside(store: Site) -> None:
    same = [row for n in range(30) for row in calls(f"10.9.0.{n + 1}", "10.0.0.2", n)]
    put(store, {"dce_rpc": [*same, *(zeros(f"10.9.0.{n + 1}", "10.0.0.1", f"09:{n:02}") for n in range(30))]})
    put(store, {"dce_rpc": [zeros("10.0.0.7", "10.0.0.1", "08:20")]})
    look(store)
    lines = worklist(store)
    assert len(lines) == 2
    assert any("and 29 others" in line.title for line in lines)
