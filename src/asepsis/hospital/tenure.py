"""Who held an address, and when: an address is only where a machine was.

ARP (RFC 826) and DHCP (RFC 2131) show which MAC address has an IP address. Where several had one in turn, because leases run out, devices
are replaced or people move, each of them held it for a time, and what was seen at the address belongs to who held it then. Such an address
is written `address@mac` from then on, so that all who count by address tell the holders apart. Where one MAC address goes from machine to
machine, as that of a docking station does, the names tell them apart (`address@mac/name`); behind a router, where no MAC address is
known, what devices say of themselves does: a serial number, or the reference of an endpoint (`address@serial`).
"""

from __future__ import annotations

import sys
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any, Protocol

from asepsis.hospital.equipment import is_serial

SETTLED = timedelta(minutes=10)
"""Who had an address for so long, or took it after so long a silence, has it by right; a faster change may be two that fight over it."""
MOST_CHANGES = 200
"""An address that changed hands more often is given up as contested: 30 days of leases of four hours are 180 changes."""
MOST_TURNS = 4
"""Turns of serial numbers at one address that are believed: a device, the one that stood in for it, the device again, its successor."""
HOURS = 5
"""In so many different hours each of them must have been heard: if two behind an adapter took turns by chance, that each was heard in five
hours, and the one only after the other, is one case in 126 (2 of the 252 orders)."""
MOST_CLAIMS = 200_000
"""Turns that are gone through; those of addresses that changed hands least come first, so that who makes up holders crowds out himself."""
NOBODY = "?"
"""Who had an address when nobody is known who did."""
LONGEST_NAME = 100
"""Characters of a serial number or endpoint that a place is written with."""
BEFORE, AFTER = datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
"""When the first holder of an address began and the last one ends, as far as this product is concerned."""


class Lake(Protocol):
    """The one thing asked of a lake."""

    def rows(self, query: str, /) -> list[dict[str, Any]]: ...


@dataclass(frozen=True, slots=True)
class Claim:
    """A machine was shown to have an address from `first` to `last`, and no other in between. `leased`: DHCP gave it. `name`: the host name
    where several machines have the MAC address in turn; without a MAC address the serial number or endpoint, heard in so many `hours`.
    `alone`: nobody else ever claimed the address."""

    address: str
    mac: str
    first: datetime
    last: datetime
    leased: bool
    name: str = ""
    hours: int = 0
    alone: bool = False

    @property
    def holder(self) -> tuple[str, str]:
        return self.mac, self.name


@dataclass(frozen=True, slots=True)
class Tenure:
    """`mac` (or the machine of that `name` with it, or the one of the serial number `name` without) held `address` from `since` until
    before `until`."""

    address: str
    mac: str
    since: datetime
    until: datetime
    name: str = ""

    @property
    def place(self) -> str:
        """How the address is written where it had several holders."""
        return f"{self.address}@{'/'.join(part for part in (self.mac, self.name) if part)}"


# Of a MAC address that several host names have again and again, each of at least two at least twice, no ARP says which of them it was.
_CLAIMS = f"""
    with named as (
        select mac, coalesce(client_addr, requested_addr) as address, lower(host_name) as name, ts from dhcp
        where msg_type in ('REQUEST', 'INFORM') and mac is not null and host_name is not null and host_name not like '%*%'
    ), renamed as (
        select *, lag(name) over (partition by mac order by ts, name) as before from named
    ), again as (
        select mac, name from renamed where before is null or before <> name group by mac, name having count(*) > 1
    ), shared as (
        select mac from again group by mac having count(*) > 1
    ), said as (
        select sender_ip as address, sender_mac as mac, '' as name, ts, 0 as leased from arp
        where sender_ip is not null and sender_ip <> '0.0.0.0' and sender_mac is not null
        union all
        select coalesce(assigned_addr, client_addr) as address, mac, '' as name, ts, 1 as leased from dhcp
        where msg_type = 'ACK' and mac is not null
        union all
        select client_addr as address, mac, '' as name, ts, 0 as leased from dhcp
        where msg_type in ('REQUEST', 'INFORM') and mac is not null
    ), told as (
        select said.address, said.mac, said.name, said.ts, said.leased from said left join shared on shared.mac = said.mac
        where shared.mac is null and said.address is not null
        union all
        select named.address, named.mac, named.name, named.ts, 1 as leased from named join shared on shared.mac = named.mac
        where named.address is not null
    ), moved as (
        select mac, name from told where leased = 1 group by mac, name having min(address) <> max(address)
    ), several as (
        select address from told group by address having min(mac) <> max(mac) or min(name) <> max(name)
        union select told.address from told join moved on moved.mac = told.mac and moved.name = told.name
    ), compared as (
        select told.*, lag(mac || '/' || name) over (partition by told.address order by ts, mac, name, leased) as before
        from told join several on several.address = told.address
    ), counted as (
        select *, sum(case when before = mac || '/' || name then 0 else 1 end)
                  over (partition by address order by ts, mac, name, leased rows unbounded preceding) as turn
        from compared
    ), turns as (
        select address, mac, name, turn, min(ts) as first, max(ts) as last, max(leased) as leased
        from counted group by address, mac, name, turn
    ), beside as (
        select *, lag(last) over (partition by address order by turn) as left_before,
               lead(first) over (partition by address order by turn) as next_begins,
               count(*) over (partition by address) = 1 as alone
        from turns
    ), settled as (
        select * from beside where leased = 1 or last - first >= interval {SETTLED.seconds} second
        or ((left_before is null or first - left_before >= interval {SETTLED.seconds} second)
            and (next_begins is null or next_begins - last >= interval {SETTLED.seconds} second))
    ), changes as (
        select *, count(*) over (partition by address) as turns from settled
    )
    select address, mac, name, first, last, leased, alone from changes
    where turns <= {2 * MOST_CHANGES} order by turns, address, turn limit {MOST_CLAIMS + 1}
"""  # noqa: S608 - numbers of ours

