"""Talk across the border of the hospital: between a machine of ours and an address that may be the internet's, partners apart."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from asepsis.findings.service import Excused, Look, Party, Row, Sighting, gather, listed, public, public_rows, public_sql
from asepsis.network.partners import Partners

# An attempt that nobody answered is not talk: both sides must have sent something, and one of them data. Names and time from outside are
# findings of their own (resolver-outside, time-outside). Without a beginning the ends may be turned: then both ports are looked at. What
# FTP carries travels one way, between ports that both sides agree on; the server may begin it, from port 20 (RFC 959 3.2). Tunnels of
# frames bring what was mirrored, and IPv6 in IPv4 the internet; other tunnels join networks, and it matters who is at their other end.
_JOINS = "c.tunnel in ('gre', 'pptp', 'ip') and (c.tunnel <> 'ip' or c.id_orig_h not like '%:%')"
_TALKS = """
    select client, client_port, server, port, proto, name, basic, midstream, tunnel, client_end, server_end, active,
           max(case when ftp then 1 else 0 end) as ftp,
           min(case when carried then 1 else 0 end) as carried, {span} from (
        select c.id_orig_h as client, case when c.midstream then c.id_orig_p end as client_port, c.id_resp_h as server, c.id_resp_p as port,
               c.proto, coalesce(c.service, '') = 'ftp' as ftp,
               c.proto = 'tcp' and coalesce(c.service, 'ftp-data') = 'ftp-data' and c.id_resp_p >= 1024
                   and (coalesce(c.orig_bytes, 0) = 0 or coalesce(c.resp_bytes, 0) = 0) as carried,
               c.proto = 'tcp' and c.id_orig_p = 20 and coalesce(c.service, 'ftp-data') = 'ftp-data' and c.id_resp_p >= 1024
                   and (coalesce(c.orig_bytes, 0) = 0 or coalesce(c.resp_bytes, 0) = 0) as active,
               case when {joins} then c.tunnel end as tunnel, case when {joins} then c.tunnel_orig_h end as client_end,
               case when {joins} then c.tunnel_resp_h end as server_end,
               n.name, coalesce(c.midstream, false) as midstream, c.ts, c.event_id,
               coalesce(c.service, '') in ('dns', 'ntp') or (coalesce(c.service, '') = 'ssl' and c.id_resp_p = 853) as basic
        from {crossing} as c left join {names} as n on n.uid = c.uid
        where c.proto in ('tcp', 'udp') and c.orig_pkts > 0 and c.resp_pkts > 0
              and coalesce(c.orig_bytes, 0) + coalesce(c.resp_bytes, 0) > 0
    ) as seen group by client, client_port, server, port, proto, name, basic, midstream, tunnel, client_end, server_end, active
""".replace("{joins}", _JOINS)
# Most networks have none: one column tells.
_ANY_TUNNEL = "select 1 as one from conn where tunnel in ('gre', 'pptp', 'ip') limit 1"
_NAMES = """(
    select uid, server_name as name from ssl where server_name is not null
    union
    select uid, host as name from http where host is not null
)"""
# Called from outside, the name in the talk is the one that the caller gave us.
_NO_NAMES = "(select cast(null as varchar(1)) as uid, cast(null as varchar(1)) as name)"
# Ports that were seen to be called from outside; and without a beginning, those that several use from ports of their own (RFC 6335 6).
_SERVED = """
    select distinct id_resp_h as address, id_resp_p as port, proto from {outside}
    where not coalesce(midstream, false) and proto in ('tcp', 'udp') and orig_pkts > 0 and resp_pkts > 0
    union
    select address, port, proto from (
        select id_orig_h as address, id_orig_p as port, proto, id_resp_h as peer, id_resp_p as peer_port from conn where midstream
        union all
        select id_resp_h as address, id_resp_p as port, proto, id_orig_h as peer, id_orig_p as peer_port from conn where midstream
    ) as seen group by address, port, proto
    having count(distinct peer) > 1 and count(distinct peer_port) > 1 and min(peer_port) >= 1024
