"""Reports as PDF: read back by a reader of another make, the same each time, whatever stands in them."""

from __future__ import annotations

import io
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from threading import BoundedSemaphore

import pytest
from pypdf import PdfReader

from asepsis.assessment import printing
from asepsis.assessment.board import board_paper
from asepsis.assessment.handover import handover_paper
from asepsis.assessment.paper import Paper, Part, Words
from asepsis.assessment.press import press
from asepsis.assessment.printing import pdf
from asepsis.kit.errors import BadInput

from .papers import board, handover

PAPERS: dict[str, Callable[[str], Paper]] = {
    "handover": lambda text: handover_paper(handover(text)),
    "board": lambda text: board_paper(board(text)),
}
HOSTILE = {
    "html": "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "typst": '#eval("1+1") #read("/etc/passwd") $x^2$ *bold* _it_ = Head @cite <label> \\ `raw` #sys.inputs // no',
    "import": '#import "@preview/cetz:0.3.0": canvas; #include "paper.typ"; #set page(width: 1pt)',
    "template": "{{ 7*7 }} {% load x %}",
    "formula": "=HYPERLINK(\"http://x.example\";\"y\")",
    "right to left": "abc\u202egnp.exe\u2066x\u2069\u200f",
    "nul": "a\x00b\x1b[31mc\x7f\x85",
    "letters": "\u5149\u5b66 \u05d0\u05d1 \u0627 \U0001f600 \u200b \ufeff \ue000 e\u0301 \u0416 \u00df \u03a9",
    "long": "A" * 65_536,
    "long words": "word " * 13_000,
    "empty": "",
    "half": "\ud800",
}  # fmt: skip


def text_in(printed: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(printed)).pages)


def words(text: str) -> list[str]:
    return re.findall(r"\w+", text)


@pytest.fixture(scope="module")
def printed() -> dict[str, bytes]:
    return {name: pdf(make("Pumps can be stopped by anyone")) for name, make in PAPERS.items()}


def test_a_reader_of_another_make_finds_the_words(printed: dict[str, bytes]) -> None:
    said = " ".join(words(text_in(printed["handover"])))
    for what in ("1 204 faults call for work", "Pumps can be stopped by anyone", "anna", "accepted a finding 3x", "14 h 0 min"):
        assert what in said, what
    assert "Whether to live on with 3 risks" in " ".join(words(text_in(printed["board"])))


def test_the_monthly_page_is_one_page(printed: dict[str, bytes]) -> None:
    assert len(PdfReader(io.BytesIO(printed["board"])).pages) == 1
    assert len(PdfReader(io.BytesIO(pdf(PAPERS["board"]("a word that is often said " * 90)))).pages) == 1


@pytest.mark.parametrize("name", PAPERS)
def test_the_same_paper_gives_the_same_bytes_and_no_time_of_making(printed: dict[str, bytes], name: str) -> None:
    assert pdf(PAPERS[name]("Pumps can be stopped by anyone")) == printed[name]
    assert not re.search(rb"/CreationDate|/ModDate|xmp:CreateDate|xmp:ModifyDate", printed[name])


@pytest.mark.parametrize("name", PAPERS)
def test_those_who_cannot_see_it_can_read_it(printed: dict[str, bytes], name: str) -> None:
    """PDF/UA-1: tagged, with a title that is shown, a language, and words for each picture."""
    reader = PdfReader(io.BytesIO(printed[name]))
    root = reader.trailer["/Root"].get_object()
    assert root["/MarkInfo"]["/Marked"]
    assert "/StructTreeRoot" in root
    assert root["/Lang"] == "en-GB"
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert reader.metadata
    assert "2026" in str(reader.metadata.title)
    assert b"<pdfuaid:part>1</pdfuaid:part>" in root["/Metadata"].get_object().get_data()


@pytest.mark.parametrize("name", PAPERS)
@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_what_came_from_the_network_is_text_and_nothing_else(name: str, text: str) -> None:
    said = text_in(pdf(PAPERS[name](text)))
    assert "root:x:0:0" not in said
    assert "49" not in words(said)
    for mark in "\u202e\u2066\u200f\x00\x1b":
        assert mark not in said


def test_markup_of_typst_is_read_back_as_it_was_written() -> None:
    said = " ".join(text_in(pdf(PAPERS["handover"](HOSTILE["typst"][:80]))).split())
    assert '#eval("1+1") #read("/etc/passwd") $x^2$ *bold* _it_ = Head' in said


def test_letters_that_the_fonts_do_not_have_are_told_by_their_number() -> None:
    said = text_in(pdf(PAPERS["board"]("\u5149 \U0001f600 \u0416 \u00df \u03a9 e\u0301")))
    assert "<U+5149> <U+1F600> \u0416 \u00df \u03a9 \u00e9" in said.replace("\n", " ")


def test_every_letter_that_is_let_through_can_be_set() -> None:
    """A letter without a glyph is refused in PDF/UA-1 (ISO 14289-1, 7.21.8), and no report would be made."""
    every = "".join(chr(n) for first, last in (*printing._LETTERS, *printing._MORE) for n in range(first, last + 1))
    paper = Paper(
        every[:90], "all", "letters", "now", (Part("Letters", tuple(Words(every[n : n + 60]) for n in range(0, len(every), 60))),)
    )
    assert pdf(paper).startswith(b"%PDF")


def test_the_press_reads_nothing_but_its_own_folder(tmp_path: Path) -> None:
    """Even where the template were an attacker's."""
    import typst

    here = Path(press.__file__).parent
    outside = tmp_path / "secret.txt"
    outside.write_text("of the site")
    for asked in (str(outside), f"../{outside.name}", "../service.py", "/../service.py"):
        with pytest.raises(typst.TypstError, match=r"not found|access denied|outside|escape"):
            typst.compile(f'#read("{asked}")'.encode(), root=here, ignore_system_fonts=True)


def test_a_press_that_takes_too_long_or_too_much_is_ended_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    paper = PAPERS["board"]("x")
    for program, seconds in (("import time; time.sleep(60)", 0.2), ("raise MemoryError", 30), ("print('no PDF')", 30)):
        monkeypatch.setattr(printing, "_PRESS", (sys.executable, "-c", program))
        monkeypatch.setattr(printing, "SECONDS", seconds)
        with pytest.raises(BadInput, match="could not be set as PDF"):
            pdf(paper)


def test_the_press_is_told_nothing_of_the_site(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://asepsis:secret@db/asepsis")
    monkeypatch.setattr(printing, "_PRESS", (sys.executable, "-c", "import os; print('%PDF', os.environ.get('DATABASE_URL'), os.getcwd())"))
    assert pdf(PAPERS["board"]("x")).decode().split() == ["%PDF", "None", str(Path(press.__file__).parent)]


def test_who_comes_when_all_presses_run_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(printing, "_PRESSES", BoundedSemaphore(1))
    monkeypatch.setattr(printing, "SECONDS", 0.01)
    printing._PRESSES.acquire()
    with pytest.raises(BadInput, match="too many"):
        pdf(PAPERS["board"]("x"))


def test_the_press_has_bounds_of_its_own() -> None:
    program = (
        "import resource as r; from asepsis.assessment.press import press; press.bound();"
        "print(*(r.getrlimit(one)[1] for one in (r.RLIMIT_AS, r.RLIMIT_CPU, r.RLIMIT_FSIZE)))"
    )
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert told.stdout.split() == [str(press.MEMORY), str(press.SECONDS), "0"]