# What devices say of themselves at addresses whose MAC address nobody told, but for one who claims it in passing. An archive that takes
# images in sends on those of others. The ends may be named by their places already, where the lake was asked before.
_TOLD = f"""
    with told as (
        select split_part(id_orig_h, '@', 1) as address, 'dicom' as source, serial as name, ts from dicom_message
        where command = 'C-STORE-RQ' and move_originator_ae is null
        and id_orig_h not in (select id_resp_h from dicom_message where command = 'C-STORE-RQ' and id_resp_h is not null)
        union all
        select split_part(case when is_orig then id_orig_h else id_resp_h end, '@', 1), 'astm', serial_number, ts from astm
        union all
        select split_part(case when is_orig then id_orig_h else id_resp_h end, '@', 1), 'poct1', serial_number, ts
        from poct1 where message_type = 'HEL.R01'
        union all
        select split_part(id_resp_h, '@', 1), 'sdc', serial, ts from sdc where transport = 'http' and action = 'GetResponse'
        union all
        select split_part(id_orig_h, '@', 1), 'endpoint', endpoint, ts from sdc where transport = 'udp' and action = 'Hello'
        union all
        select split_part(id_resp_h, '@', 1), 'endpoint', endpoint, ts from sdc where transport = 'http' and action = 'GetResponse'
    ), known as (
        select sender_ip as address from arp where sender_ip is not null
        group by sender_ip, sender_mac having min(date_trunc('hour', ts)) < max(date_trunc('hour', ts))
        union select coalesce(assigned_addr, client_addr) from dhcp
        where msg_type in ('ACK', 'REQUEST', 'INFORM') and mac is not null and coalesce(assigned_addr, client_addr) is not null
    ), routed as (
        select told.* from told left join known on known.address = told.address
        where known.address is null and told.address is not null and name is not null
    ), several as (
        select address, source from routed group by address, source having min(lower(name)) <> max(lower(name))
    ), compared as (
        select r.*, lag(lower(name)) over (partition by r.address, r.source order by ts, lower(name)) as before
        from routed as r join several as s on s.address = r.address and s.source = r.source
    ), counted as (
        select *, sum(case when before = lower(name) then 0 else 1 end)
                  over (partition by address, source order by ts, lower(name) rows unbounded preceding) as turn
        from compared
    ), turns as (
        select address, source, turn, min(name) as name, min(ts) as first, max(ts) as last,
               count(distinct date_trunc('hour', ts)) as hours
        from counted group by address, source, turn
    ), changes as (
        select *, count(*) over (partition by address, source) as turns from turns
    )
    select address, source, name, first, last, hours from changes
    where turns <= {4 * MOST_TURNS} order by turns, address, source, turn limit {MOST_CLAIMS + 1}
"""  # noqa: S608 - numbers of ours


def claims(lake: Lake) -> list[Claim]:
    """Who claimed the addresses that several claimed, turn by turn. Left out are short claims in the midst of those of others: an address
    that two fight over, or that a thief claims for an hour, stays with who had it before and after."""
    found, told = lake.rows(_CLAIMS), lake.rows(_TOLD)
    if max(len(found), len(told)) > MOST_CLAIMS:
        incomplete(f"more than {MOST_CLAIMS:,} changes of who has an address")
    out = [
        Claim(r["address"], r["mac"], _utc(r["first"]), _utc(r["last"]), bool(r["leased"]), r["name"], alone=r["alone"])
        for r in found[:MOST_CLAIMS]
    ]
    return out + _devices(told[:MOST_CLAIMS])


def incomplete(what: str) -> None:
    """Says that there is more than the inventory looks at."""
    print(f"asepsis: the inventory is incomplete: {what}; somebody may be making them up", file=sys.stderr, flush=True)


