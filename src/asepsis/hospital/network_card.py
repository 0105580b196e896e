"""Who made a network card, by the first bytes of its MAC address (IEEE 802-2014 8.2; data/oui.tsv)."""

from __future__ import annotations

from functools import cache

from asepsis.hospital.kinds import table


@cache
def _by_prefix() -> dict[str, dict[str, str]]:
    return {row["prefix"]: row for row in table("oui")}


def card(mac: str) -> dict[str, str] | None:
    """The row of the longest block that holds the address: 36, 28 or 24 bits. None if the address was made up."""
    if is_made_up(mac):
        return None
    # As in the table: two digits and a colon a byte, the odd last digit alone.
    return next((row for length in (13, 10, 8) if (row := _by_prefix().get(mac[:length].lower()))), None)


def maker_of(mac: str) -> str:
    """The organisation, or nothing."""
    row = card(mac)
    return row["organisation"] if row else ""


def is_made_up(mac: str) -> bool:
    """Whether the address is locally administered: made up by a telephone for privacy, or given to a virtual machine."""
    try:
        return bool(int(mac[:2], 16) & 2)
    except ValueError:
        return False
