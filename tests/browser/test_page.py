"""How the report lies on a narrow screen, in the dark and on paper, as a browser measures it.

The report allows no script, so another page measures: it holds the report in a frame (`srcdoc`, the same origin, its own policy) and asks
for the boxes of what is in it.
"""

from __future__ import annotations

import dataclasses
import json
import re
import shutil
import subprocess
from html import escape, unescape
from pathlib import Path
from typing import Any

import pytest
from tests.assessment.large import large

from asepsis.assessment import service
from asepsis.cli.main import main
from asepsis.findings.line import Line, added, line_of
from asepsis.kit.site import Site
from asepsis.settings import open_store

CHROMIUM = shutil.which("chromium")
MORNING = Path(__file__).parents[2] / "range" / "captures" / "morning.pcap.gz"
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs chromium")

MEASURE = """
onload = () => {
  const windows = [window, document.getElementById('frame').contentWindow];
  const page = document.getElementById('frame').contentDocument, width = page.documentElement.clientWidth;
  const wide = [...page.querySelectorAll('body *')].filter(e => !e.closest('svg') && !e.parentElement.closest('.scroll')
    && e.getBoundingClientRect().right > width + 1);
  const links = [...page.querySelectorAll('*')].flatMap(e => [...e.attributes]).filter(a => /^https?:/.test(a.value) && a.name != 'xmlns');
  document.getElementById('said').textContent = JSON.stringify({
    width, scroll: Math.max(page.documentElement.scrollWidth, page.body.scrollWidth), wide: wide.map(e => e.tagName + ' ' + e.className),
    paper: getComputedStyle(page.body).backgroundColor, ink: getComputedStyle(page.body).color, lines: page.querySelectorAll('h3').length,
    links: links.map(a => a.name), loaded: windows.flatMap(w => w.performance.getEntriesByType('resource')).length,
    boxes: page.querySelectorAll('.scroll').length, spilled: spilled(page) });
};
// Letters of the picture that hang out of the box or the tag that they stand in, as this machine's own typeface draws them.
const out = (b, frame) => b.x < frame.x || b.x + b.width > frame.x + frame.width || b.y < frame.y - 1
  || b.y + b.height > frame.y + frame.height + 1;
const spilled = page => [...page.querySelectorAll('svg.flows g')].flatMap(g => {
  const frame = g.querySelector('rect.box, rect.tag')?.getBBox();
  return frame ? [...g.querySelectorAll('text')].filter(t => out(t.getBBox(), frame)).map(t => t.textContent) : [];
});
"""


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("report")
    assert main(["assess", str(MORNING), "--site", str(folder / "site"), "--report", str(folder / "r.html")]) == 0
    return (folder / "r.html").read_text("utf-8")


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Five thousand machines, names and sentences as long as they come, and captures that were not read whole."""
    site = Site.open(tmp_path_factory.mktemp("crowd") / "site", create=True)
    open_store(site)
    found = service.assess(site, [MORNING])
    assets, talks = large(5000, 30_000)
    ingested = dataclasses.replace(found.ingested, problems=[("a.pcap", "cut short " * 40)] * 9)
    lines = [Line(wordy(line.lead), added([line_of([wordy(line.lead)] * 9).group] * 2)) for line in found.lines]
    return service.page(dataclasses.replace(found, assets=assets, talks=talks, ingested=ingested, lines=lines))


def wordy(finding: Any) -> Any:
    seen, more = finding.seen, " and so on" * 40
    harms = {kind: dataclasses.replace(harm, why=harm.why + more) for kind, harm in seen.harms.items()}
    action = dataclasses.replace(seen.action, title=seen.action.title + more, for_many=seen.action.title + more)
    return dataclasses.replace(
        finding, seen=dataclasses.replace(seen, fault=seen.fault + more, harms=harms, action=action, patients=12_345)
    )


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


def test_five_thousand_machines_and_long_words_do_not_hang_over_it_either(crowd: str, tmp_path: Path) -> None:
    said = measure(tmp_path, crowd, 320)
    assert said["scroll"] <= said["width"] <= 320
    assert said["wide"] == []


def test_letters_stay_in_their_boxes(page: str, crowd: str, tmp_path: Path) -> None:
    for text in (page, crowd):
        assert measure(tmp_path, text, 1280)["spilled"] == []
    long = page.replace(">CT scanner<", f">{'W' * 60}<")
    assert measure(tmp_path, long, 1280)["spilled"] == ["W" * 60], "the lines above would see nothing"


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


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="needs pdftotext (poppler-utils)")
def test_the_first_sheet_is_for_management_and_for_nothing_else(page: str, crowd: str, tmp_path: Path) -> None:
    for text in (page, crowd):
        sheets(tmp_path, text)
        first, second = (words(tmp_path / "print.pdf", n) for n in (1, 2))
        assert first.startswith("What endangers patients, and what to do first")
        assert all(head in first for head in ("What we looked at", "What to decide first", "Who is within reach", "What we could not see"))
        assert "What is good" in first
        assert second.startswith("Worklist")


def words(pdf: Path, sheet: int) -> str:
    """The text of one sheet."""
    command = ["pdftotext", "-f", str(sheet), "-l", str(sheet), str(pdf), "-"]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout.strip()


def sheets(folder: Path, page: str) -> int:
    """Pages of the report on paper."""
    (folder / "print.html").write_text(page, "utf-8")
    browse(folder, f"--print-to-pdf={folder / 'print.pdf'}", "--no-pdf-header-footer", (folder / "print.html").as_uri())
    return len(re.findall(rb"/Type /Page\b", (folder / "print.pdf").read_bytes()))
