"""`asepsis up`: the sensor, what judges it, and the console, under one roof."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path
from typing import Annotated

import typer

from asepsis.kit import files
from asepsis.kit.command import DEFAULT_SITE, JsonOption, SiteOption
from asepsis.kit.errors import WrongUse
from asepsis.kit.output import print_json_line
from asepsis.kit.site import Site

from . import parts
from .serving import Serving

LOOPBACK = ("127.0.0.1", "::1", "localhost")

BindOption = Annotated[str, typer.Option("--bind", metavar="ADDRESS:PORT", help="Where browsers find the console.")]
InterfaceOption = Annotated[str | None, typer.Option("--interface", "-i", metavar="IF", help="Also listen to what this interface hears.")]
NameOption = Annotated[list[str] | None, typer.Option("--name", metavar="NAME", help="A name by which browsers call it; may be repeated.")]
CertificateOption = Annotated[
    Path | None, typer.Option("--certificate", metavar="PEM", help="Certificate of the hospital's own, with --key.")
]
KeyOption = Annotated[Path | None, typer.Option("--key", metavar="PEM", help="Its private key.")]
ProxyOption = Annotated[bool, typer.Option("--behind-proxy", help="Plain HTTP to a proxy on this machine that speaks HTTPS to browsers.")]
PlainOption = Annotated[bool, typer.Option("--plain-http", help="Plain HTTP, on loopback only: to try it out.")]


def up(
    site: SiteOption = DEFAULT_SITE,
    bind: BindOption = "127.0.0.1:8443",
    interface: InterfaceOption = None,
    name: NameOption = None,
    certificate: CertificateOption = None,
    key: KeyOption = None,
    behind_proxy: ProxyOption = False,
    plain_http: PlainOption = False,
    json: JsonOption = False,
) -> None:
    """Everything, with the console: listen, judge, and show it in a browser. Ctrl-C ends it cleanly."""
    host, port = _address(bind)
    if (plain_http or behind_proxy) and host not in LOOPBACK:
        raise WrongUse("plain HTTP is for this machine alone", bind, "bind to 127.0.0.1, or leave --plain-http out")
    if (certificate is None) is not (key is None):
        raise WrongUse("a certificate comes with its key", todo="give both --certificate and --key")
    _free(host, port, bind)
    opened = Site.open(site, create=True)
    try:
        serving = _serving(opened, host, port, name or [], (certificate, key), plain_http, behind_proxy)
        link = _first(opened, serving)
    except OSError as error:
        raise files.unwritable(error, opened.path, "make room and run the same command again") from None
    if not json:
        _say(serving, own_certificate=certificate is None, link=link)
    from .supervisor import Supervisor, Wanted

    wanted = [Wanted("console", [sys.executable, "-m", "asepsis.console.server"], serving.environment(), tells=True)]
    wanted.append(Wanted("jobs", [sys.executable, "-m", "asepsis.console.jobs.worker"], serving.environment(), tells=True))
    if interface:
        sensor = [sys.executable, "-m", "asepsis", "network", "watch", "--interface", interface, "--site", str(opened.path)]
        wanted.append(Wanted("sensor", sensor))
    sending = [sys.executable, "-m", "asepsis", "notices", "send", "--site", str(opened.path), "--console", serving.link(name or [])]
    wanted.append(Wanted("notices", sending))
    ready = False

    def changed(now: list[parts.Part]) -> None:
        nonlocal ready
        parts.write(opened.path, now)
        before, ready = ready, all(part.running for part in now)
        if ready and not before and json:
            print_json_line({"ready": serving.url, "first_administrator": link or None})
        elif ready and not before:
            print(f"Ready: {serving.url}", flush=True)

    Supervisor(wanted, changed).run()


def _address(bind: str) -> tuple[str, int]:
    host, _, port = bind.rpartition(":")
    if not host or not port.isascii() or not port.isdigit() or not 0 < int(port) < 65_536:
        raise WrongUse("not an address and a port", bind, "write 127.0.0.1:8443, or [::1]:8443")
    return host.strip("[]"), int(port)


def _free(host: str, port: int, bind: str) -> None:
    """Raises WrongUse where nobody can listen: better now than in a part that is started again and again."""
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        with socket.socket(family, kind) as door:
            door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            door.bind(address)
    except OSError as error:
        raise WrongUse("cannot listen there", bind, f"{error.strerror or error}: choose another with --bind") from None


def _serving(
    site: Site, host: str, port: int, names: list[str], given: tuple[Path | None, Path | None], plain: bool, proxied: bool
) -> Serving:
    from .certificate import own
    from .names import names_of

    known = tuple(names_of(host, names))
    certificate, key = given
    if plain or proxied:
        return Serving(str(site.path), host, port, known, proxied=proxied)
    if certificate is None or key is None:
        folder = site.path / "console"
        folder.mkdir(mode=0o700, exist_ok=True)
        certificate, key = own(folder, list(known))
    for file in (certificate, key):
        if not file.is_file():
            raise WrongUse("no such file", str(file), "name a PEM file")
    return Serving(str(site.path), host, port, known, str(certificate.resolve()), str(key.resolve()))


def _first(site: Site, serving: Serving) -> str:
    """The link for the first administrator; empty once there is one."""
    os.environ.update(serving.environment())
    from .server import prepare

    prepare(serving)
    from . import people
    from .role import Role

    if not people.without_administrator():
        return ""
    return f"{serving.url}/welcome/{people.invite(site, Role.ADMINISTRATOR, 'asepsis up')}"


def _say(serving: Serving, own_certificate: bool, link: str) -> None:
    if own_certificate and serving.certificate:
        from .certificate import fingerprint

        shown = fingerprint(Path(serving.certificate))
        print(f"The certificate is the console's own (SHA-256 {shown}): browsers ask once whether to trust it.")
    if link:
        print(f"Nobody can log in yet. The first administrator comes in here, once, within a day:\n  {link}")
    sys.stdout.flush()