def _devices(found: list[dict[str, Any]]) -> list[Claim]:
    """Devices that followed each other at an address, by what they said: each was heard in several hours, and none between those of
    another, as those behind an adapter are. All that says who is there must agree to it."""
    out: list[Claim] = []
    rows = ((r["address"], r["source"], r) for r in found if r["source"] == "endpoint" or is_serial(r["name"]))
    for _, at in groupby(sorted(rows, key=lambda row: (row[:2], row[2]["first"], row[2]["name"])), key=lambda row: row[0]):
        by_source = [_joined([_told(r) for _, _, r in of]) for _, of in groupby(at, key=lambda row: row[1])]
        several = [turns for turns in by_source if len(turns) > 1]
        if several and all(len(turns) <= MOST_TURNS and all(t.hours >= HOURS for t in turns) for turns in several):
            out += several[0]
    return out


def _told(row: dict[str, Any]) -> Claim:
    name = row["name"].strip().casefold()[:LONGEST_NAME]
    return Claim(row["address"], "", _utc(row["first"]), _utc(row["last"]), False, name, row["hours"])


def tenures(claims: Iterable[Claim], one_of_many: frozenset[str] = frozenset()) -> list[Tenure]:
    """The holders of each address that several claimed, in turn. `one_of_many` are MAC addresses that claim addresses for others or that
    several machines share by design: what they claim is left out."""
    kept = [c for c in claims if c.mac not in one_of_many]
    moves = _moves(kept)
    out: list[Tenure] = []
    for address, found in groupby(sorted(kept, key=lambda c: (c.address, c.first, c.last, c.holder)), key=lambda c: c.address):
        turns = _joined(_without_strays(_joined(list(found))))
        if turns and len(turns) <= MOST_CHANGES and not (turns[0].alone and _left(turns[0], moves) == AFTER):
            starts = [_came(turns[0], moves), *(turn.first for turn in turns[1:]), AFTER]
            ends = [min(until, _left(turn, moves)) for turn, until in zip(turns, starts[1:], strict=True)]
            out += [Tenure(address, t.mac, since, until, t.name) for t, since, until in zip(turns, starts, ends, strict=False)]
            between = zip([BEFORE, *ends], starts, strict=True)
            out += [Tenure(address, "", since, until, NOBODY) for since, until in between if since < until]
    return out


_Moves = dict[tuple[str, str], list[tuple[datetime, str]]]


def _moves(claims: list[Claim]) -> _Moves:
    """When DHCP gave a machine which address."""
    out: _Moves = defaultdict(list)
    for claim in claims:
        if claim.leased:
            out[claim.holder].append((claim.first, claim.address))
    return {holder: sorted(found) for holder, found in out.items()}


def _left(turn: Claim, moves: _Moves) -> datetime:
    """When the holder of a lease got another address: whoever is at its old one from then on, it is not the holder."""
    if not turn.leased:
        return AFTER
    found = moves[turn.holder]
    later = found[bisect_right(found, (turn.last, "\U0010ffff")) :]
    return next((ts for ts, address in later if address != turn.address), AFTER)


def _came(turn: Claim, moves: _Moves) -> datetime:
    """When the first known holder of an address was last given another one: whoever was here until then, it was not the holder."""
    found = moves[turn.holder] if turn.leased else []
    earlier = found[: bisect_left(found, (turn.first, ""))]
    return next((ts for ts, address in reversed(earlier) if address != turn.address), BEFORE)


def claims_for_others(claims: Iterable[Claim]) -> frozenset[str]:
    """MAC addresses that are no machine's own: those of VRRP and HSRP (RFC 5798 7.3, RFC 2281 5.6), which pass from router to router."""
    return frozenset(c.mac for c in claims if c.mac.startswith(("00:00:5e:00:01:", "00:00:5e:00:02:", "00:00:0c:07:ac:", "00:00:0c:9f:f")))


def places(held: Iterable[Tenure]) -> dict[str, list[Tenure]]:
    """The tenures by address, in order of time."""
    out: dict[str, list[Tenure]] = defaultdict(list)
    for tenure in sorted(held, key=lambda t: (t.address, t.since)):
        out[tenure.address].append(tenure)
    return dict(out)


def _without_strays(turns: list[Claim]) -> list[Claim]:
    """A short claim by ARP, or several, between two who were there for a while moved nothing. One before or after them may be the first or
    the last that was seen of somebody, and two may follow each other; of more, of which none was there for a while, nobody was there."""
    short = [bool(turn.mac) and not turn.leased and turn.last - turn.first < SETTLED for turn in turns]
    lasting = [n for n, brief in enumerate(short) if not brief]
    if not lasting:
        return turns if len(turns) <= 2 else []
    ends = {n for n in (lasting[0] - 1, lasting[-1] + 1) if n in (0, len(turns) - 1)}
    return [turn for n, turn in enumerate(turns) if not short[n] or n in ends]


def _joined(turns: list[Claim]) -> list[Claim]:
    """Turns of one holder that follow each other, as when who stood between was left out, are one."""
    out: list[Claim] = []
    for turn in turns:
        if out and out[-1].holder == turn.holder:
            was = out[-1]
            out[-1] = replace(was, last=max(was.last, turn.last), leased=was.leased or turn.leased, hours=was.hours + turn.hours)
        else:
            out.append(turn)
    return out


def _utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
