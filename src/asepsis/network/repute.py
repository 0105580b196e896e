"""What a machine is taken for, and since when: whom exceptions of asepsis's own rules excuse by kind or role.

What a machine does makes its kind, so an attacker who answers as a domain controller becomes one. Believed is therefore what a person
stated, what was so while the site learned what is usual, and what has been so for four weeks.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from asepsis.findings.service import Party
from asepsis.hospital.service import STATED, Asset

from .library import Entry
from .meaning import LEARN_DAYS
from .memory import Known, Memory, key_of

ROLES = "roles"
"""The running table: [id of an asset, kind or role]."""
LONG = timedelta(days=LEARN_DAYS)


@dataclass(frozen=True, slots=True)
class Repute:
    """Since when machines are taken for what they are, by the key of asset and kind. Where nothing is remembered (None: a rule's examples,
    a site that no rule has looked at) everything is believed."""

    known: Mapping[str, Known] | None = None

    def believed(self, party: Party, moment: datetime) -> Party:
        """A party with those of its kinds and roles alone that were believed at a moment (UTC)."""
        if self.known is None:
            return party
        return Party(party.place, tuple(self._believed(asset, moment) for asset in party.assets))

    def recent(self, party: Party, roles: frozenset[str], moment: datetime) -> dict[str, datetime]:
        """Which of these roles a party is taken for and not believed at a moment (UTC), each with since when."""
        found: dict[str, datetime] = {}
        for asset in party.assets:
            for role in _all_of(asset) & roles:
                if not self._counts(asset, role, moment) and (old := _earliest(self.known or {}, asset, role)):
                    found[role] = old.first
        return found

    def _believed(self, asset: Asset, moment: datetime) -> Asset:
        kind = asset.kind if self._counts(asset, asset.kind, moment) else ""
        return replace(asset, kind=kind, roles=tuple(role for role in asset.roles if self._counts(asset, role, moment)))

    def _counts(self, asset: Asset, role: str, moment: datetime) -> bool:
        if self.known is None or _stated(asset, role):
            return True
        old = _earliest(self.known, asset, role)
        return old is not None and (old.value["taught"] or moment >= old.first + LONG)


ANYTHING = Repute()


def roles_of(entries: Iterable[Entry]) -> frozenset[str]:
    """The kinds and roles by which rules that come with asepsis excuse an attacker."""
    sides = [one.attacker for entry in entries if entry.own for one in entry.meaning.exceptions]
    return frozenset(role for side in sides for role in (*side.kinds, *side.roles))


def learn(memory: Memory, assets: Iterable[Asset], roles: frozenset[str], now: datetime, learning: bool) -> Repute:
    """Remembers which machines are taken for one of the `roles` in a look at `now` (UTC), and whether the site was `learning` when each was
    first. What no machine was taken for in four weeks begins anew."""
    before = memory.load()
    known = {key: one for key, one in before.items() if one.last >= now - LONG - timedelta(days=1)}
    # What is so all the time is written once a day.
    today = datetime(now.year, now.month, now.day, tzinfo=UTC)
    for asset in assets:
        for role in _all_of(asset) & roles:
            old = _earliest(known, asset, role) or Known({"taught": learning}, now, today)
            known[key_of((asset.id, role))] = replace(old, last=max(old.last, today))
    memory.drop(before.keys() - known.keys())
    memory.save({key: one for key, one in known.items() if one != before.get(key)})
    return Repute(known)


def _all_of(asset: Asset) -> set[str]:
    return {asset.kind, *asset.roles}


def _stated(asset: Asset, role: str) -> bool:
    """Whether a person says that it is this, in site.toml or by an edit."""
    said = any(fact.name == "kind" and fact.value == role and fact.source == STATED for fact in asset.attributes)
    return said and role == asset.kind and asset.class_source.startswith(STATED)


def _earliest(known: Mapping[str, Known], asset: Asset, role: str) -> Known | None:
    """What is known of a machine in a role, under any id that it had."""
    keys = (key_of((id, role)) for id in (asset.id, *asset.former))
    return min((known[key] for key in keys if key in known), key=lambda one: (not one.value["taught"], one.first), default=None)
