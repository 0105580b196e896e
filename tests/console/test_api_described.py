"""The API does what its description says, whatever it is asked."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import pytest

from asepsis.console.role import Role

from .browser import Visitor
from .conftest import Running


def test_the_description_is_openapi_3_1_and_names_every_operation(console: Running) -> None:
    told = json.loads(Visitor(console.base).get("/api/v1/openapi.json").text)
    assert told["openapi"].startswith("3.1")
    assert {"/api/v1/assets", "/api/v1/findings", "/api/v1/worklist"} <= set(told["paths"])
    for operations in told["paths"].values():
        for operation in operations.values():
            assert operation["security"], operation["operationId"]
            assert {"200", "401", "403"} <= set(operation["responses"]) | {"200"}


def test_whatever_it_is_asked_it_answers_as_described(console: Running, people: dict[Role, Visitor], tmp_path: Path) -> None:
    pytest.importorskip("schemathesis", reason="schemathesis is not installed")
    leads = people[Role.ADMINISTRATOR]
    leads.get("/clients")
    scopes = re.findall(r'name="scopes" value="([^"]+)"', leads.last.text)
    until = (date.today() + timedelta(days=30)).isoformat()
    said = leads.post("/clients/admit", name="schemathesis", scopes=scopes, until=until, next="/clients").said()
    # A cursor is a text as the description has it, but only one that a page before gave is accepted.
    command = [
        sys.executable, "-m", "schemathesis.cli", "run", f"{console.base}/api/v1/openapi.json", "--tls-verify=false",
        "--header", f"Authorization: Bearer {said[0].rpartition(' ')[2]}", "--max-examples", "20", "--seed", "1",
        "--phases", "fuzzing,coverage",
        "--exclude-checks", "unsupported_method,positive_data_acceptance", "--no-color", "--generation-database", "none",
    ]  # fmt: skip
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=600, check=False)
    assert re.search(r"[1-9]\d* passed", done.stdout)
    assert "Authentication failed" not in done.stdout, said
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
