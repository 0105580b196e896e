from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from asepsis.findings import life, service
from asepsis.findings.finding import Cleared, Finding, Kind, State
from asepsis.findings.review import Traced
from asepsis.journal.service import entries
from asepsis.kit.errors import WrongUse
from asepsis.kit.site import Site

from .making import at, proposal

NEXT_WEEK = datetime.now(UTC).date() + timedelta(days=7)


def acts(site: Site) -> list[str]:
    return [entry.act for entry in entries(site)]


def one(site: Site) -> Finding:
    (finding,) = service.findings(site)
    return finding


def test_what_is_published_is_remembered_whole(store: Site) -> None:
    given = proposal(levels=dict.fromkeys(service.HarmKind, 2), discriminator="104")
    service.publish(store, [given])
    assert one(store) == life.opened(given)
    assert service.show(store, given.id[:6]) == life.opened(given)


def test_publishing_twice_changes_nothing_and_journals_once(store: Site) -> None:
    seen = [proposal(subject=str(n), last_seen=at(n % 7 + 1)) for n in range(60)]
    cleared = [Cleared("dicom-in-clear", str(n), at(30), "seen encrypted") for n in range(0, 60, 3)]
    service.publish(store, seen, cleared)
    first = service.findings(store)
    random.Random(1).shuffle(seen)
    for again in (1, 2):
        service.publish(store, seen * again, cleared * again)
        assert service.findings(store) == first
    assert acts(store) == ["findings.publish"]
    assert next(iter(entries(store))).detail == {"closed": 20, "opened": 60}


