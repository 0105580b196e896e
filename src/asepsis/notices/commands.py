"""`asepsis notices ...`: where notices go, whom they may be sent to, and the loop that sends them."""

from __future__ import annotations

import time
from typing import Annotated

import typer

from asepsis.kit import command
from asepsis.kit.command import DEFAULT_SITE, JsonOption, SiteOption
from asepsis.kit.errors import one_line
from asepsis.kit.files import lock
from asepsis.kit.output import print_json, print_table
from asepsis.kit.site import Site

from . import service

app = command.group("What is told outside of asepsis by mail, webhook and syslog; channels are set up in the console.")

LOOK_S = 2.0
"""So often the outbox is looked into."""

Network = Annotated[str, typer.Argument(metavar="ADDRESS", help="An address, or a network as 10.20.30.0/24.")]
PlainOption = Annotated[bool, typer.Option("--plain", help="Also without encryption: http, syslog by UDP or TCP, mail without TLS.")]
LinkOption = Annotated[str, typer.Option("--console", metavar="URL", help="Where people find the console: notices link to it.")]

OnceOption = Annotated[bool, typer.Option("--once", help="Send what may be sent now, and end.")]


@app.command("list")
def list_(site: SiteOption = DEFAULT_SITE, json: JsonOption = False) -> None:
    """The channels, how each goes, and which addresses are allowed beyond the usual."""
    opened = Site.open(site)
    channels, allowed = service.channels(opened), service.allowed(opened)
    if json:
        told = [one.as_json() | {"waiting": one.waiting, "dead": one.dead, "failing_since": one.failing} for one in channels]
        return print_json({"channels": told, "allowed": [{"network": str(one.network), "plain": one.plain} for one in allowed]})
    if not channels:
        print("No channels. An administrator sets them up in the console: Settings.")
    rows = [(one.name, one.where, one.least, _state(one), str(one.waiting), str(one.dead), one_line(one.said, 120)) for one in channels]
    print_table(("channel", "to", "from", "state", "waiting", "dead", "said last"), rows)
    print_table(("allowed", ""), [(str(one.network), "without encryption, too" if one.plain else "") for one in allowed])
    return None


@app.command()
def allow(network: Network, plain: PlainOption = False, site: SiteOption = DEFAULT_SITE, json: JsonOption = False) -> None:
    """Let notices be sent to an address that is refused by default: this machine, its neighbours on the wire, or without encryption."""
    stated = service.allow(Site.open(site, create=True), network, plain)
    if json:
        print_json({"network": str(stated.network), "plain": stated.plain})
    else:
        print(f"Notices may be sent to {stated.network}{', without encryption, too' if plain else ''}.")


@app.command()
def forbid(network: Network, site: SiteOption = DEFAULT_SITE, json: JsonOption = False) -> None:
    """Take back what was allowed."""
    service.forbid(Site.open(site), network)
    if json:
        print_json({"network": network})
    else:
        print(f"{one_line(network)} is refused again.")


@app.command()
def send(link: LinkOption = "", once: OnceOption = False, site: SiteOption = DEFAULT_SITE, json: JsonOption = False) -> None:
    """Send what waits, and go on until Ctrl-C; `asepsis up` does it by itself."""
    opened, link = Site.open(site, create=True), link.rstrip("/")
    with lock(opened.path / "notices.lock", "the outbox of this site"):
        from asepsis.settings import serve_store

        serve_store(opened)
        sent = service.deliver(opened, link)
        while not once:
            time.sleep(LOOK_S)
            service.deliver(opened, link)
    if json:
        print_json({"sent": sent})
    else:
        print(f"{sent} sent.")


def _state(one: service.Channel) -> str:
    if not one.on:
        return "off"
    return "fails" if one.failing else "on"
