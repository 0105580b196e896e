"""How the report lies on a narrow screen, in the dark and on paper, as a browser measures it.

The report allows no script, so another page measures: it holds the report in a frame (`srcdoc`, the same origin, its own policy) and asks
for the boxes of what is in it.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from html import escape, unescape
from pathlib import Path
from typing import Any

import pytest

from asepsis.cli.main import main

CHROMIUM = shutil.which("chromium")
MORNING = Path(__file__).parents[2] / "range" / "captures" / "morning.pcap.gz"
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs chromium")

MEASURE = """
onload = () => {
  const page = document.getElementById('frame').contentDocument, width = page.documentElement.clientWidth;
  const wide = [...page.querySelectorAll('body *')].filter(e => !e.closest('svg') && !e.parentElement.closest('.scroll')
    && e.getBoundingClientRect().right > width + 1);
  const links = [...page.querySelectorAll('*')].flatMap(e => [...e.attributes]).filter(a => /^https?:/.test(a.value) && a.name != 'xmlns');
  document.getElementById('said').textContent = JSON.stringify({
    width, scroll: Math.max(page.documentElement.scrollWidth, page.body.scrollWidth), wide: wide.map(e => e.tagName + ' ' + e.className),
    paper: getComputedStyle(page.body).backgroundColor, ink: getComputedStyle(page.body).color, lines: page.querySelectorAll('h3').length,
    links: links.map(a => a.name), loaded: performance.getEntriesByType('resource').length,
    boxes: page.querySelectorAll('.scroll').length });
};
"""


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("report")
    assert main(["assess", str(MORNING), "--site", str(folder / "site"), "--report", str(folder / "r.html")]) == 0
    return (folder / "r.html").read_text("utf-8")


def browse(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    quiet = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run", "--enable-logging=stderr")
    command = [str(CHROMIUM), *quiet, "--v=0", f"--user-data-dir={folder / 'profile'}", *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=120)


def measure(folder: Path, page: str, width: int, *arguments: str) -> dict[str, Any]:
    frame = f'<iframe id="frame" style="border:0; width:{width}px; height:900px" srcdoc="{escape(page)}"></iframe>'
    (folder / "frame.html").write_text(
        '<!doctype html><meta charset="utf-8"><meta name="color-scheme" content="light dark">'
        f'{frame}<pre id="said"></pre><script>{MEASURE}</script>',
        "utf-8",
    )
    shown = browse(folder, "--dump-dom", *arguments, (folder / "frame.html").as_uri())
    assert complaints(shown.stderr) == []
    said = re.search(r'<pre id="said">(.*?)</pre>', shown.stdout, re.DOTALL)
    assert said
    measured: dict[str, Any] = json.loads(unescape(said[1]))
    return measured


def complaints(log: str) -> list[str]:
    """What the browser says of a page: console messages, and what a policy refused."""
    return [line for line in log.splitlines() if re.search(r"CONSOLE|Content Security Policy|Refused", line)]


@pytest.mark.parametrize("width", [320, 1280])
def test_nothing_hangs_over_the_edge_but_inside_scroll_boxes(page: str, tmp_path: Path, width: int) -> None:
    # WCAG 2.2, 1.4.10 Reflow: 320 CSS pixels; data tables may scroll in two dimensions.
    said = measure(tmp_path, page, width)
    assert said["width"] <= width
    assert said["scroll"] <= said["width"]
    assert said["wide"] == []
    assert said["lines"] > 0
    assert said["boxes"] > 0


def test_nothing_is_loaded(page: str, tmp_path: Path) -> None:
    said = measure(tmp_path, page, 1000)
    assert (said["links"], said["loaded"]) == ([], 0)


def test_light_and_dark(page: str, tmp_path: Path) -> None:
    light, dark = (measure(tmp_path, page, 1000, f"--blink-settings=preferredColorScheme={scheme}") for scheme in (1, 0))
    assert brightness(light["paper"]) > 200 > 80 > brightness(light["ink"])
    assert brightness(dark["ink"]) > 200 > 80 > brightness(dark["paper"])


def brightness(colour: str) -> float:
    red, green, blue = map(int, re.findall(r"\d+", colour)[:3])
    return (red + green + blue) / 3


def test_a_policy_that_refuses_is_heard(page: str, tmp_path: Path) -> None:
    (tmp_path / "bad.html").write_text(page.replace("</style>", " </style>"), "utf-8")
    assert complaints(browse(tmp_path, "--dump-dom", (tmp_path / "bad.html").as_uri()).stderr), "the tests above would hear nothing"


def test_paper_shows_what_the_screen_folds(page: str, tmp_path: Path) -> None:
    folded, unfolded = (sheets(tmp_path, text) for text in (page, page.replace("<details>", "<details open>")))
    assert folded == unfolded


def sheets(folder: Path, page: str) -> int:
    """Pages of the report on paper."""
    (folder / "print.html").write_text(page, "utf-8")
    browse(folder, f"--print-to-pdf={folder / 'print.pdf'}", "--no-pdf-header-footer", (folder / "print.html").as_uri())
    return len(re.findall(rb"/Type /Page\b", (folder / "print.pdf").read_bytes()))