def test_what_is_said_again_in_the_same_words_is_not_read(store: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where an earlier build kept it: its digest is renewed the first time."""
    from asepsis.findings import store as kept
    from asepsis.findings.models import FindingRow

    seen = [proposal(subject=str(n)) for n in range(3)]
    service.publish(store, seen)
    FindingRow.objects.filter(subject="1").update(digest="of an earlier build")
    read: list[int] = []
    load = kept.load
    monkeypatch.setattr(kept, "load", lambda ids=None: (read.append(len(ids or ())), load(ids))[1])
    service.publish(store, seen)
    service.publish(store, seen)
    assert read == [1, 0]
    assert acts(store) == ["findings.publish"]


def test_a_finding_closes_on_contrary_evidence_and_opens_when_seen_again(store: Site) -> None:
    service.publish(store, [proposal()])
    service.publish(store, [proposal()], [Cleared("dicom-in-clear", "A1>A2", at(5), "seen encrypted")])
    assert one(store).state is State.CLOSED
    assert service.worklist(store) == []
    service.publish(store, [proposal(last_seen=at(9))])
    assert [turn.what for turn in one(store).history] == ["opened", "closed", "reopened"]


def test_the_same_captures_again_do_not_undo_a_persons_reopening(store: Site) -> None:
    seen = [proposal()], [Cleared("dicom-in-clear", "A1>A2", at(5), "seen encrypted")]
    service.publish(store, *seen)
    service.reopen(store, one(store).id)
    service.publish(store, *seen)
    assert one(store).state is State.OPEN
    later = datetime.now(UTC) + timedelta(days=1)
    service.publish(store, seen[0], [Cleared("dicom-in-clear", "A1>A2", later, "seen encrypted")])
    assert one(store).state is State.CLOSED


def test_what_a_statement_takes_off_the_list_is_journalled_with_the_reason(store: Site) -> None:
    service.publish(store, [proposal(), proposal(subject="other", events=("e2",))])
    why = "the hospital names it as its partner"
    excuses = {("dicom-in-clear", event): why for event in ("e1", "e2")}
    asked = []

    def trace(rows: Mapping[str, frozenset[str]]) -> Traced:
        asked.append(dict(rows))
        return Traced(frozenset(excuses), {}, excuses)

    service.publish(store, [], now=at(3), trace=trace, checks=["smb1"])
    assert asked == []
    service.publish(store, [], now=at(3), trace=trace)
    assert asked == [{"dicom-in-clear": frozenset({"e1", "e2"})}]
    assert {finding.state for finding in service.findings(store)} == {State.CLOSED}
    entry = next(entry for entry in entries(store) if entry.act == "findings.set_aside")
    assert entry.detail == {"why": why, "count": 2, "findings": sorted(f.id for f in service.findings(store))}
    service.publish(store, [proposal()])
    assert {finding.state for finding in service.findings(store)} == {State.OPEN, State.CLOSED}


def test_silence_is_measured_on_the_wire(store: Site) -> None:
    service.publish(store, [proposal()])
    assert one(store).state is State.OPEN
    service.publish(store, [], now=at(1) + life.STALE_AFTER * 2)
    assert one(store).state is State.STALE
    assert len(service.worklist(store)) == 1


def test_accepting_needs_a_person_a_reason_and_an_end(store: Site) -> None:
    service.publish(store, [proposal()])
    known = one(store).id
    with pytest.raises(WrongUse):
        service.accept(store, known, " ", NEXT_WEEK)
    with pytest.raises(WrongUse):
        service.accept(store, "F000", "fine", NEXT_WEEK)
    assert acts(store) == ["findings.publish"]
    accepted = service.accept(store, known, "new scanner in May, says Dr Smith", NEXT_WEEK)
    assert accepted == one(store)
    entry = list(entries(store))[-1]
    assert (entry.act, entry.subject, entry.detail["until"]) == ("findings.accept", known, NEXT_WEEK.isoformat())
    assert accepted.acceptance is not None
    assert accepted.acceptance.person == entry.who
    # Staff may write a name: the store can be redacted, the journal cannot.
    assert "Smith" not in str(entry.detail)
    service.publish(store, [proposal(last_seen=at(8))])
    assert one(store).state is State.ACCEPTED
    assert service.worklist(store) == []


def test_an_acceptance_ends_by_itself(store: Site) -> None:
    service.publish(store, [proposal()])
    service.accept(store, one(store).id, "fine", NEXT_WEEK)
    from asepsis.findings.models import FindingRow

    FindingRow.objects.update(accepted_until=datetime.now(UTC).date() - timedelta(days=1))
    assert one(store).state is State.OPEN
    service.publish(store, [])
    assert [turn.what for turn in one(store).history] == ["opened", "accepted", "reopened"]


def test_reopening_and_closing_are_journalled(store: Site) -> None:
    service.publish(store, [proposal(kind=Kind.ALERT), proposal(subject="other")])
    alert, posture = (next(f for f in service.findings(store) if f.seen.kind is kind) for kind in (Kind.ALERT, Kind.POSTURE))
    service.close(store, alert.id, "host rebuilt")
    service.reopen(store, alert.id)
    with pytest.raises(WrongUse):
        service.close(store, posture.id, "I say so")
    assert acts(store) == ["findings.publish", "findings.close", "findings.reopen"]


def test_a_failure_half_way_leaves_nothing(store: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(service, "record", fail)
    with pytest.raises(OSError, match="disk full"):
        service.publish(store, [proposal()])
    assert service.findings(store) == []


def test_an_id_that_fits_several_is_refused(store: Site) -> None:
    service.publish(store, [proposal(subject=str(n)) for n in range(3)])
    with pytest.raises(WrongUse, match="more than one"):
        service.show(store, "F")
    with pytest.raises(WrongUse, match="no such finding"):
        service.show(store, "")


def test_findings_to_act_on_come_first(store: Site) -> None:
    quiet = proposal(subject="closed", patients=900)
    service.publish(store, [quiet, proposal()], [Cleared(quiet.check, quiet.subject, at(5), "")])
    assert [finding.state for finding in service.findings(store)] == [State.OPEN, State.CLOSED]


def test_many_are_published_in_one_go(store: Site) -> None:
    many = [proposal(subject=f"A{n}", zone=f"ward {n % 50}", asset_kind=f"kind {n % 9}") for n in range(500)]
    service.publish(store, many)
    service.publish(store, [replace(each, last_seen=at(3)) for each in many])
    assert len(service.findings(store)) == 500
    assert len(service.worklist(store)) <= 40
