"""The report: strict, printable, and deaf to what is planted on the wire."""

from __future__ import annotations

import base64
import dataclasses
import gzip
import hashlib
import re
from collections.abc import Mapping
from enum import Enum
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from pynetdicom.pdu import A_ASSOCIATE_AC, A_ASSOCIATE_RQ
from pynetdicom.pdu_primitives import A_ASSOCIATE, ImplementationClassUIDNotification, MaximumLengthNotification
from pynetdicom.presentation import build_context
from tests.golden.packets import Talk, pcap, spaced

from asepsis.assessment import service
from asepsis.assessment.service import Assessment
from asepsis.assessment.talks import OUTSIDE
from asepsis.kit.site import Site
from asepsis.settings import open_store

MORNING = Path(__file__).parents[2] / "range" / "captures" / "morning.pcap.gz"
TAGS = {
    *("html", "head", "meta", "title", "style", "body", "main", "header", "nav", "section", "figure", "figcaption", "a", "h1", "h2", "h3"),
    *(
        "p",
        "strong",
        "em",
        "code",
        "span",
        "ol",
        "ul",
        "li",
        "details",
        "summary",
        "div",
        "table",
        "caption",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
    ),
    *("svg", "g", "rect", "path", "text", "tspan"),
}
EVIL = "\"'/><script>alert(1)</script><img src=x onerror=alert(1)>&lt;b&#62;"


