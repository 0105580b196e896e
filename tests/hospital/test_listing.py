"""A long list of assets, a page at a time."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asepsis.hospital.listing import read_mark, write_mark
from asepsis.kit.errors import WrongUse


@given(st.text(max_size=600), st.text(max_size=20))
def test_a_mark_is_read_as_it_was_written(name: str, id: str) -> None:
    assert read_mark(write_mark(name, id)) == (name, id)


@pytest.mark.parametrize("mark", ["", "x", "é", "%F0", "bnVsbA", "WzEsMl0", "W10", "A" * 5000])
def test_what_is_no_mark_is_refused_in_a_line(mark: str) -> None:
    with pytest.raises(WrongUse, match="no place in the list"):
        read_mark(mark)
