"""What a report asks of a site: the store and the journal, in as many questions for a large site as for a small one."""

from __future__ import annotations

import shutil
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime
from typing import Any

import pytest
from tests.findings.making import T0, at, proposal

from asepsis.assessment import service
from asepsis.assessment.paper import text_of
from asepsis.findings.harm import HarmKind
from asepsis.findings.service import accept, publish
from asepsis.journal.service import acting
from asepsis.kit.errors import BadInput
from asepsis.kit.site import Site

WEEK, MONTH, TODAY = service.week_of(T0.date()), service.month_of(T0.date()), date(2026, 3, 31)


def known(site: Site, count: int) -> None:
    levels = {HarmKind.SAFETY: 3}
    many = [proposal(subject=str(n), zone=f"zone {n % 7}", asset_kind=f"kind {n % 5}", levels=levels) for n in range(count)]
    publish(site, many, now=at(1))


def asked(site: Site, period: service.Period) -> int:
    """How many questions a report puts to the store."""
    from django.db import connection

    count = [0]

    def one(execute: Any, *question: Any) -> Any:
        count[0] += 1
        return execute(*question)

    wrapper: AbstractContextManager[None] = connection.execute_wrapper(one)
    service.report(site, period, TODAY)
    with wrapper:
        service.report(site, period, TODAY)
    return count[0]


@pytest.mark.parametrize("period", [WEEK, MONTH], ids=["week", "month"])
def test_a_large_site_is_asked_no_more_than_a_small_one(store: Site, period: service.Period, monkeypatch: pytest.MonkeyPatch) -> None:
    from asepsis import settings

    # A site that is served has its store open for good.
    monkeypatch.setattr(settings, "_served", [store.path])
    known(store, 20)
    few = asked(store, period)
    known(store, 400)
    assert asked(store, period) == few < 20


def test_a_report_needs_no_lake(store: Site) -> None:
    known(store, 3)
    shutil.rmtree(store.lake)
    assert "3 faults call for work" in text_of(service.report(store, WEEK, TODAY))
    assert "3 weak points could be used to hurt a patient: 3 more" in text_of(service.report(store, MONTH, TODAY))


def test_the_same_store_gives_the_same_paper(store: Site) -> None:
    known(store, 9)
    for period in (WEEK, MONTH):
        assert service.report(store, period, TODAY) == service.report(store, period, TODAY)


def test_who_accepted_stands_in_the_week_that_it_was_done_in(store: Site) -> None:
    known(store, 1)
    today = datetime.now(UTC).date()
    with acting("console:anna"):
        accept(store, proposal(subject="0").id, "the maker comes", today)
    said = text_of(service.report(store, service.week_of(today), today))
    assert "the maker comes" in said
    assert "accepted a finding" in said
    assert "the maker comes" not in text_of(service.report(store, WEEK, TODAY))


def test_a_plan_that_is_not_understood_is_said(store: Site) -> None:
    (store.path / "site.toml").write_text("[[zones]\n")
    with pytest.raises(BadInput, match=r"site\.toml"):
        service.report(store, MONTH, TODAY)


def test_months_of_before_anything_was_known_are_not_drawn(store: Site) -> None:
    known(store, 2)
    assert [name for name, _ in service.board(store, service.month("2026-05"), TODAY).months] == ["Mar 2026", "Apr 2026", "May 2026"]
    assert [name for name, _ in service.board(store, service.month("2020-05"), TODAY).months] == ["May 2020"]


def test_a_week_that_is_not_over_is_told_as_far_as_it_went(store: Site) -> None:
    known(store, 2)
    half = service.handover(store, WEEK, T0.date())
    assert half.ended.all == 2
    assert half.listened.of.days == (T0.date() - WEEK.since).days
