"""`asepsis network hunt`"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from asepsis.kit import moment
from asepsis.kit.command import DEFAULT_SITE, JsonOption, SiteOption
from asepsis.kit.errors import WrongUse, one_line
from asepsis.kit.output import iso, print_json, print_table
from asepsis.kit.site import Site

from ..sighting import Sighting

RuleOrFile = Annotated[str, typer.Argument(metavar="RULE", help="Name of a rule, or a file with a Sigma rule.")]
SinceOption = Annotated[str, typer.Option("--since", metavar="WHEN", help="From when on: 30d, 12h, or a time in UTC, 2026-01-31T14:05.")]
UntilOption = Annotated[str | None, typer.Option("--until", metavar="TIME", help="Only before this time, UTC.")]

_UNITS = {"d": timedelta(days=1), "h": timedelta(hours=1), "m": timedelta(minutes=1)}


def hunt(
    rule: RuleOrFile, since: SinceOption = "30d", until: UntilOption = None, site: SiteOption = DEFAULT_SITE, json: JsonOption = False
) -> None:
    """Ask a rule of what the lake holds. Nothing is remembered, and no alert opens."""
    from .. import service

    end = moment.parse(until) if until else datetime.now(UTC)
    opened = Site.open(site)
    entry, found = service.hunt(opened, rule, _since(since, end), end)
    if json:
        return print_json([_form(one) for one in found])
    if not found:
        return print(f"{entry.name} finds nothing from {since} on.")
    names = service.names_of(opened, {address for one in found for address in (one.attacker, *one.victims[:3])})
    rows = [
        (iso(one.begin)[:19], iso(one.end)[:19], names[one.attacker], _victims(one, names), f"{one.events:,}", one.evidence[0].event_id)
        for one in found
    ]
    print_table(("from", "to", "who", "to whom", "events", "first event"), rows)
    print(f"{len(found):,} sightings by {one_line(entry.name)}.")
    if entry.meaning.new:
        print("Live it speaks only of those that are new: here are all.")
    return None


def _victims(one: Sighting, names: dict[str, str]) -> str:
    more = f" and {len(one.victims) - 3} more" if len(one.victims) > 3 else ""
    return ", ".join(names[address] for address in one.victims[:3]) + more


def _form(one: Sighting) -> dict[str, object]:
    evidence = [{"stream": row.stream, "event_id": row.event_id, "ts": row.ts} for row in one.evidence]
    told = {"rule": one.rule, "attacker": one.attacker, "victims": list(one.victims), "begin": one.begin, "end": one.end}
    return told | {"events": one.events, "value": one.value, "evidence": evidence}


def _since(text: str, now: datetime) -> datetime:
    """A time, or so long before `now`."""
    if found := re.fullmatch(r"(\d{1,5})([dhm])", text):
        try:
            return now - int(found[1]) * _UNITS[found[2]]
        except OverflowError:
            raise WrongUse("longer ago than there are years", text, "write fewer days") from None
    since = moment.parse(text)
    if since >= now:
        raise WrongUse("the end is not after the beginning", text, "write --since before --until")
    return since
