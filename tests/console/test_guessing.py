"""Who guesses at passwords is slowed, and nobody else."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from asepsis.console import guessing
from asepsis.console.guessing import FREE, LONGEST, QUIET, place, wait
from asepsis.console.role import Role
from asepsis.console.serving import Serving
from asepsis.journal.service import entries
from asepsis.kit.site import Site

from .browser import PASSWORD, Page, Visitor, come_in
from .conftest import Running

NOW = timedelta()


def test_a_few_mistakes_cost_nothing_and_more_cost_ever_more() -> None:
    assert not any(wait(wrong, NOW) for wrong in range(FREE))
    waits = [wait(wrong, NOW) for wrong in range(FREE, FREE + 12)]
    assert waits == sorted(waits)
    assert waits[:3] == [timedelta(seconds=5), timedelta(seconds=10), timedelta(seconds=20)]
    assert waits[-1] == wait(10**9, NOW) == LONGEST


def test_waits_end() -> None:
    assert wait(FREE, timedelta(seconds=4)) == timedelta(seconds=1)
    assert not wait(FREE, timedelta(seconds=5))
    assert not wait(100, QUIET)
    assert not wait(100, timedelta(days=-1)), "the clock was set back"
    assert [guessing.next_wrong(7, gone) for gone in (NOW, QUIET, timedelta(days=-1))] == [8, 1, 1]


def test_what_is_counted_is_a_name_at_a_place() -> None:
    def at(name: str = "anna", device: str | None = None, address: str = "10.0.0.1", key: bytes = b"k") -> str:
        return place(key, name, device, address)

    assert at() == at("ANNA")
    assert len({at(), at("bert"), at(address="10.0.0.2"), at(device="x"), at(device="y"), at(key=b"other")}) == 6
    assert at(device="x") == at(device="x", address="10.0.0.2")
    assert at(address="2001:db8::1") == at(address="2001:db8::ffff:1") != at(address="2001:db8:0:1::1")
    assert at("\ud800\0") != at("\u202e" * 70_000)


def test_of_a_name_too_little_is_kept_to_know_it_again() -> None:
    assert len({place(b"k", f"name {n}", None, "10.0.0.1") for n in range(20_000)}) <= 4096


def _log_in(one: Visitor, name: str, password: str, **headers: str) -> Page:
    one.get("/account/login/", **headers)
    return one.post("/account/login/", login=name, password=password)


@pytest.fixture
def owner(console: Running, people: dict[Role, Visitor], request: pytest.FixtureRequest) -> tuple[str, Visitor]:
    """Somebody new, and the browser in which he came in."""
    leads, name = people[Role.ADMINISTRATOR], f"p{abs(hash(request.node.name))}"
    leads.get("/people")
    (said,) = leads.post("/people/invite", role="viewer", next="/people").said()
    return name, come_in(console.base, said.rpartition(" ")[2], name)


def test_who_guesses_waits_and_the_owner_does_not(console: Running, owner: tuple[str, Visitor]) -> None:
    name, own = owner
    attacker = Visitor(console.base, "127.0.0.2")
    for tried in range(FREE):
        assert "not correct" in _log_in(attacker, name, f"guess {tried}").text
    assert "Too many wrong passwords" in _log_in(attacker, name, "guess").text
    assert "Too many wrong passwords" in _log_in(attacker, name, PASSWORD).text, "the right one neither: nothing is told"
    assert "Too many wrong passwords" in _log_in(Visitor(console.base, "127.0.0.2"), name, PASSWORD).text, "without its cookies neither"
    assert "Too many" in _log_in(Visitor(console.base, "127.0.0.2"), name, PASSWORD, X_Forwarded_For="10.9.9.9").text
    assert _log_in(Visitor(console.base, "127.0.0.3"), name, PASSWORD).url == f"{console.base}/", "the owner, elsewhere"
    assert _log_in(Visitor(console.base, "127.0.0.2"), "viewer", PASSWORD).url == f"{console.base}/", "another behind the same address"
    own.post("/account/logout/")
    assert _log_in(own, name, PASSWORD).url == f"{console.base}/", "the owner, at his own browser"
    slowed = [entry for entry in entries(console.site) if entry.act == "console.slowed" and entry.subject == name]
    assert [entry.detail for entry in slowed] == [{"address": "127.0.0.2"}]


def test_his_own_browser_behind_the_address_of_who_guesses_and_what_a_stolen_cookie_is_worth(
    console: Running, owner: tuple[str, Visitor]
) -> None:
    name, own = owner
    own.post("/account/logout/")
    attacker = Visitor(console.base)
    for tried in range(FREE + 1):
        said = _log_in(attacker, name, f"guess {tried}").text
    assert "Too many wrong passwords" in said
    assert _log_in(own, name, PASSWORD).url == f"{console.base}/"
    own.post("/account/logout/")
    for tried in range(FREE + 1):
        said = _log_in(own, name, f"guess {tried}").text
    assert "Too many wrong passwords" in said, "a browser that is known guesses no faster"


def test_a_name_that_nobody_has_is_slowed_alike_and_written_down_nowhere(console: Running, people: dict[Role, Visitor]) -> None:
    stranger, typed = Visitor(console.base, "127.0.0.4"), "my-secret-typed-into-the-wrong-field"
    said = [_log_in(stranger, typed, "x").text for _ in range(FREE + 1)]
    assert "not correct" in said[FREE - 1]
    assert "Too many wrong passwords" in said[FREE]
    kept = [file for file in console.site.path.rglob("*") if file.is_file() and typed.encode() in file.read_bytes()]
    assert kept == []
    assert [entry.subject for entry in entries(console.site) if entry.detail.get("address") == "127.0.0.4"] == ["?"]


def test_who_is_asked_whether_it_is_still_he_guesses_no_faster(console: Running, owner: tuple[str, Visitor]) -> None:
    _, own = owner
    for tried in range(FREE + 1):
        own.get("/account/reauthenticate/")
        said = own.post("/account/reauthenticate/", password=f"guess {tried}").text
    assert "Too many wrong passwords" in said


INSIDE = """
import json, sys
from asepsis.console.serving import served
from asepsis.console.server import prepare
site = prepare(served())
from datetime import UTC, datetime, timedelta
from django.contrib.auth import authenticate
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.test import RequestFactory
from asepsis.console import people, tries
from asepsis.console.models import Guesses, Person
from asepsis.console.role import Role
anna = people.come_in(site, people.invite(site, Role.VIEWER, "x"), "anna", "a sentence nobody knows")
gone = people.come_in(site, people.invite(site, Role.VIEWER, "x"), "gone", "a sentence nobody knows")
Person.objects.filter(pk=gone.pk).update(is_active=False)
without = Person(username="without"); without.set_unusable_password(); without.save()
runs, encode = [], PBKDF2PasswordHasher.encode
PBKDF2PasswordHasher.encode = lambda self, *given: (runs.append(given[2] if len(given) > 2 else self.iterations), encode(self, *given))[1]
told = {}
for name in ("anna", "gone", "without", "nobody"):
    runs.clear()
    assert authenticate(RequestFactory().post("/"), username=name, password="wrong") is None
    told[name] = [run or PBKDF2PasswordHasher.iterations for run in runs]