""".replace("{outside}", public_rows("conn", "id_orig"))

_TUNNELS = {"ip": "IP in IP", "gre": "GRE", "pptp": "PPTP"}
_ASKED = """
    select id_orig_h as client, id_resp_h as server, min(ts) as since, max(ts) as until, max(duration) as longest from conn
    where service = 'ftp' group by id_orig_h, id_resp_h, date_trunc('hour', ts)
"""
_LATE = timedelta(minutes=2)

Sessions = defaultdict[tuple[str, str], list[tuple[datetime, datetime]]]
Served = set[tuple[str, int, str]]


class Way(StrEnum):
    """Which side began. Where that was not seen and cannot be told, `OUT`: nobody is said to get in who was not seen to. What came in
    through a tunnel of the hospital's own is no `IN`: behind it the caller may be another network's."""

    OUT = "out"
    IN = "in"
    TUNNEL = "tunnel"

    @property
    def query(self) -> str:
        """What is asked of the lake: conversations of which this end, or if they are turned the other, may be the internet's."""
        theirs, turned = ("id_resp", "id_orig") if self is Way.OUT else ("id_orig", "id_resp")
        conn = "(select * from conn where tunnel is not null)" if self is Way.TUNNEL else "conn"
        perhaps = f"select * from {conn} where midstream and {public_sql(turned)} and not {public_sql(theirs)}"  # noqa: S608 - ours
        crossing = f"(select * from {public_rows(conn, theirs)} union all {perhaps})"  # noqa: S608 - ours
        return _TALKS.replace("{crossing}", crossing).replace("{names}", _NAMES if self is Way.OUT else _NO_NAMES)


@dataclass(frozen=True, slots=True)
class Talk:
    """A machine of ours and an address that is not private. `excuse` says why it is no fault, where the hospital states so."""

    device: Party
    row: Row
    excuse: str


@dataclass(frozen=True, slots=True)
class Crossing:
    """All talk of a device one way."""

    device: Party
    sighting: Sighting

    @property
    def begun(self) -> bool:
        """Whether the beginning of all of it was seen."""
        return not any(row["midstream"] for row in self.sighting.rows)

    @property
    def veiled(self) -> bool:
        """Whether all of it passed through tunnels of the hospital's own."""
        return all(row["veiled"] for row in self.sighting.rows)

    @property
    def tunnel(self) -> str:
        """`a tunnel (GRE) whose other end is 192.0.2.1`, if all of it passed through some."""
        if not all(row["tunnel"] for row in self.sighting.rows):
            return ""
        kinds, ends = (", ".join(map(_TUNNELS.__getitem__, self.sighting.values("tunnel"))), listed(self.sighting.values("end"), 3))
        one = len(self.sighting.values("end")) == 1
        return f"a tunnel ({kinds}) whose other end is {ends}" if one else f"tunnels ({kinds}) whose other ends are {ends}"

    @property
    def addresses(self) -> str:
        """`an address`, `3 addresses`."""
        number = len(self.sighting.values("partner"))
        return "an address" if number == 1 else f"{number} addresses"

    @property
    def unnamed(self) -> str:
        """That the hospital does not know the other sides."""
        who = "It is no partner" if len(self.sighting.values("partner")) == 1 else "None of them is a partner"
        return f"{who} that the hospital has named."

    @property
    def shown(self) -> str:
        """The other sides, and the ports of the called ones: `203.0.113.5 (tcp port 443)`."""
        return f"{listed(self.sighting.values('partner'), 3)} ({listed(self._ports, 3)})"

    @property
    def names(self) -> list[str]:
        """By which names the device asked for the other sides, in TLS or in web requests."""
        return [str(name) for name in self.sighting.values("name")]

    @property
    def _ports(self) -> list[str]:
        """Those that were called, of FTP the one where the talk began."""
        beside = {row["partner"] for row in self.sighting.rows if row["ftp"]}
        rows = [row for row in self.sighting.rows if not (row["carried"] and row["partner"] in beside)]
        ports = sorted({(row["proto"], row["called_port"], bool(row["ftp"])) for row in rows})
        return [f"{proto} port {port}{' for FTP' if ftp else ''}" for proto, port, ftp in ports]


