"""`asepsis network decoy up`"""

from __future__ import annotations

import signal
import threading
from typing import Annotated, Any

import typer

from asepsis.kit import command
from asepsis.kit.command import DEFAULT_SITE, JsonOption, SiteOption
from asepsis.kit.errors import WrongUse, one_line
from asepsis.kit.output import print_json_line
from asepsis.kit.site import Site

from ..decoy import PORTS, Decoy, Door
from ..decoys.contact import Contact
from ..decoys.dicom import TITLE

app = command.group("Servers that belong to nobody: whoever talks to one is an alert.")

BindOption = Annotated[str, typer.Option("--bind", metavar="ADDRESS", help="Its address: one of this machine's that nothing else uses.")]
OnlyOption = Annotated[str, typer.Option("--only", metavar="DOOR,...", help=f"What it pretends to be: {', '.join(Door)}; all if not said.")]
TitleOption = Annotated[str, typer.Option("--title", help="Application entity title of the archive.")]
_AS = {Door.DICOM: "an archive (DICOM, {port})", Door.HL7: "a receiver of messages (HL7, {port})", Door.SMB: "a file server (SMB, {port})"}


@app.callback()
def decoys() -> None:
    """Servers that belong to nobody: whoever talks to one is an alert."""


@app.command()
def up(
    bind: BindOption,
    site: SiteOption = DEFAULT_SITE,
    only: OnlyOption = "",
    title: TitleOption = TITLE,
    dicom_port: Annotated[int, typer.Option("--dicom-port", min=1, max=65_535)] = PORTS[Door.DICOM],
    hl7_port: Annotated[int, typer.Option("--hl7-port", min=1, max=65_535)] = PORTS[Door.HL7],
    smb_port: Annotated[int, typer.Option("--smb-port", min=1, max=65_535)] = PORTS[Door.SMB],
    json: JsonOption = False,
) -> None:
    """Pretend to be an archive, a receiver of messages and a file server, until Ctrl-C. The sensor tells of whoever talks to them."""
    from .. import service

    ports = {Door.DICOM: dicom_port, Door.HL7: hl7_port, Door.SMB: smb_port}
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    one = service.decoy(bind, {door: ports[door] for door in _doors(only)}, title)
    with service.decoy_up(Site.open(site), one) as came:
        _begin(one, json)
        while not stop.is_set():
            if contact := came():
                _show(contact, json)


def _doors(only: str) -> list[Door]:
    """Raises WrongUse for a word that is no door."""
    try:
        return [Door(word.strip()) for word in only.split(",")] if only else list(Door)
    except ValueError:
        raise WrongUse(f"{one_line(only, 60)} names what there is not", "--only", f"some of {', '.join(Door)}") from None


def _begin(one: Decoy, json: bool) -> None:
    if json:
        return print_json_line({"listening": one.address, "ports": {door.value: port for door, port in one.ports.items()}})
    told = ", ".join(_AS[door].format(port=f"port {port}") for door, port in one.ports.items())
    print(f"{one.address} pretends to be {told}.", flush=True)
    return print("Whoever talks to it is an alert, where the sensor sees its packets. Ctrl-C ends it.", flush=True)


def _show(contact: Contact, json: bool) -> None:
    told: dict[str, Any] = {"ts": contact.ts, "who": contact.who, "door": contact.door, "did": contact.did}
    if json:
        return print_json_line(told)
    return print(f"{contact.ts:%Y-%m-%d %H:%M:%S}  {one_line(contact.who)}  {contact.door}: {contact.did}", flush=True)
