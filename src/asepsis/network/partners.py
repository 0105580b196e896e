"""Which partner of the hospital an address outside belongs to: by the address, or by the name under which it was called."""

from __future__ import annotations

from collections import defaultdict
from functools import cached_property

from asepsis.findings.service import Look

_LOOKED_UP = """
    select distinct client, name, address from (
        select id_orig_h as client, query as name, unnest(answers) as address from dns
        where flavor = 'dns' and qtype_name in ('A', 'AAAA') and query is not null
    ) as answered where address in (select id_resp_h from pairs union select id_orig_h from pairs)
"""


class Partners:
    """The partners that site.toml names. Names are looked for only where it names domains."""

    def __init__(self, look: Look) -> None:
        self._look, self._locator = look, look.locator
        self._by_name = any(partner.domains for partner in look.plan.partners)

    def of(self, address: str, caller: str, shown: str | None) -> tuple[str, str]:
        """The partner and the name it was known by, both empty if it is none. `shown` is the name in the talk itself: the server that the
        caller asked for in a TLS hello or a web request; without one, what the caller looked up before it called."""
        partner = self._locator.partner(address)
        if partner or not self._by_name:
            return partner, ""
        names = [shown] if shown else self._names(address, caller)
        partners = [self._locator.partner(address, name) for name in names]
        # One address may serve many: where one of the names is no partner's, the talk may be with that one.
        return (partners[0], names[0]) if partners and all(partners) else ("", "")

    def _names(self, address: str, caller: str) -> list[str]:
        """What the caller asked for; else what anyone did, as a resolver may stand between."""
        found = self._looked_up
        return sorted(found.get((address, caller)) or found.get((address, ""), set()))

    @cached_property
    def _looked_up(self) -> dict[tuple[str, str], set[str]]:
        found: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
        for row in self._look.rows(_LOOKED_UP):
            found[row["address"], row["client"]].add(row["name"])
            found[row["address"], ""].add(row["name"])
        return found