def crossings(look: Look, way: Way) -> list[Crossing]:
    """What may touch care and talks across the border one way, without a reason that is known."""
    found = [talk for talk in _talks(look, way) if not talk.excuse and talk.device.clinical]
    devices = {talk.device.key: talk.device for talk in found}
    sightings = gather((talk.device.key, talk.row) for talk in found)
    return [Crossing(devices[key], sighting) for key, sighting in sorted(sightings.items())]


def excuses(look: Look, way: Way) -> list[Excused]:
    found = gather((talk.excuse, talk.row) for talk in _talks(look, way) if talk.excuse)
    return [Excused(why, sighting.events) for why, sighting in found.items()]


def _talks(look: Look, way: Way) -> Iterator[Talk]:
    rows = look.rows(way.query) if way is not Way.TUNNEL or look.rows(_ANY_TUNNEL) else []
    partners, served, asked = Partners(look), _served(rows, look), _asked(rows, look)
    for row in rows:
        # The other side has asked for it, and is told of as who began.
        if row["active"] and _was_asked(row, asked[row["server"], row["client"]]):
            continue
        ours, called_us = _ours(row, look)
        if not ours:
            continue
        theirs, name = (row["client"], None) if called_us else (row["server"], row["name"])
        port, their_port = (row["port"], row["client_port"]) if called_us else (row["client_port"], row["port"])
        if row["midstream"]:
            called_us = (ours, port, row["proto"]) in served
        if called_us is (way is Way.OUT) or (row["basic"] and not called_us):
            continue
        end = row["server_end"] if ours == row["client"] else row["client_end"]
        veiled = bool(end) and look.locator.inside(end)
        if way is not Way.OUT and veiled is not (way is Way.TUNNEL):
            continue
        partner, name = partners.of(theirs, ours, None if called_us else name)
        device = look.at(ours)
        yield Talk(
            device,
            row | {"partner": theirs, "called_port": port if called_us else their_port, "end": end, "veiled": veiled},
            _excuse(look, device, theirs, partner, name),
        )


def _ours(row: Row, look: Look) -> tuple[str, bool]:
    """The address of ours if the other is not private, and whether it is the one that was called."""
    for ours, theirs, called in ((row["client"], row["server"], False), (row["server"], row["client"], True)):
        if look.locator.machine(ours) and public(theirs):
            return ours, called
    return "", False


def _excuse(look: Look, device: Party, theirs: str, partner: str, name: str) -> str:
    if look.locator.inside(theirs):
        return f"the hospital states that {theirs} is its own"
    if partner:
        return f"the hospital names {f'{name} ({theirs})' if name else theirs} as its partner {partner}"
    return f"the hospital states that {device.name} does not touch care" if device.stated_harmless else ""


def _served(rows: list[Row], look: Look) -> Served:
    """Address, port and transport of what serves others, if there is talk without a beginning."""
    unclear = any(row["midstream"] for row in rows)
    return {(row["address"], row["port"], row["proto"]) for row in look.rows(_SERVED)} if unclear else set()


def _asked(rows: list[Row], look: Look) -> Sessions:
    """When who spoke FTP with which server, if a server may have begun what it carries."""
    found: Sessions = defaultdict(list)
    for row in look.rows(_ASKED) if any(row["active"] for row in rows) else ():
        until = row["until"] + timedelta(seconds=row["longest"] or 0) + _LATE
        found[row["client"], row["server"]].append((row["since"], until))
    return found


def _was_asked(row: Row, sessions: list[tuple[datetime, datetime]]) -> bool:
    return any(since <= row["first_seen"] and row["last_seen"] <= until for since, until in sessions)