class Page(HTMLParser):
    """What a browser would make of it: elements with their attributes, and text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text.append(data)


@pytest.fixture(scope="module")
def morning(tmp_path_factory: pytest.TempPathFactory) -> Assessment:
    return assessed(tmp_path_factory.mktemp("morning"), gzip.decompress(MORNING.read_bytes()))


def assessed(folder: Path, capture: bytes) -> Assessment:
    (folder / "a.pcap").write_bytes(capture)
    site = Site.open(folder / "site", create=True)
    open_store(site)
    return service.assess(site, [folder / "a.pcap"])


def is_strict(page: str) -> bool:
    """Only elements that we write, none that loads or runs; no attribute that does."""
    elements = Page(page).elements
    names = {name for _, attributes in elements for name in attributes}
    links = [
        value for _, attributes in elements for name, value in attributes.items() if name != "xmlns" and re.match(r"\w+:", value or "")
    ]
    bad = {name for name in names if name.startswith("on") or name in ("src", "style", "action", "srcset")}
    ids = [attributes["id"] for _, attributes in elements if "id" in attributes]
    ways = {str(attributes["href"]) for _, attributes in elements if "href" in attributes}
    within = len(ids) == len(set(ids)) and ways <= {f"#{id}" for id in ids}
    return {tag for tag, _ in elements} <= TAGS and not bad and not links and within


def test_the_policy_allows_the_one_style_sheet_and_nothing_else(morning: Assessment) -> None:
    page = service.page(morning)
    style = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
    assert len(style) == 1
    digest = base64.b64encode(hashlib.sha256(style[0].encode()).digest()).decode()
    policy = [attributes["content"] for _, attributes in Page(page).elements if attributes.get("http-equiv") == "Content-Security-Policy"]
    assert policy == [f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"]
    assert page.index("Content-Security-Policy") < page.index("<style>"), "a policy binds only what comes after it"
    assert not re.search(r"url\(|@import|@font-face|https?:|expression", style[0])
    assert is_strict(page)


def test_the_style_sheet_knows_paper_and_the_dark(morning: Assessment) -> None:
    style = service.page(morning).partition("<style>")[2].partition("</style>")[0]
    assert "@media print" in style
    assert "@media (prefers-color-scheme: dark)" in style
    assert "color-scheme: light dark" in style
    used, known = (set(re.findall(pattern, style)) for pattern in (r"var\((--\w+)\)", r"(--\w+):"))
    assert used <= known
    dark = style.partition("prefers-color-scheme: dark")[2].partition("}")[0]
    assert known == set(re.findall(r"(--\w+):", dark)), "a colour that does not turn dark cannot be read there"


@pytest.mark.parametrize("look", [0, 1], ids=["light", "dark"])
def test_text_can_be_read_by_weak_eyes(morning: Assessment, look: int) -> None:
    style = service.page(morning).partition("<style>")[2]
    colours = dict(re.findall(r"(--\w+): (#\w+)", style.split("prefers-color-scheme: dark")[look].partition("}")[0]))
    for ink in ("--ink", "--quiet", "--alarm", "--safe", "--link"):
        for paper in ("--paper", "--soft"):
            assert contrast(colours[ink], colours[paper]) >= 4.5, f"{ink} on {paper} (WCAG 2.2, 1.4.3)"
            assert contrast(colours["--mark"], colours[paper]) >= 3, f"lines and boxes on {paper} (WCAG 2.2, 1.4.11)"


def contrast(one: str, other: str) -> float:
    """WCAG 2.2, definition of contrast ratio."""
    lighter, darker = sorted(map(_luminance, (one, other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(digit * 2 for digit in colour[1:])
    red, green, blue = (int(digits[n : n + 2], 16) / 255 for n in (0, 2, 4))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (red, green, blue))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_headings_and_landmarks_and_tables_say_what_they_are(morning: Assessment) -> None:
    elements = Page(service.page(morning)).elements
    levels = [int(tag[1]) for tag, _ in elements if re.fullmatch(r"h\d", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels)), "no level is left out (WCAG 2.2, 1.3.1)"
    tags = [tag for tag, _ in elements]
    assert tags.count("main") == 1
    assert tags.count("table") == tags.count("caption") > 5
    assert all("scope" in attributes for tag, attributes in elements if tag == "th")
    ids = {attributes.get("id") for _, attributes in elements}
    sections = [attributes for tag, attributes in elements if tag == "section"]
    assert next(attributes["id"] for attributes in sections) == "short", "management first"
    assert all(attributes["aria-labelledby"] in ids for attributes in sections)
    assert all("tabindex" in attributes for _, attributes in elements if attributes.get("class") == "scroll"), "reached by the keyboard"


def test_no_text_of_an_assessment_becomes_markup(morning: Assessment) -> None:
    problem = dataclasses.replace(morning.ingested, problems=[("a.pcap", "cut short")])
    page = service.page(poisoned(dataclasses.replace(morning, ingested=problem)))
    assert is_strict(page)
    assert "<script" not in page
    assert page.count("&lt;script&gt;") > 500
    shown = " ".join(Page(page).text)
    # Each place that shows what was seen still shows it, letter by letter.
    assert all(asset.name + EVIL in shown for asset in morning.assets)
    assert all(line.action.title + EVIL in shown for line in morning.lines)
    assert f"cut short{EVIL}" in shown


def poisoned(value: Any) -> Any:
    """The value with markup behind every text in it, but for the words by which we group."""
    if isinstance(value, Enum) or value == OUTSIDE:
        return value
    if isinstance(value, str):
        return value + EVIL
    if isinstance(value, tuple | list):
        return type(value)(map(poisoned, value))
    if isinstance(value, Mapping):
        return {poisoned(key): poisoned(item) for key, item in value.items()} if "packets" not in value else value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        kept = ("clinical_class",)
        return dataclasses.replace(
            value, **{f.name: poisoned(getattr(value, f.name)) for f in dataclasses.fields(value) if f.name not in kept}
        )
    return value


def test_titles_and_applications_off_the_wire_stay_text(tmp_path: Path) -> None:
    title, application = "<script>alert(1)", "ADT <img src=x>"
    hl7 = f"MSH|^~\\&|{application}|<b>|EHR|MAIN|20260101120000||ADT^A01|1|P|2.5.1\rPID|1||ZZ1^^^M^MR\r"
    mllp = Talk(("10.1.0.3", 40001), ("10.1.0.2", 2575)).open().say(b"\x0b" + hl7.encode() + b"\x1c\r").close()
    found = assessed(tmp_path, pcap(spaced([*association(title).frames(), *mllp.frames()])))
    page = service.page(found)
    shown = " ".join(Page(page).text)
    assert title in shown
    assert application in shown
    assert is_strict(page)
    assert "<script" not in page


def association(title: str) -> Talk:
    """An association between a caller of that AE title and a node that lets it in (DICOM PS3.8 9.3), as pynetdicom writes it."""
    primitive = A_ASSOCIATE()
    primitive.application_context_name = "1.2.840.10008.3.1.1.1"
    primitive.calling_ae_title, primitive.called_ae_title = title, "<script>PACS"
    length, implementation = MaximumLengthNotification(), ImplementationClassUIDNotification()
    length.maximum_length_received, implementation.implementation_class_uid = 16384, "1.2.826.0.1.3680043.9.3811.1"
    primitive.user_information = [length, implementation]
    context = build_context("1.2.840.10008.1.1")
    context.context_id, context.result = 1, 0
    primitive.presentation_context_definition_list = [context]
    request = A_ASSOCIATE_RQ()
    request.from_primitive(primitive)
    context.transfer_syntax = context.transfer_syntax[:1]
    primitive.presentation_context_definition_results_list = [context]
    primitive.result, primitive.result_source = 0, 1
    answer = A_ASSOCIATE_AC()
    answer.from_primitive(primitive)
    release, released = (bytes([kind, 0, 0, 0, 0, 4, 0, 0, 0, 0]) for kind in (5, 6))
    talk = Talk(("10.1.0.1", 40000), ("10.1.0.2", 104)).open()
    return talk.say(request.encode()).answer(answer.encode()).say(release).answer(released).close()
