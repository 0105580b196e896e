"""`asepsis network ...`. `watch` does the main job on live packets, so it stands above the measure whose name it bears."""

from __future__ import annotations

import signal
import threading
import time
from typing import Annotated

import typer

from asepsis.assessment import service
from asepsis.assessment.service import Ear, Seen
from asepsis.cli import packets
from asepsis.findings.service import Line, line_form
from asepsis.kit import size
from asepsis.kit.command import DEFAULT_SITE, JsonOption, SiteOption, group
from asepsis.kit.errors import WrongUse, one_line
from asepsis.kit.output import plain, print_json_line
from asepsis.kit.site import Site
from asepsis.lake.service import Keep, Kept
from asepsis.network.commands import baseline, decoy, health, hunt, rules, stories

app = group("The sensor, and the rules that watch what it hears.")
app.add_typer(packets.app, name="packets")
app.add_typer(baseline, name="baseline")
app.add_typer(decoy, name="decoy")
app.add_typer(rules, name="rules")
app.add_typer(stories, name="stories")

InterfaceOption = Annotated[str, typer.Option("--interface", "-i", metavar="IF", help="Interface that the mirror port feeds.")]
RingsOption = Annotated[int, typer.Option("--rings", min=1, max=16, help="Rings, each with a thread; one is enough for 1 Gbit/s.")]
RingOption = Annotated[int, typer.Option("--ring", metavar="MIB", min=2, max=4096, help="MiB of each ring.")]
OwnOption = Annotated[bool, typer.Option("--own", help="Only packets that are for this machine: no promiscuous mode.")]
KeepOption = Annotated[
    str | None,
    typer.Option(
        "--keep-packets", metavar="SIZE", help="Also keep the last packets, sealed under the site's key, in so much of the disk (20GB)."
    ),
]
HoursOption = Annotated[
    int | None, typer.Option("--keep-hours", metavar="N", min=1, max=720, help="Keep no packet longer: 72 if not said.")
]
ForOption = Annotated[float | None, typer.Option("--for", metavar="SECONDS", min=0, help="Stop by itself after so long.")]

KEEP_HOURS = 72
"""Long enough that what happened on Friday night is there on Monday morning."""


app.command()(health)
app.command()(hunt)


@app.command()
def watch(
    interface: InterfaceOption,
    site: SiteOption = DEFAULT_SITE,
    rings: RingsOption = 1,
    ring: RingOption = 64,
    own: OwnOption = False,
    keep_packets: KeepOption = None,
    keep_hours: HoursOption = None,
    seconds: ForOption = None,
    json: JsonOption = False,
) -> None:
    """Listen to an interface: what is on the network, what endangers patients, as it shows. Ctrl-C ends it cleanly."""
    keep = _keep(keep_packets, keep_hours)
    opened = Site.open(site, create=True)
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    until = float("inf")

    def over() -> bool:
        return stop.is_set() or time.monotonic() >= until

    ear = Ear(interface, rings, ring, promiscuous=not own, keep=keep)
    known: set[str] = set()
    trouble: str | None = None
    for seen in service.watch(opened, ear, over):
        if seconds is not None:
            # From when it listens, which it says at once: how long it takes to begin is not what was asked for.
            until = min(until, time.monotonic() + seconds)
        if json:
            print_json_line(_form(seen))
        else:
            known = _show(seen, known)
            trouble = _tell(seen.heard.kept, trouble)


def _keep(text: str | None, hours: int | None) -> Keep | None:
    """What is to be kept; nothing without a size."""
    if text is not None:
        return Keep(size.parse(text), KEEP_HOURS if hours is None else hours)
    if hours is not None:
        raise WrongUse("--keep-hours without --keep-packets keeps nothing", todo="say how much: --keep-packets 20GB")
    return None


def _form(seen: Seen) -> dict[str, object]:
    """One JSON line: counts, and the worklist when it was judged anew."""
    heard: dict[str, object] = {"packets": seen.heard.packets, "dropped": seen.heard.dropped, "rows": seen.heard.rows}
    if seen.heard.kept:
        heard["kept"] = plain(seen.heard.kept)
    return heard | ({} if seen.lines is None else {"worklist": [line_form(line) for line in seen.lines]})


def _show(seen: Seen, known: set[str]) -> set[str]:
    """One line of counts for each judgement, and what it put on the worklist; the titles that are known now."""
    if seen.lines is None:
        return known
    heard = seen.heard
    dropped = f", {heard.dropped:,} dropped ({heard.dropped / max(1, heard.dropped + heard.packets):.1%})" if heard.dropped else ""
    kept = f"; kept: {size.show(heard.kept.bytes)}{_lost(heard.kept)}" if heard.kept else ""
    counts = f"{heard.packets:,} packets{dropped}, {heard.rows:,} events; worklist: {len(seen.lines)}{kept}"
    print(f"{time.strftime('%H:%M:%S')}  {counts}", flush=True)
    for line in seen.lines:
        if line.title not in known:
            print(f"  + {_words(line)}", flush=True)
    return {line.title for line in seen.lines}


def _lost(kept: Kept) -> str:
    return f", {kept.lost:,} packets could not be" if kept.lost else ""


def _tell(kept: Kept | None, before: str | None) -> str | None:
    """One line when packets can no longer be kept, and one when they can again; what is wrong now."""
    trouble = kept.trouble if kept else None
    if trouble and not before:
        print(f"{time.strftime('%H:%M:%S')}  ! packets are not kept: {one_line(trouble)}; the sensor goes on", flush=True)
    if before and not trouble:
        print(f"{time.strftime('%H:%M:%S')}  packets are kept again", flush=True)
    return trouble


def _words(line: Line) -> str:
    return f"[{line.decision.value}] {one_line(line.title)}"
