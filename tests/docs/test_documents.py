"""The reference is whole, and no document leads nowhere or tells where it was written."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "docs" / "reference"
DOCUMENTS = sorted([*(ROOT / "docs").rglob("*.md"), *ROOT.glob("*.md")])

# Folders of whoever wrote, and hosts that packages come from: a reader has neither.
ELSEWHERE = re.compile(
    r"(?<![\w.])/(?:work|home|root|tmp|Users|mnt|workspace)/|[A-Z]:\\"
    r"|(?i:pypi\.org|pythonhosted\.org|crates\.io|index-url|registry\.|artifactory|nexus\.|mirror\.\w+\.\w|deb\.debian\.org|://localhost|://127\.)"
)


@pytest.fixture(scope="module")
def made() -> dict[str, str]:
    sys.path.insert(0, str(ROOT / "tools"))
    try:
        import reference
    finally:
        sys.path.pop(0)
    pages: dict[str, str] = reference.pages()
    return pages


def test_the_reference_is_what_make_docs_writes(made: dict[str, str]) -> None:
    written = {path.name: path.read_text("utf-8") for path in REFERENCE.iterdir()}
    assert written.keys() == made.keys(), "run `make docs`, and remove what it does not write"
    assert [name for name in made if made[name] != written[name]] == [], "run `make docs`"


def test_every_stream_command_check_and_data_file_is_in_it(made: dict[str, str]) -> None:
    from asepsis.assessment.service import all_checks
    from asepsis.cli.main import COMMANDS, built
    from asepsis.lake.service import streams

    assert [name for name in streams() if f"\n## {name}\n" not in made["streams.md"]] == []
    assert [c.name for c in COMMANDS if built(c) and f"\n## asepsis {c.name}\n" not in made["commands.md"]] == []
    assert [check.id for check in all_checks() if f"`{check.id}`" not in made["checks.md"]] == []
    assert all(option in made["commands.md"] for option in ("`--site DIR`", "`--json`", "`--fail-on immediate`", "`--report FILE.html`"))


def test_the_options_are_those_of_help(made: dict[str, str]) -> None:
    section = made["commands.md"].partition("### asepsis lake sql\n")[2].partition("\n#")[0]
    shown = subprocess.run([sys.executable, "-m", "asepsis", "lake", "sql", "--help"], capture_output=True, text=True, check=True).stdout
    told = set(re.findall(r"--[a-z-]+", shown)) - {"--help", "--schema"}
    assert told == set(re.findall(r"^\| `(--[a-z-]+)", section, re.MULTILINE))


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(path: Path) -> None:
    missing = []
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(path)):
        name, _, anchor = target.partition("#")
        if re.match(r"\w+:", target):
            continue
        aim = (path.parent / name).resolve() if name else path
        if not aim.exists() or (anchor and aim.suffix == ".md" and anchor not in anchors(aim)):
            missing.append(target)
    assert missing == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_document_names_a_machine_of_ours(path: Path) -> None:
    assert [found[0] for found in ELSEWHERE.finditer(path.read_text("utf-8"))] == []


@pytest.mark.parametrize(
    "text", ["see /work/main/x", "in /home/me/", "https://pypi.org/simple", "--index-url https://x", "mirror.corp.example"]
)
def test_the_search_for_machines_finds_them(text: str) -> None:
    assert ELSEWHERE.search(text)


def prose(path: Path) -> str:
    """A document without its blocks and bits of code, in which brackets are no links; a link's own text may be code."""
    return re.sub(r"`[^`\n]*`", "", re.sub(r"^```.*?^```", "", path.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE))


def anchors(path: Path) -> set[str]:
    """The anchors of a document's headings, as GitHub makes them."""
    heads = re.findall(r"^#+ (.*)$", path.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}
