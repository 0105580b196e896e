"""`asepsis network stories list|show`"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any

import typer

from asepsis.kit import command
from asepsis.kit.command import DEFAULT_SITE, JsonOption, SiteOption, at
from asepsis.kit.errors import one_line
from asepsis.kit.output import print_json, print_table
from asepsis.kit.site import Site

A_MINUTE = timedelta(minutes=1)
app = command.group("The alerts of one attacker, told together.")

StoryId = Annotated[str, typer.Argument(metavar="ID", help="Id of the story or of its finding, or its beginning.")]


@app.command("list")
def list_(site: SiteOption = DEFAULT_SITE, json: JsonOption = False) -> None:
    """Every attack that was seen, the latest first."""
    from .. import service

    found = service.stories(Site.open(site))
    if json:
        return print_json([one.form() for one in found])
    if not found:
        return print(f"No attack was seen. What watches: asepsis network rules{at(site)}")
    rows = [
        (
            one.story.id,
            one.decision,
            one.state,
            f"{one.told.first_seen:%Y-%m-%d %H:%M}",
            f"{one.told.last_seen:%m-%d %H:%M}",
            one.told.title,
        )
        for one in found
    ]
    print_table(("story", "decision", "state", "since", "until", "what"), rows)
    print(f"`asepsis network stories show ID{at(site)}` tells one step by step.")
    return None


@app.command()
def show(story: StoryId, site: SiteOption = DEFAULT_SITE, json: JsonOption = False) -> None:
    """One attack step by step: who did what to whom, what is reached next, who could be hurt, what to do first."""
    from .. import service

    opened = Site.open(site)
    one = service.story(opened, story)
    kept = service.packets_of(opened, one)
    if json:
        return print_json(one.form() | {"timeline": one.timeline, "graph": one.graph, "packets_kept": kept})
    told = one.told
    print(one_line(told.title, 600))
    print(f"\n{one.decision}, {one.state}. {one_line(one.next, 600)}")
    print(f"\nDo first ({told.action.effort}): {one_line(told.action.title, 600)}")
    for step in told.action.steps:
        print(f"  - {one_line(step, 600)}")
    print_table(("when (UTC)", "what", "who", "to whom", "events", "evidence"), [_row(step) for step in one.timeline])
    print_table(("from", "", "to", "what", "first"), _edges(one.graph))
    print_table(("harm", "0-4", "why"), [(kind.words, harm.level, harm.why) for kind, harm in told.harms.items()])
    print(f"A row: asepsis lake sql, with its stream and event id{at(site)}")
    if kept:
        span = f"--from {told.first_seen:%Y-%m-%dT%H:%M} --to {told.last_seen + A_MINUTE:%Y-%m-%dT%H:%M}"
        of = f"{one.story.id}.pcapng {span} --host {one.story.addresses[0]}"
        print(f'Its packets: asepsis network packets export {of} --reason "..."{at(site)}')
    return None


def _edges(graph: list[dict[str, Any]]) -> list[tuple[str, ...]]:
    """One row for what somebody did to several."""
    found: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for edge in graph:
        found.setdefault((edge["from"], edge["what"]), []).append(edge)
    return [(who, "->", _some([edge["to"] for edge in of]), what, _when(of[0]["first"])) for (who, what), of in found.items()]


def _some(names: list[str]) -> str:
    return ", ".join(names[:2]) + (f" and {len(names) - 2} more" if len(names) > 2 else "")


def _when(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M}"


def _row(step: dict[str, Any]) -> tuple[str, ...]:
    to, mark = _some(step["victims"]), step["tells"] if step["alert"] else f"({step['tells']})"
    first = step["evidence"][0] if step["evidence"] else {"stream": "", "event_id": ""}
    return f"{step['begin']:%m-%d %H:%M:%S}", mark, step["attacker"], to, f"{step['events']:,}", f"{first['stream']} {first['event_id']}"
