"""Log-in by a directory: a real slapd (OpenLDAP) on loopback."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from asepsis.console.directory import Directory, read, understood
from asepsis.console.role import Role
from asepsis.console.serving import Serving
from asepsis.journal.service import entries
from asepsis.kit.errors import BadInput
from asepsis.kit.site import Site

from . import slapd
from .browser import PASSWORD, Page, Visitor, come_in
from .conftest import Running, start, stop
from .slapd import GROUPS, PEOPLE, SECRET, STATED, Server, password

needs_slapd = pytest.mark.skipif(slapd.MISSING, reason="needs slapd and asepsis[ldap]")


def test_what_the_file_says_is_understood() -> None:
    found = understood(STATED)
    assert isinstance(found, Directory)
    assert (found.timeout_s, found.nested, found.start_tls) == (5, False, False)
    assert [role for role, _ in found.roles] == [Role.ADMINISTRATOR, Role.ANALYST, Role.APPROVER]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"servers": []}, "servers is missing"),
        ({"servers": ["ldap://dc1.h.example"]}, "in the clear"),
        ({"servers": ["https://dc1"]}, "no server"),
        ({"servers": ["ldaps://dc1 ldap://evil.example"]}, "no server"),
        ({"servers": ["ldaps://dc1"], "start_tls": True}, "TLS already"),
        ({"servers": "ldaps://dc1"}, "is a list"),
        ({"name": "uid=*)(objectClass"}, "no attribute"),
        ({"bind_password": "x"}, "no key of this file"),
        ({"timeout_s": 0}, "from 1 to 30"),
        ({"roles": {"boss": ["cn=x"]}}, "no role"),
        ({"roles": {"analyst": "cn=x"}}, "list of names"),
        ({"nested": "yes"}, "true or false"),
        ({"people": 7}, "no text"),
    ],
)
def test_what_it_must_not_say_is_refused(change: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        understood(STATED | change)


def test_the_password_stands_in_a_file_that_others_cannot_read(tmp_path: Path) -> None:
    def at(file: Path) -> Directory:
        return understood(STATED | {"bind_password_file": str(file)})

    file = tmp_path / "password"
    with pytest.raises(BadInput, match="cannot read"):
        at(file).password()
    file.write_text("secret\n")
    file.chmod(0o640)
    with pytest.raises(BadInput, match="others may read"):
        at(file).password()
    file.chmod(0o600)
    assert at(file).password() == "secret"
    assert read(tmp_path) is None
    (tmp_path / "ldap.toml").write_text("servers = [")
    with pytest.raises(BadInput, match="not understood"):
        read(tmp_path)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    found = slapd.made(tmp_path_factory.mktemp("slapd"))
    found.start()
    yield found
    found.stop()


@pytest.fixture(scope="module")
def hospital(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A console with this directory; anna, who is called like somebody in it, is its first administrator."""
    site = Site.open(tmp_path_factory.mktemp("directory") / "site", create=True)
    (site.path / "ldap.toml").write_text(server.toml())
    running = start(site.path)
    yield running
    stop(running)


@pytest.fixture(scope="module")
def anna(hospital: Running) -> Visitor:
    return come_in(hospital.base, hospital.link, "anna")


def _log_in(one: Visitor, name: str, word: str) -> Page:
    one.get("/account/login/")
    return one.post("/account/login/", login=name, password=word)


@needs_slapd
def test_people_of_the_directory_come_in_as_their_groups_say(hospital: Running, anna: Visitor, server: Server) -> None:
    for name, entry, role in (("lara", "lara", "analyst"), ("NILS", "Nils", "clinical approver"), ("olga", "olga", "administrator")):
        one = Visitor(hospital.base)
        assert _log_in(one, name, password(entry)).url == f"{hospital.base}/"
        assert f"({role})" in one.last.text
        assert "change it there" in one.get("/account/2fa/").text
    came = {entry.subject: entry.detail for entry in entries(hospital.site) if entry.act == "console.come_in" and "by" in entry.detail}
    assert came["nils"] == {"role": "approver", "by": "directory"}
    assert "not correct" in _log_in(Visitor(hospital.base), "lara", "wrong").text
    assert "not correct" in _log_in(Visitor(hospital.base), "stranger", password("stranger")).text, "in no group"
    server.change(f"dn: cn=security,{GROUPS}\nchangetype: modify\ndelete: member\nmember: uid=lara,{PEOPLE}\n")
    server.change(f"dn: cn=nurses,{GROUPS}\nchangetype: modify\nadd: member\nmember: uid=lara,{PEOPLE}\n")
    again = Visitor(hospital.base)
    _log_in(again, "lara", password("lara"))
    assert "(clinical approver)" in again.last.text
    changed = [entry for entry in entries(hospital.site) if entry.act == "console.become" and entry.subject == "lara"]
    assert [entry.detail for entry in changed] == [{"from": "analyst", "to": "approver", "by": "directory"}]


