"""Rows of connections with places outside."""

from __future__ import annotations

from typing import Any

from .looks import Row, at

HOUR = 3_600


def call(begin: float, length: float = 1.0, late: float = 8.0, **more: Any) -> Row:
    """A connection of a machine with a place outside; its row comes a little after its end."""
    who = {"id_orig_h": "10.1.0.9", "id_resp_h": "198.51.100.66", "id_resp_p": 443, "proto": "tcp"}
    what = {"duration": length, "orig_bytes": 900, "resp_bytes": 100, "interim": False}
    when = {"uid": f"C{begin}{more.get('id_orig_h')}", "ts": at(begin), "after": begin + length + late}
    return {"stream": "conn"} | who | what | when | more


def lasting(begin: float, length: float, sent: int, **more: Any) -> list[Row]:
    """One that goes on: a row after a minute, one an hour, and one at its end, each with what was sent since the beginning."""
    ends = [60.0, *(60.0 + HOUR * n for n in range(1, int(length // HOUR) + 1))]
    rows = [
        call(begin, end, orig_bytes=round(sent * end / length), interim=True, id=f"{begin}-{end}", **more) for end in ends if end < length
    ]
    return [*rows, call(begin, length, orig_bytes=sent, **more)]


def end(hour: float) -> Row:
    """Something else happens later."""
    return call(hour * HOUR, id_resp_h="10.1.0.5", uid=f"end{hour}")