from asepsis.console.adapter import Adapter
asking = RequestFactory().get("/", REMOTE_ADDR="127.0.0.1", headers={"X-Forwarded-For": "203.0.113.9, 10.0.0.7"})
told["from"] = [Adapter(asking).get_client_ip(asking)]
tries.MOST = 10
now = datetime.now(UTC)
Guesses.objects.all().delete()
Guesses.objects.create(place="old", wrong=9, last=now - timedelta(hours=2))
for n in range(30):
    tries.begin(f"place {n}")
told["places"] = sorted(Guesses.objects.values_list("place", flat=True))
print(json.dumps(told))
"""


@pytest.fixture(scope="module")
def inside(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[object]]:
    """What the parts do, asked in a process that serves a site."""
    return _inside(tmp_path_factory.mktemp("inside"), proxied=False)


def _inside(folder: Path, proxied: bool) -> dict[str, list[object]]:
    site = Site.open(folder / "site", create=True)
    environment = Serving(str(site.path), "127.0.0.1", 1, ("127.0.0.1",), proxied=proxied).environment()
    done = subprocess.run(
        [sys.executable, "-c", INSIDE], env={**os.environ, **environment}, capture_output=True, text=True, check=False, cwd=Path.cwd()
    )
    assert done.returncode == 0, done.stderr
    told: dict[str, list[object]] = json.loads(done.stdout)
    return told


def test_a_password_is_hashed_once_whether_there_is_such_a_name_or_not(inside: dict[str, list[object]]) -> None:
    assert len(inside["anna"]) == 1
    assert inside["anna"] == inside["gone"] == inside["without"] == inside["nobody"]


def test_what_is_remembered_is_bounded(inside: dict[str, list[object]]) -> None:
    assert inside["places"] == sorted(f"place {n}" for n in range(20, 30))


def test_an_address_is_what_the_proxy_adds_and_only_where_there_is_one(inside: dict[str, list[object]], tmp_path: Path) -> None:
    assert inside["from"] == ["127.0.0.1"]
    assert _inside(tmp_path, proxied=True)["from"] == ["10.0.0.7"]
