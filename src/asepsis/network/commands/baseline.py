"""`asepsis network baseline show|forget`"""

from __future__ import annotations

import json as json_
from datetime import datetime
from typing import Annotated, Any

import typer

from asepsis.kit import command, moment
from asepsis.kit.command import DEFAULT_SITE, JsonOption, SiteOption, at
from asepsis.kit.output import print_json, print_table
from asepsis.kit.site import Site

from ..memory import TEACHING

app = command.group("What the rules have learned to be usual.")

AssetId = Annotated[str | None, typer.Argument(metavar="[ID]", help="Id of an asset, or an address; none: how much was learned.")]
SinceOption = Annotated[str, typer.Option("--since", metavar="TIME", help="Learned from this moment on, UTC: 2026-01-31T14:05.")]
UntilOption = Annotated[str, typer.Option("--until", metavar="TIME", help="... and before this one.")]
RuleOption = Annotated[str | None, typer.Option("--rule", metavar="RULE", help="Only what this rule learned.")]
Reason = Annotated[str, typer.Option("--reason", help="Why it is not to be trusted. Write no names of patients.")]


@app.command()
def show(id: AssetId = None, site: SiteOption = DEFAULT_SITE, json: JsonOption = False) -> None:
    """What is usual for an asset; without one, what each rule has learned, and until when it only learns."""
    from .. import service

    opened = Site.open(site)
    if id is None:
        return _all(service.baseline(opened), site_words=at(site), json=json)
    found = service.baseline_of(opened, id)
    if json:
        return print_json(
            [{"rule": rule, "usual": _values(key), "known": one.value, "first": one.first, "last": one.last} for rule, key, one in found]
        )
    if not found:
        return print("Nothing was learned of it.")
    rows = [(rule, ", ".join(map(str, _values(key))), _when(one.first), _when(one.last)) for rule, key, one in found]
    print_table(("rule", "usual", "first", "last"), rows)
    return None


@app.command()
def forget(
    since: SinceOption,
    until: UntilOption,
    reason: Reason,
    rule: RuleOption = None,
    site: SiteOption = DEFAULT_SITE,
    json: JsonOption = False,
) -> None:
    """Forget what was learned in a time: if an attacker was there already, that was no usual day."""
    from .. import service

    opened = Site.open(site)
    counts = service.forget(opened, moment.parse(since), moment.parse(until), reason, rule)
    count, heard = sum(counts.values()), service.baseline(opened)["hours"]
    if json:
        return print_json({"forgotten": count, "rules": counts, "hours": heard, "hours_wanted": TEACHING})
    print(f"{count:,} things that were learned then are no longer held to be usual. {_what_is_new(heard)}")
    if counts:
        print_table(("rule", "forgotten"), [(name, f"{of:,}") for name, of in sorted(counts.items())])
    return None


def _all(found: dict[str, Any], site_words: str, json: bool) -> None:
    if json:
        return print_json(found)
    if found["last"] is None:
        return print(f"Nothing was looked at yet. To begin: asepsis network watch --interface IF{site_words}")
    heard, wanted = found["hours"], found["hours_wanted"]
    print(f"Rows were looked at up to {_when(found['last'])} UTC; {heard} hours of {wanted} were heard. {_what_is_new(heard)}")
    if found["learned"]:
        print_table(("rule", "learned", "told of"), [(one["rule"], f"{one['learned']:,}", one["told"] or "") for one in found["learned"]])
    return None


def _what_is_new(heard: int) -> str:
    """What becomes of what is new when so many hours of learning count."""
    if heard >= TEACHING:
        return "What is new is told of."
    return f"What is new is learned for {TEACHING - heard} more hours, and told of then; hours that were forgotten do not count."


def _values(key: str) -> list[Any]:
    try:
        values = json_.loads(key)
    except ValueError:
        return [key]
    return values if isinstance(values, list) else [values]


def _when(time: datetime) -> str:
    return f"{time:%Y-%m-%d %H:%M}"
