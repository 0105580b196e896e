"""Who held an address, and when: an address is only where a machine was.

ARP (RFC 826) and DHCP (RFC 2131) show which MAC address has an IP address. Where several had one in turn, because leases run out, devices
are replaced or people move, each of them held it for a time, and what was seen at the address belongs to who held it then. Such an address
is written `address@mac` from then on, so that all who count by address tell the holders apart.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby, pairwise
from typing import Any, Protocol

SETTLED = timedelta(minutes=10)
"""Who had an address for so long, or took it after so long a silence, has it by right; a faster change may be two that fight over it."""
MOST_CHANGES = 200
"""An address that changed hands more often is given up as contested: 30 days of leases of four hours are 180 changes."""
BEFORE, AFTER = datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
"""When the first holder of an address began and the last one ends, as far as this product is concerned."""


class Lake(Protocol):
    """The one thing asked of a lake."""

    def rows(self, query: str, /) -> list[dict[str, Any]]: ...


@dataclass(frozen=True, slots=True)
class Claim:
    """A MAC address was shown to have an address from `first` to `last`, and no other in between. `leased`: DHCP gave it."""

    address: str
    mac: str
    first: datetime
    last: datetime
    leased: bool


@dataclass(frozen=True, slots=True)
class Tenure:
    """`mac` held `address` from `since` until before `until`."""

    address: str
    mac: str
    since: datetime
    until: datetime

    @property
    def place(self) -> str:
        """How the address is written where it had several holders."""
        return f"{self.address}@{self.mac}"


_CLAIMS = f"""
    with said as (
        select sender_ip as address, sender_mac as mac, ts, 0 as leased from arp
        where sender_ip is not null and sender_ip <> '0.0.0.0' and sender_mac is not null
        union all
        select coalesce(assigned_addr, client_addr) as address, mac, ts, 1 as leased from dhcp where msg_type = 'ACK' and mac is not null
        union all
        select client_addr as address, mac, ts, 1 as leased from dhcp where msg_type in ('REQUEST', 'INFORM') and mac is not null
    ), several as (
        select address from said where address is not null group by address having count(distinct mac) > 1
    ), compared as (
        select said.*, lag(mac) over (partition by said.address order by ts, mac, leased) as before
        from said join several on several.address = said.address
    ), counted as (
        select *, sum(case when before = mac then 0 else 1 end)
                  over (partition by address order by ts, mac, leased rows unbounded preceding) as turn
        from compared
    ), changed as (
        select address, max(turn) as turns from counted group by address
    )
    select c.address, c.mac, c.turn, min(c.ts) as first, max(c.ts) as last, max(c.leased) as leased
    from counted as c join changed on changed.address = c.address
    where turns <= {MOST_CHANGES} group by c.address, c.mac, c.turn order by c.address, c.turn
"""  # noqa: S608 - a number of ours


def claims(lake: Lake) -> list[Claim]:
    """Who claimed the addresses that several MAC addresses claimed, turn by turn."""
    found = lake.rows(_CLAIMS)
    return [Claim(r["address"], r["mac"], _utc(r["first"]), _utc(r["last"]), bool(r["leased"])) for r in found]


def tenures(claims: Iterable[Claim], one_of_many: frozenset[str] = frozenset()) -> list[Tenure]:
    """The holders of each address that changed hands and never was fought over. `one_of_many` are MAC addresses that claim addresses for
    others or that several machines share by design: what they claim is left out."""
    out: list[Tenure] = []
    ordered = sorted((c for c in claims if c.mac not in one_of_many), key=lambda c: (c.address, c.first, c.mac))
    for address, found in groupby(ordered, key=lambda c: c.address):
        turns = _joined(list(found))
        if len(turns) > 1 and all(_settled(before, after) for before, after in pairwise(turns)):
            starts = [BEFORE, *(turn.first for turn in turns[1:]), AFTER]
            out += [Tenure(address, turn.mac, since, until) for turn, (since, until) in zip(turns, pairwise(starts), strict=True)]
    return out


def claims_for_others(claims: Iterable[Claim]) -> frozenset[str]:
    """MAC addresses that are no machine's own: those of VRRP and HSRP (RFC 5798 7.3, RFC 2281 5.6), which pass from router to router."""
    return frozenset(c.mac for c in claims if c.mac.startswith(("00:00:5e:00:01:", "00:00:5e:00:02:", "00:00:0c:07:ac:", "00:00:0c:9f:f")))


def places(held: Iterable[Tenure]) -> dict[str, list[Tenure]]:
    """The tenures by address, in order of time."""
    out: dict[str, list[Tenure]] = defaultdict(list)
    for tenure in sorted(held, key=lambda t: (t.address, t.since)):
        out[tenure.address].append(tenure)
    return dict(out)


def address_of(place: str) -> str:
    """The address of a place: `10.0.0.5` of `10.0.0.5@00:1b:21:00:00:0a`."""
    return place.partition("@")[0]


def _joined(turns: list[Claim]) -> list[Claim]:
    """Turns of one MAC address that follow each other, as when who stood between was left out, are one."""
    out: list[Claim] = []
    for turn in turns:
        if out and out[-1].mac == turn.mac:
            out[-1] = Claim(turn.address, turn.mac, out[-1].first, max(out[-1].last, turn.last), out[-1].leased or turn.leased)
        else:
            out.append(turn)
    return out


def _settled(before: Claim, after: Claim) -> bool:
    return after.leased or after.first - before.last >= SETTLED or after.last - after.first >= SETTLED


def _utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
