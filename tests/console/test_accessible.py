"""Every page in a browser: nothing that axe-core calls critical, serious or moderate, light and dark; no error; no wider than a screen.

And the worklist by keyboard alone.
"""

from __future__ import annotations

import html
import re
import shutil
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from asepsis.console.role import Role
from asepsis.findings.service import Wish, put
from asepsis.hospital.service import assets
from asepsis.journal.service import acting

from .browser import PASSWORD, Visitor
from .conftest import Running

CHROMIUM = shutil.which("chromium")
if CHROMIUM is None:
    pytest.skip("chromium is not installed", allow_module_level=True)
playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed")

LISTED = {
    "FINDING": ("/findings", r'href="(/findings/F\w+)"'),
    "ASSET": ("/assets", r'href="(/assets/[^"?/]+)"'),
    "PEERS": ("/assets", r'href="(/assets/[^"?/]+)"'),
    "RULE": ("/detection", r'href="(/detection/rules/[^"?/]+)"'),
    "APPROVAL": ("/approvals", r'href="(/approvals/A\w+)"'),
    "WEEK": ("/reports", r'href="(/reports/weekly[^"]*)"'),
    "MONTH": ("/reports", r'href="(/reports/monthly[^"]*)"'),
}
"""Pages of one thing: where such a thing is listed, and how its address looks there."""
PAGES = (
    "/", "/findings", "/assets", "/stories", "/detection", "/detection/coverage", "/sensor", "/map", "/hunt",
    "/approvals", "/reports", "/jobs", "/settings", "/journal", "/people", "/clients", "/about", "/account/2fa/", "/no-such-page", *LISTED,
)  # fmt: skip


@pytest.fixture(scope="module")
def page(console: Running, people: dict[Role, Visitor]) -> Iterator[Any]:
    """A browser in which the administrator is logged in, and somebody asks him for something."""
    del people
    asset = assets(console.site)[0]
    with acting("console:analyst"):
        put(
            console.site, Wish("It talks to nobody", ("Scans wait.",), (asset.id,), "", timedelta(hours=4), "an attack", ("administrator",))
        )
    with playwright.sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-background-networking"])
        one = browser.new_context(ignore_https_errors=True, viewport={"width": 1280, "height": 900}).new_page()
        one.goto(f"{console.base}/account/login/")
        one.fill("input[name=login]", "anna")
        one.fill("input[name=password]", PASSWORD)
        one.click("main form button")
        one.wait_for_selector("h1")
        yield one
        browser.close()


def _address(page: Any, base: str, name: str) -> str:
    if name not in LISTED:
        return base + name
    listed, looks = LISTED[name]
    page.goto(base + listed)
    found = html.unescape(re.findall(looks, page.content())[0])
    return base + found + ("/talks" if name == "PEERS" else "")


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_accessible_and_fits(console: Running, page: Any, name: str) -> None:
    address, wrong = _address(page, console.base, name), []
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" and "404" not in message.text else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        page.goto(address)
        for found in axe.Axe().run(page).response["violations"]:
            if found["impact"] != "minor":
                wrong.append((scheme, found["id"], [node["html"][:200] for node in found["nodes"][:3]]))
    assert not wrong
    for width in (320, 375, 3840):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= width, width
    page.set_viewport_size({"width": 1280, "height": 900})
    assert not said


def test_the_worklist_by_keyboard(console: Running, page: Any) -> None:
    page.goto(console.base)
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    assert page.locator(".worklist > li:nth-child(2) details[open]").count() == 1
    page.keyboard.press("x")
    assert page.locator(".worklist > li:nth-child(2) input[type=checkbox]").is_checked()
    page.keyboard.press("a")
    assert page.evaluate("document.activeElement.name") == "reason"
    page.keyboard.type("x j k")
    assert page.locator(".several input[name=reason]").input_value() == "x j k"
    page.keyboard.press("Escape")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("k")
    page.keyboard.press("e")
    page.wait_for_url("**/findings/F*")
    page.goto(console.base)
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.name") == "q"


def test_whoever_reads_keeps_his_place_when_the_list_changes(console: Running, page: Any, people: dict[Role, Visitor]) -> None:
    page.goto(console.base)
    page.wait_for_load_state("load")
    first = page.locator(".worklist > li").first
    first.locator("summary").click()
    first.locator("input[type=checkbox]").check()
    analyst = people[Role.ANALYST]
    other = re.findall(r'name="line" value="(F\w+):(\w+)"', analyst.get("/").text)[-1]
    with page.expect_response(lambda answer: answer.request.headers.get("x-poll") == "1" and answer.ok):
        analyst.post("/findings/several", line=":".join(other), do="give", to="biomed", next="/")
    page.wait_for_function("[...document.querySelectorAll('.worklist summary')].some((one) => one.textContent.includes('biomed'))")
    assert first.locator("details[open]").count() == 1
    assert first.locator("input[type=checkbox]").is_checked()
