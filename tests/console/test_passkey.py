"""Passkeys (W3C WebAuthn), in a real browser with an authenticator that it plays (CDP domain WebAuthn)."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from asepsis.journal.service import entries
from asepsis.kit.site import Site

from .browser import PASSWORD, Visitor
from .conftest import Running, start, stop

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
CHROMIUM = shutil.which("chromium")
if CHROMIUM is None:
    pytest.skip("chromium is not installed", allow_module_level=True)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A console of its own, by name: an address has no passkeys, and a browser makes none where it does not trust the certificate."""
    site = Site.open(tmp_path_factory.mktemp("passkey") / "site", create=True)
    found = start(site.path, "--plain-http")
    yield Running(found.base.replace("127.0.0.1", "localhost"), site, found.link.replace("127.0.0.1", "localhost"), found.process)
    stop(found)


@pytest.fixture(scope="module")
def page(running: Running) -> Iterator[Any]:
    """A browser with an authenticator, in which anna came in; what it complains about fails the test."""
    with playwright.sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-background-networking"])
        page = browser.new_context().new_page()
        page.set_default_timeout(20_000)
        complaints: list[str] = []
        page.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        tools = page.context.new_cdp_session(page)
        tools.send("WebAuthn.enable")
        kind = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True, "isUserVerified": True}
        page.authenticator = tools.send("WebAuthn.addVirtualAuthenticator", {"options": kind})["authenticatorId"]
        page.tools = tools
        page.goto(running.link)
        for field, value in (("username", "anna"), ("password", PASSWORD), ("again", PASSWORD)):
            page.fill(f"input[name={field}]", value)
        page.click("main button")
        page.wait_for_url(running.base + "/")
        yield page
        browser.close()
        assert complaints == []


def _add(page: Any, base: str, name: str, alone: bool) -> None:
    page.goto(base + "/account/2fa/webauthn/add/")
    page.fill("input[name=name]", name)
    page.set_checked("input[name=passwordless]", alone)
    page.click("#passkey-add")
    page.wait_for_url(lambda url: not url.endswith("/add/"))


def _remove(page: Any, base: str, name: str) -> None:
    page.goto(base + "/account/2fa/webauthn/")
    page.click(f"tr:has-text('{name}') >> text=Remove")
    # Whoever came in without his password is asked for it before he changes by what he comes in.
    if page.locator("input[name=password]").count():
        page.fill("input[name=password]", PASSWORD)
        page.click("main button")
    page.click("main button:has-text('Remove')")
    page.wait_for_url(base + "/account/2fa/webauthn/")
    page.tools.send("WebAuthn.clearCredentials", {"authenticatorId": page.authenticator})


def _out(page: Any, base: str) -> None:
    page.click("text=Log out")
    page.wait_for_url(base + "/account/login/")


def _log_in(page: Any) -> None:
    page.fill("input[name=login]", "anna")
    page.fill("input[name=password]", PASSWORD)
    page.click("form:has(input[name=password]) button")


def test_a_passkey_logs_in_alone(page: Any, running: Running) -> None:
    _add(page, running.base, "my phone", alone=True)
    page.goto(running.base + "/account/2fa/webauthn/")
    assert "yes" in page.inner_text("tr:has-text('my phone')")
    _out(page, running.base)
    page.click("#passkey-login")
    page.wait_for_url(running.base + "/")
    assert "anna" in page.inner_text("header")
    _remove(page, running.base, "my phone")
    assert "You have none" in page.inner_text("main")
    acts = [(entry.act, entry.detail.get("factor")) for entry in entries(running.site) if entry.who == "console:anna"]
    assert ("console.factor_added", "webauthn") in acts
    assert ("console.factor_removed", "webauthn") in acts


def test_a_key_is_a_second_factor_and_says_that_it_is_still_you(page: Any, running: Running) -> None:
    _add(page, running.base, "stick", alone=False)
    _out(page, running.base)
    _log_in(page)
    page.wait_for_url("**/account/2fa/authenticate/")
    page.click("#passkey-use")
    page.wait_for_url(running.base + "/")
    page.goto(running.base + "/account/2fa/webauthn/reauthenticate/?next=/people")
    page.click("#passkey-use")
    page.wait_for_url(running.base + "/people")
    _remove(page, running.base, "stick")
    _out(page, running.base)
    _log_in(page)
    page.wait_for_url(running.base + "/")


def test_who_has_no_key_is_told_calmly(page: Any, running: Running) -> None:
    _out(page, running.base)
    page.tools.send("WebAuthn.removeVirtualAuthenticator", {"authenticatorId": page.authenticator})
    page.evaluate("() => { navigator.credentials.get = () => Promise.reject(new DOMException('no', 'NotAllowedError')); }")
    page.click("#passkey-login")
    page.wait_for_selector("#passkey-error:visible")
    assert "take another way" in page.inner_text("#passkey-error")


def test_without_scripts_nothing_is_offered_that_needs_them(page: Any, running: Running) -> None:
    plain = page.context.browser.new_context(java_script_enabled=False).new_page()
    plain.goto(running.base + "/account/login/")
    assert plain.is_visible("text=Password")
    assert not plain.is_visible("#passkey-login")


HALF = {"id": "x", "rawId": "AA", "type": "public-key", "response": {}}


@pytest.mark.parametrize(
    "given",
    [
        HALF,
        HALF | {"response": {"clientDataJSON": "AA", "authenticatorData": "AA", "signature": "AA", "userHandle": "\ud7ff"}},
        HALF | {"response": {"clientDataJSON": "e30", "authenticatorData": "A" * 200, "signature": "AA", "userHandle": None}},
        HALF | {"response": {"clientDataJSON": 7, "authenticatorData": [], "signature": {}, "userHandle": "MQ"}},
        HALF | {"response": {"clientDataJSON": "e30", "attestationObject": "oA"}},
        {"id": 1},
        [1],
        7,
    ],
)
def test_what_no_key_made_logs_nobody_in(running: Running, given: object) -> None:
    one = Visitor(running.base)
    one.get("/account/2fa/webauthn/login/", Accept="application/json")
    one.get("/account/login/")
    page = one.post("/account/2fa/webauthn/login/", credential=json.dumps(given))
    assert page.status == 200
    assert "/account/login/" in one.get("/assets").url


def test_no_script_of_it_stands_in_a_page() -> None:
    templates = Path(__file__).parents[2] / "src/asepsis/console/templates"
    assert all("<script>" not in file.read_text() and "application/json" not in file.read_text() for file in templates.rglob("*.html"))
