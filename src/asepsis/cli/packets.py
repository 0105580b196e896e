"""`asepsis network packets ...`: what a watch with `--keep-packets` has kept."""

from __future__ import annotations

import sys
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated

import typer

from asepsis.kit import moment, size
from asepsis.kit.command import DEFAULT_SITE, JsonOption, SiteOption, at, group
from asepsis.kit.errors import WrongUse, one_line
from asepsis.kit.output import ProgressBar, iso, plain, print_json, print_table
from asepsis.kit.site import Site
from asepsis.lake import service
from asepsis.lake.service import Segment, Wanted

app = group("Packets that were kept: list, export, erase them.")

# Nobody reads more of a table on a screen; --json has them all.
SHOWN = 200

FromOption = Annotated[str, typer.Option("--from", metavar="TIME", help="First moment, UTC: 2026-01-31T14:05.")]
ToOption = Annotated[str, typer.Option("--to", metavar="TIME", help="Last moment, UTC.")]
HostOption = Annotated[str | None, typer.Option("--host", metavar="ADDRESS", help="Only packets from or to it.")]
PortOption = Annotated[
    int | None, typer.Option("--port", metavar="N", min=0, max=65535, help="Only packets from or to it: TCP, UDP, SCTP.")
]
ReasonOption = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; the journal keeps it, so write no patient's name.")]
OutArgument = Annotated[Path, typer.Argument(metavar="OUT.pcapng", help="The file to make; it must not be there yet.")]
YesOption = Annotated[bool, typer.Option("--yes", help="Do not ask.", show_default=False)]


@app.command("list")
def list_segments(site: SiteOption = DEFAULT_SITE, json: JsonOption = False) -> None:
    """List what is kept: from when to when, how many packets, how many bytes."""
    found = service.packets(Site.open(site))
    if json:
        return print_json(found)
    if not found:
        return print(f"No packets are kept. To keep some: asepsis network watch --interface IF --keep-packets 20GB{at(site)}")
    rows = [(s.interface, *_times(s), s.packets, size.show(s.bytes), s.lost or None, s.why) for s in found[-SHOWN:]]
    print_table(("interface", "from", "to", "packets", "size", "lost before", "note"), rows)
    first, packets = found[-SHOWN:][0], sum(segment.packets for segment in found)
    if first is not found[0]:
        print(f"Note: the last {SHOWN} of {len(found):,} segments are shown; --json has them all")
    print(f"{packets:,} packets, {size.show(sum(segment.bytes for segment in found))}")
    return None


@app.command()
def export(
    out: OutArgument,
    begin: FromOption,
    end: ToOption,
    reason: ReasonOption,
    host: HostOption = None,
    port: PortOption = None,
    site: SiteOption = DEFAULT_SITE,
    json: JsonOption = False,
) -> None:
    """Write kept packets of a time to a file, in clear. The journal keeps who did so, and why."""
    wanted = Wanted(moment.parse(begin), moment.parse(end), _address(host), port)
    if wanted.begin > wanted.end:
        raise WrongUse("--from is later than --to", f"{begin} > {end}")
    if not reason.strip():
        raise WrongUse("--reason is empty", todo="say why, in a few words; the journal keeps it")
    with ProgressBar("Opening packets") as progress:
        done = service.export_packets(Site.open(site), wanted, out, reason, progress)
    if json:
        print_json(plain(done) | {"file": out if done.packets else None})
    elif done.packets:
        print(f"{done.packets:,} packets from {iso(done.first or wanted.begin)} to {iso(done.last or wanted.end)}: {one_line(out)}")
        if done.lost:
            print(f"Note: about then {done.lost:,} packets could not be kept")
    else:
        print("No packet that is kept is one of these; no file was made")
    if done.packets:
        print(f"asepsis: {one_line(out)} holds patient data in clear: keep it closed, and remove it when it is read", file=sys.stderr)
    done.check()


@app.command()
def erase(yes: YesOption = False, site: SiteOption = DEFAULT_SITE, json: JsonOption = False) -> None:
    """Remove every packet that is kept, for ever. A watch that runs goes on with new ones."""
    opened = Site.open(site)
    if not yes:
        found = service.packets(opened)
        what = f"{_segments(len(found))}, {size.show(sum(segment.bytes for segment in found))}"
        if not sys.stdin.isatty():
            raise WrongUse("would be gone for ever", what, "add --yes")
        typer.confirm(f"Remove {what} for ever?", abort=True, err=True)
    segments, length = service.erase_packets(opened)
    if json:
        print_json({"segments": segments, "bytes": length})
    else:
        print(f"Gone for ever: {_segments(segments)}, {size.show(length)}")


def _segments(count: int) -> str:
    return "1 segment" if count == 1 else f"{count:,} segments"


def _times(segment: Segment) -> tuple[str, str]:
    first, last = segment.first, segment.last
    return (f"{first:%Y-%m-%d %H:%M:%S}" if first else "?", f"{last:%Y-%m-%d %H:%M:%S}" if last else "?")


def _address(text: str | None) -> str | None:
    try:
        return None if text is None else str(ip_address(text))
    except ValueError:
        raise WrongUse("not an address", text, "write it as 10.0.0.1 or fd00::1") from None
