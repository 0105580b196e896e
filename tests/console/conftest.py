"""One console for the tests of its pages: a site with findings, its processes, and a person of each role."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from asepsis.assessment.service import assess
from asepsis.console.role import Role
from asepsis.console.serving import Serving
from asepsis.kit.site import Site

from .browser import Visitor, come_in

CAPTURES = Path(__file__).parents[2] / "range" / "captures"

LIST = """
import django, json
django.setup()
from django.urls import get_resolver
def walk(patterns, prefix="", space=""):
    for one in patterns:
        at = prefix + str(one.pattern)
        if hasattr(one, "url_patterns"):
            yield from walk(one.url_patterns, at, space + (one.namespace + ":" if one.namespace else ""))
        else:
            yield space + one.name, at
print(json.dumps(list(walk(get_resolver().url_patterns))))
"""


@dataclass(frozen=True, slots=True)
class Running:
    """A console that was started: where it is, who leads it, and all that it said."""

    base: str
    site: Site
    link: str
    process: subprocess.Popen[str]


def start(site: Path, *more: str) -> Running:
    """Starts a console on a free port, and waits until it answers."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "asepsis", "up", "--site", str(site), "--bind", f"127.0.0.1:{port}", *more]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env={**os.environ, "PYTHONUNBUFFERED": "1"}
    )
    said = ""
    assert process.stdout
    for line in process.stdout:
        said += line
        if line.startswith("Ready"):
            break
    link = re.search(r"https?://\S+/welcome/\S+", said)
    base = f"{'http' if '--plain-http' in more else 'https'}://127.0.0.1:{port}"
    assert "Ready" in said, said
    return Running(base, Site.open(site), link.group(0) if link else "", process)


def stop(running: Running) -> str:
    """Stops it as Ctrl-C does; what it said since it was ready."""
    running.process.send_signal(signal.SIGINT)
    said, _ = running.process.communicate(timeout=60)
    return said


@pytest.fixture(scope="session")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("console") / "site"
    assess(Site.open(folder, create=True), [CAPTURES])
    running = start(folder)
    yield running
    stop(running)


@pytest.fixture(scope="session")
def people(console: Running) -> dict[Role, Visitor]:
    """One of each role."""
    leads = come_in(console.base, console.link, "anna")
    found = {Role.ADMINISTRATOR: leads}
    for role in Role:
        if role not in found:
            leads.get("/people")
            (said,) = leads.post("/people/invite", role=role.value, next="/people").said()
            found[role] = come_in(console.base, said.rpartition(" ")[2], role.value)
    return found


@pytest.fixture(scope="session")
def addresses(console: Running) -> dict[str, str]:
    """Every address there is, by name, with an id in it where one belongs."""
    environment = Serving(str(console.site.path), "127.0.0.1", 1, ("127.0.0.1",)).environment()
    told = subprocess.run([sys.executable, "-c", LIST], env={**os.environ, **environment}, capture_output=True, text=True, check=True)
    return {name: "/" + re.sub(r"<[^>]+>", "nothing", re.sub(r"<int:[^>]+>", "0", at)) for name, at in json.loads(told.stdout)}
