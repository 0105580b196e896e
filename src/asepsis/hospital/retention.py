"""How long rows are kept: `[retention]` in site.toml, days a stream."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

DAYS = 36_500
"""A hundred years: longer than any law asks for."""
DEFAULT = "default"
"""The key that stands for every stream that is not named."""


@dataclass(frozen=True, slots=True)
class Retention:
    """Days that rows of a stream are kept; of one that is not named as long as `default` says, without that for ever."""

    days: tuple[tuple[str, int], ...] = ()

    def of(self, streams: Collection[str]) -> dict[str, int]:
        """Days of each of these streams that has any."""
        stated = dict(self.days)
        found = ((stream, stated.get(stream, stated.get(DEFAULT))) for stream in streams)
        return {stream: days for stream, days in found if days is not None}


def stated(key: str, value: Any, streams: Collection[str]) -> int:
    """The days that stand behind a key of the table. Raises ValueError."""
    if key != DEFAULT and key not in streams:
        raise ValueError(f"no such stream; there are {DEFAULT}, {', '.join(streams)}")
    if type(value) is not int or not 1 <= value <= DAYS:
        raise ValueError(f"days are a number from 1 to {DAYS}")
    return value
