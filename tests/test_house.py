"""The house rules that import-linter cannot say: through which doors rooms speak, and who may know Django."""

from __future__ import annotations

import ast
from pathlib import Path

import grimp

SOURCE = Path(__file__).parents[1] / "src" / "asepsis"
DOORS = {"audit": {"service", "evidence"}, "cli": {"service", "commands"}, "console": {"service", "urls"}}
KNOW_DJANGO = {"models.py", "service.py", "views.py", "urls.py", "api.py", "forms.py", "tasks.py", "apps.py", "settings.py", "pages.py"}


# Below the floors, or above them all.
NO_ROOMS = {"", "__main__", "_wire", "kit", "postgresql", "settings"}


def _room(module: str) -> str:
    return module.partition(".")[2].partition(".")[0]


def test_rooms_speak_through_their_doors() -> None:
    graph = grimp.build_graph("asepsis")
    crossings = {
        f"{importer} -> {imported}"
        for importer in graph.modules
        for imported in graph.find_modules_directly_imported_by(importer)
        if _room(importer) != _room(imported)
        and _room(imported) not in NO_ROOMS
        and _room(importer) != "__main__"
        and imported.split(".")[2:3] not in [[door] for door in DOORS.get(_room(importer), {"service"})]
    }
    assert not crossings


def test_only_doors_and_rows_know_django() -> None:
    knowing = set()
    for path in SOURCE.rglob("*.py"):
        inside = path.relative_to(SOURCE)
        if path.name in KNOW_DJANGO or "migrations" in inside.parts or inside.parts[0] in ("console", "postgresql"):
            continue
        for node in ast.walk(ast.parse(path.read_bytes())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            if any(name.split(".")[0] == "django" for name in names):
                knowing.add(str(inside))
    assert not knowing


def test_a_file_fits_a_head() -> None:
    assert not [path for path in SOURCE.rglob("*.py") if len(path.read_text("utf-8").splitlines()) > 450]
