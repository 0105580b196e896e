"""Sizes as people write them."""

from __future__ import annotations

import pytest

from asepsis.kit import size
from asepsis.kit.errors import WrongUse


@pytest.mark.parametrize(
    ("text", "number"),
    [("500MB", 500_000_000), ("20GB", 20 * 10**9), ("20 g", 20 * 10**9), ("1.5TB", 1_500 * 10**9), ("64GiB", 64 << 30), ("1kB", 1000)],
)
def test_a_size(text: str, number: int) -> None:
    assert size.parse(text) == number


@pytest.mark.parametrize("text", ["", "20", "GB", "-1GB", "1e3GB", "20 gigs", "\u0662\u0660 parsecs"])
def test_what_is_none(text: str) -> None:
    with pytest.raises(WrongUse):
        size.parse(text)


def test_shown() -> None:
    assert [size.show(number) for number in (0, 999, 1500, 20 * 10**9, 3 * 10**15)] == [
        "0 bytes", "999 bytes", "1.5 kB", "20.0 GB", "3,000.0 TB",
    ]  # fmt: skip
