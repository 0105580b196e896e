"""`asepsis network ...`. `watch` does the main job on live packets, so it stands above the measure whose name it bears."""

from __future__ import annotations

import signal
import threading
import time
from typing import Annotated

import typer

from asepsis.assessment import service
from asepsis.assessment.service import Ear, Seen
from asepsis.findings.service import Line, line_form
from asepsis.kit.command import DEFAULT_SITE, JsonOption, SiteOption, group
from asepsis.kit.errors import one_line
from asepsis.kit.output import print_json_line
from asepsis.kit.site import Site
from asepsis.network.commands import health

app = group("The sensor.")

InterfaceOption = Annotated[str, typer.Option("--interface", "-i", metavar="IF", help="Interface that the mirror port feeds.")]
RingsOption = Annotated[int, typer.Option("--rings", min=1, max=16, help="Rings, each with a thread; one is enough for 1 Gbit/s.")]
RingOption = Annotated[int, typer.Option("--ring", metavar="MIB", min=2, max=4096, help="MiB of each ring.")]
OwnOption = Annotated[bool, typer.Option("--own", help="Only packets that are for this machine: no promiscuous mode.")]
ForOption = Annotated[float | None, typer.Option("--for", metavar="SECONDS", min=0, help="Stop by itself after so long.")]


app.command()(health)


@app.command()
def watch(
    interface: InterfaceOption,
    site: SiteOption = DEFAULT_SITE,
    rings: RingsOption = 1,
    ring: RingOption = 64,
    own: OwnOption = False,
    seconds: ForOption = None,
    json: JsonOption = False,
) -> None:
    """Listen to an interface: what is on the network, what endangers patients, as it shows. Ctrl-C ends it cleanly."""
    opened = Site.open(site, create=True)
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    until = float("inf") if seconds is None else time.monotonic() + seconds
    ear = Ear(interface, rings, ring, promiscuous=not own)
    known: set[str] = set()
    for seen in service.watch(opened, ear, lambda: stop.is_set() or time.monotonic() >= until):
        if json:
            print_json_line(_form(seen))
        else:
            known = _show(seen, known)


def _form(seen: Seen) -> dict[str, object]:
    """One JSON line: counts, and the worklist when it was judged anew."""
    heard = {"packets": seen.heard.packets, "dropped": seen.heard.dropped, "rows": seen.heard.rows}
    return heard | ({} if seen.lines is None else {"worklist": [line_form(line) for line in seen.lines]})


def _show(seen: Seen, known: set[str]) -> set[str]:
    """One line of counts for each judgement, and what it put on the worklist; the titles that are known now."""
    if seen.lines is None:
        return known
    heard = seen.heard
    dropped = f", {heard.dropped:,} dropped ({heard.dropped / max(1, heard.dropped + heard.packets):.1%})" if heard.dropped else ""
    counts = f"{heard.packets:,} packets{dropped}, {heard.rows:,} events; worklist: {len(seen.lines)}"
    print(f"{time.strftime('%H:%M:%S')}  {counts}", flush=True)
    for line in seen.lines:
        if line.title not in known:
            print(f"  + {_words(line)}", flush=True)
    return {line.title for line in seen.lines}


def _words(line: Line) -> str:
    return f"[{line.decision.value}] {one_line(line.title)}"
