"""Weeks and months by their names."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asepsis.assessment.period import lately, month, month_of, period_of, week, week_of
from asepsis.kit.errors import WrongUse


def test_a_week_begins_on_monday_and_is_named_as_iso_8601_does() -> None:
    new_year = week_of(date(2027, 1, 1))
    assert (new_year.name, new_year.since, new_year.until) == ("2026-W53", date(2026, 12, 28), date(2027, 1, 4))
    assert new_year.words == "Week 53 of 2026, 28 December to 3 January"
    assert (new_year.before.name, new_year.after.name) == ("2026-W52", "2027-W01")


def test_a_month_has_its_days() -> None:
    february = month("2028-02")
    assert (len(february.days), february.words, february.monthly) == (29, "February 2028", True)
    assert (february.before.name, february.after.name) == ("2028-01", "2028-03")
    assert [one.name for one in lately(february, 3)] == ["2027-12", "2028-01", "2028-02"]


@given(st.dates(date(1990, 1, 1), date(2200, 1, 1)))
def test_each_day_is_in_one_week_and_one_month_whose_name_leads_back(day: date) -> None:
    for made in (week_of(day), month_of(day)):
        assert made.since <= day < made.until
        assert period_of(made.name) == made
        assert made.before.until == made.since
        assert made.after.since == made.until


@pytest.mark.parametrize(
    "name",
    ["", "2026", "2026-W54", "2026-W1", "0001-W01", "9999-W51", "2026-W481", "W", "9999-W53", "2026-W48-1", "2026-11-01", "\u0662026-W48"],
)
def test_what_is_no_week_is_refused(name: str) -> None:
    with pytest.raises(WrongUse, match="not a week"):
        week(name)


@pytest.mark.parametrize("name", ["", "2026-13", "2026-1", "0001-01", "9999-11", "2026-W48", "2026-11-01", "9999-99", "202611"])
def test_what_is_no_month_is_refused(name: str) -> None:
    with pytest.raises(WrongUse, match="not a month"):
        month(name)
