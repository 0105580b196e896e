"""A long list of assets, a page at a time."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asepsis.kit.errors import WrongUse
from asepsis.kit.marks import read_mark, write_mark

STORABLE = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=600)


@given(STORABLE, st.integers(-(2**63), 2**63 - 1))
def test_a_mark_is_read_as_it_was_written(name: str, rank: int) -> None:
    assert read_mark(write_mark((name, rank)), str, int) == [name, rank]


@pytest.mark.parametrize("key", [("\0", 1), ("\ud800", 1), ("x", 2**63), ("x", "1"), ("x",), (1, "x")])
def test_what_no_store_can_compare_with_is_no_mark(key: tuple[str | int, ...]) -> None:
    with pytest.raises(WrongUse, match="no place in the list"):
        read_mark(write_mark(key), str, int)


@pytest.mark.parametrize("mark", ["", "x", "é", "%F0", "bnVsbA", "WzEsMl0", "W10", "A" * 5000, "W1tb" * 900])
def test_what_is_no_mark_is_refused_in_a_line(mark: str) -> None:
    with pytest.raises(WrongUse, match="no place in the list"):
        read_mark(mark, str, str)
