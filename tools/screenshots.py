"""The pictures of the console in README and docs/ui.md: of a made-up hospital, as `make demo-console` shows it.

    python tools/screenshots.py SITE

SITE is one that was assessed and that nobody has logged in to. Needs chromium and playwright.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from asepsis.findings.service import Wish, put
from asepsis.hospital.service import assets
from asepsis.kit.site import Site

PICTURES = Path(__file__).parents[1] / "docs" / "pictures"
DESKTOP, PHONE = {"width": 1200, "height": 760}, {"width": 375, "height": 720}


def main() -> None:
    site = Site.open(Path(sys.argv[1]))
    pump = next(asset for asset in assets(site) if "pump" in asset.kind)
    wish = Wish(
        title=f"{pump.name} talks to its pumps alone",
        effects=("Pumps keep their settings; new drug libraries wait.",),
        assets=(pump.id,),
        care="patients with pumps on ward 4",
        lasts=timedelta(hours=4),
        why="An attacker asks it for its settings.",
        roles=("approver",),
    )
    asked = put(site, wish)
    command = [sys.executable, "-m", "asepsis", "up", "--site", str(site.path), "--bind", "127.0.0.1:8497", "--json"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert process.stdout
    told = json.loads(process.stdout.readline())
    try:
        with sync_playwright() as play:
            browser = play.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
            page = browser.new_context(ignore_https_errors=True, viewport=DESKTOP).new_page()
            _come_in(page, told["first_administrator"])
            _take(page, told["ready"], asked.id, pump.id)
            browser.close()
    finally:
        process.terminate()
        process.wait(60)


def _come_in(page: Any, link: str) -> None:
    page.goto(link)
    for name, value in (("username", "anna"), ("password", "a sentence nobody thinks of"), ("again", "a sentence nobody thinks of")):
        page.fill(f"input[name={name}]", value)
    page.click("main button")
    page.wait_for_selector(".worklist")


def _take(page: Any, base: str, asked: str, pump: str) -> None:
    page.locator(".worklist summary").nth(1).click()
    page.screenshot(path=PICTURES / "console-worklist.png")
    first = re.findall(r'href="/findings/(F\w+)"', page.content())[0]
    pages = {"story": f"/stories/{first}", "asset": f"/assets/{pump}", "map": "/map", "detection": "/detection/coverage"}
    for name, path in pages.items():
        page.goto(base + path)
        page.wait_for_load_state("networkidle")
        if name == "story":
            page.locator("svg").first.scroll_into_view_if_needed()
        page.screenshot(path=PICTURES / f"console-{name}.png")
    page.set_viewport_size(PHONE)
    page.emulate_media(color_scheme="dark")
    page.goto(f"{base}/approvals/{asked}")
    page.screenshot(path=PICTURES / "console-approval.png")


if __name__ == "__main__":
    main()