@needs_slapd
def test_nobody_comes_in_as_another(hospital: Running, anna: Visitor) -> None:
    assert "not correct" in _log_in(Visitor(hospital.base, "127.0.0.5"), "anna", password("anna")).text, "the console has its own anna"
    assert _log_in(Visitor(hospital.base, "127.0.0.5"), "anna", PASSWORD).url == f"{hospital.base}/"
    for name in ("*", "zo*", "zoe)(uid=*", "*)(objectClass=*", "zoe)(|(uid=zoe", "zo\\65", "zo\u200be", "z\u00adoe", "zoe\0"):
        page = _log_in(Visitor(hospital.base), name, password("zoe"))
        assert page.url.endswith("/account/login/"), name
    one = Visitor(hospital.base)
    _log_in(one, "\uff3aoe", password("zoe"))
    assert ">zoe</a>" in one.last.text, "a directory overlooks how letters are written, and here it is one person"
    for word in ("", " ", "*"):
        assert _log_in(Visitor(hospital.base), "zoe", word).url.endswith("/account/login/")


@needs_slapd
def test_who_acts_is_asked_for_the_password_of_the_directory(hospital: Running, anna: Visitor) -> None:
    one = Visitor(hospital.base)
    _log_in(one, "olga", password("olga"))
    one.get("/account/reauthenticate/?next=/people")
    assert one.post("/account/reauthenticate/", password="wrong", next="/people").url.endswith("/reauthenticate/")
    assert one.post("/account/reauthenticate/", password=password("olga"), next="/people").url.endswith("/people")
    assert "last administrator" in one.post("/people/become", username="anna", role="viewer").said()[0], (
        "olga does not count: she may be cut off"
    )
    one.get("/people")
    assert "change them there" in one.post("/people/become", username="lara", role="viewer").said()[0]


@needs_slapd
def test_whom_an_administrator_lets_in_no_more_is_out_at_once_and_stays_out(hospital: Running, anna: Visitor) -> None:
    one = Visitor(hospital.base)
    assert _log_in(one, "zoe", password("zoe")).url == f"{hospital.base}/"
    anna.get("/people")
    assert anna.post("/people/become", username="zoe", role="").said() == ["zoe can log in no more."]
    assert "/account/login/" in one.get("/assets").url
    assert "not correct" in _log_in(one, "zoe", password("zoe")).text


@needs_slapd
def test_a_dead_directory_keeps_no_one_of_the_console_out(hospital: Running, anna: Visitor, server: Server) -> None:
    server.stop()
    try:
        assert _log_in(Visitor(hospital.base), "anna", PASSWORD).url == f"{hospital.base}/"
        page = _log_in(Visitor(hospital.base), "nils", password("Nils"))
        assert "does not answer" in page.text
        assert page.url.endswith("/account/login/")
    finally:
        server.start()
    assert _log_in(Visitor(hospital.base), "nils", password("Nils")).url == f"{hospital.base}/"


@needs_slapd
def test_no_password_is_kept(hospital: Running, anna: Visitor) -> None:
    _log_in(Visitor(hospital.base), "nils", password("Nils"))
    for planted in (SECRET, password("Nils"), password("lara")):
        kept = [file.name for file in hospital.site.path.rglob("*") if file.is_file() and planted.encode() in file.read_bytes()]
        assert kept == []


ASK = """
from asepsis.console.serving import served
from asepsis.console.server import prepare
prepare(served())
from django.contrib.auth import authenticate
print(authenticate(None, username="nils", password="ldap-Nils-password"))
"""


def _asked(folder: Path, toml: str) -> tuple[str, str]:
    site = Site.open(folder / "site", create=True)
    (site.path / "ldap.toml").write_text(toml)
    environment = {**os.environ, **Serving(str(site.path), "127.0.0.1", 1, ("127.0.0.1",)).environment()}
    done = subprocess.run([sys.executable, "-c", ASK], env=environment, capture_output=True, text=True, check=False, timeout=120)
    return done.stdout.strip(), done.stderr.strip()


@needs_slapd
def test_it_speaks_tls_to_who_it_trusts_and_to_no_other(server: Server, tmp_path: Path) -> None:
    assert _asked(tmp_path, server.toml(servers=[f"ldap://127.0.0.1:{server.plain}"], start_tls=True)) == ("nils", "")
    (tmp_path / "other").mkdir()
    slapd.certify(tmp_path / "other")
    for start_tls, address in ((False, f"ldaps://127.0.0.1:{server.tls}"), (True, f"ldap://localhost:{server.plain}")):
        said, told = _asked(tmp_path, server.toml(servers=[address], start_tls=start_tls, ca_file=str(tmp_path / "other" / "ca.pem")))
        assert said == "None"
        assert set(told.splitlines()) <= {f"asepsis: the directory does not answer: {name}" for name in ("SERVER_DOWN", "CONNECT_ERROR")}
        assert told


@needs_slapd
def test_a_server_that_says_nothing_is_waited_for_no_longer_than_stated(server: Server, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        mute = f"ldap://127.0.0.1:{deaf.getsockname()[1]}"
        said, told = _asked(tmp_path, server.toml(servers=[mute], timeout_s=1))
    assert said == "None"
    assert "the directory does not answer" in told
