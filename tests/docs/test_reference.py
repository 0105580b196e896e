"""The reference says what the program says, and no document leads nowhere."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENTS = [*sorted((ROOT / "docs").rglob("*.md")), *sorted(ROOT.glob("*.md"))]


@pytest.mark.parametrize("name", ["streams.md", "commands.md", "checks.md"])
def test_the_reference_is_up_to_date(name: str) -> None:
    pages = runpy.run_path(str(ROOT / "tools" / "reference.py"))["pages"]()
    assert pages[name] == (ROOT / "docs" / "reference" / name).read_text("utf-8"), "run `make docs`"


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_resolve(path: Path) -> None:
    targets = re.findall(r"\]\(([^)#\s]+)", path.read_text("utf-8"))
    assert [t for t in targets if not t.startswith(("https://", "mailto:")) and not (path.parent / t).exists()] == []
