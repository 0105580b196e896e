"""What people said of assets against what was seen: these are one, this is another's, this is what it is.

An act names its assets by what is kept of them (serial number, MAC address, else address), so that it holds as more is seen of them and
their ids change. It stays until it is undone.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from asepsis.hospital.asset import Asset


class Verb(StrEnum):
    MERGE = "merge"
    SPLIT = "split"
    SET = "set"


@dataclass(frozen=True, slots=True)
class Act:
    """One act of a person. `marks` are what is kept of each asset that it names; `what` is what a split takes off, `values` what is set."""

    n: int
    at: datetime
    who: str
    verb: Verb
    assets: tuple[str, ...]
    marks: tuple[frozenset[str], ...]
    what: str = ""
    values: dict[str, str] = field(default_factory=dict)
    undone: bool = False

    @property
    def words(self) -> str:
        """What was said, as a reason."""
        told = {
            Verb.MERGE: "these are one machine",
            Verb.SPLIT: f"{self.what} is another machine",
            Verb.SET: ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in self.values.items()),
        }
        return f"{self.who} said on {self.at:%Y-%m-%d}: {told[self.verb]} (act {self.n})."


def marks_of_asset(asset: Asset) -> frozenset[str]:
    """What an asset is known by again."""
    strong = {f"serial:{asset.manufacturer}|{asset.serial}".casefold()} if asset.serial else set()
    strong |= {f"mac:{mac}" for mac in asset.macs}
    places = {f"place:{stay.place}" for stay in asset.stays} if not strong and not asset.behind else set()
    return frozenset(strong or {*places, f"id:{asset.id}"})


def goes_by(asset: Asset) -> dict[str, str]:
    """What can be taken off an asset, and the mark of it: addresses and MAC addresses it had, AE titles."""
    out = {stay.address: f"place:{stay.place}" for stay in asset.stays}
    out |= {stay.place: f"place:{stay.place}" for stay in asset.stays}
    out |= {mac: f"mac:{mac}" for mac in asset.macs}
    return out | {title: f"ae:{title}" for title in asset.ae_titles}


def taken_off(acts: Iterable[Act], kind: str) -> frozenset[str]:
    """What splits take off machines: `place`, `mac` or `ae`."""
    marks = (mark for act in acts if act.verb is Verb.SPLIT for mark in act.marks[1])
    return frozenset(mark.removeprefix(f"{kind}:") for mark in marks if mark.startswith(f"{kind}:"))
