"""Which answers are drawn, and how."""

from __future__ import annotations

from typing import Any

import pytest

from asepsis.lake.chart import BARS, HEIGHT, WIDTH, Column, Of, chart


def columns(*kinds: Of) -> list[Column]:
    return [Column(f"c{n}", kind) for n, kind in enumerate(kinds)]


def test_names_and_a_number_are_bars() -> None:
    rows = [["CT01", "PACS", 8, "2026-01-01"], ["MR01", None, 2, None], ["US01", "PACS", None, None]]
    drawn = chart(columns(Of.TEXT, Of.TEXT, Of.NUMBER, Of.TIME), rows)
    assert drawn is not None
    assert [(bar.label, bar.value, bar.share) for bar in drawn.bars] == [("CT01 · PACS", "8", WIDTH), ("MR01 · -", "2", WIDTH // 4)]
    assert (drawn.of, drawn.by, drawn.rows) == ("c2", "c0, c1", 2)


def test_a_time_and_numbers_are_a_line_in_the_order_of_time() -> None:
    rows = [
        ["2026-01-01T02:00:00Z", 5, 1],
        ["2026-01-01T00:00:00Z", 10, 1],
        [None, 7, 1],
        ["2026-01-01T01:00:00Z", 0, 1],
        ["no time", 1, 1],
    ]
    drawn = chart(columns(Of.TIME, Of.NUMBER, Of.NUMBER), rows)
    assert drawn is not None
    assert drawn.points == ((0, 0), (WIDTH // 2, HEIGHT), (WIDTH, HEIGHT // 2))
    assert (drawn.first, drawn.last, drawn.low, drawn.high) == ("2026-01-01T00:00:00Z", "2026-01-01T02:00:00Z", "0", "10")


def test_a_line_goes_below_zero_where_numbers_do() -> None:
    drawn = chart(columns(Of.TIME, Of.NUMBER), [["2026-01-01", -5], ["2026-01-02", 5]])
    assert drawn is not None
    assert drawn.points == ((0, HEIGHT), (WIDTH, 0))


def test_many_bars_are_the_first() -> None:
    drawn = chart(columns(Of.TEXT, Of.NUMBER), [[f"a{n}", n] for n in range(100)])
    assert drawn is not None
    assert (len(drawn.bars), drawn.rows) == (BARS, 100)


def test_all_zero_is_drawn_as_nothing_long() -> None:
    drawn = chart(columns(Of.TEXT, Of.NUMBER), [["a", 0], ["b", 0]])
    assert drawn is not None
    assert [bar.share for bar in drawn.bars] == [0, 0]


def test_text_of_attackers_is_one_line_of_some_length() -> None:
    drawn = chart(columns(Of.TEXT, Of.NUMBER), [["\u202e\n<b>" + "x" * 500, 1], ["b", 2]])
    assert drawn is not None
    assert drawn.bars[0].label.startswith("<b>xxx")
    assert len(drawn.bars[0].label) == 60


@pytest.mark.parametrize(
    ("kinds", "rows"),
    [
        ([Of.NUMBER], [[1], [2]]),
        ([Of.TEXT], [["a"], ["b"]]),
        ([Of.TIME], [["2026-01-01"], ["2026-01-02"]]),
        ([Of.TEXT, Of.TIME, Of.NUMBER], [["a", "2026-01-01", 1]] * 3),
        ([Of.TIME, Of.TEXT, Of.NUMBER], [["2026-01-01", "a", 1]] * 3),
        ([Of.TEXT] * 4 + [Of.NUMBER], [["a", "b", "c", "d", 1]] * 3),
        ([Of.OTHER, Of.NUMBER], [[[], 1]] * 3),
        ([Of.TEXT, Of.NUMBER], [["a", 1]]),
        ([Of.TEXT, Of.NUMBER], [["a", -1], ["b", 2]]),
        ([Of.TEXT, Of.NUMBER], [["a", None], ["b", None]]),
        ([Of.TIME, Of.NUMBER], [["2026-01-01", 1], ["2026-01-01", 2]]),
        ([Of.TIME, Of.NUMBER], [["2026-01-01", 10**400], ["2026-01-02", 10**400]]),
    ],
)
def test_what_has_no_shape_is_not_drawn(kinds: list[Of], rows: list[list[Any]]) -> None:
    assert chart(columns(*kinds), rows) is None
