"""Django finds nothing to warn of in how the console is set up, and every change of what is kept has its migration."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from asepsis.console.serving import Serving
from asepsis.kit.site import Site


@pytest.mark.parametrize("asked", [("check", "--deploy", "--fail-level", "WARNING"), ("makemigrations", "--check", "--dry-run")])
def test_django_has_nothing_to_say(tmp_path: Path, asked: tuple[str, ...]) -> None:
    site = Site.open(tmp_path / "site", create=True)
    serving = Serving(str(site.path), "127.0.0.1", 8443, ("localhost",), certificate="console.pem", key="console.key")
    command = [sys.executable, "-m", "django", *asked, "--settings", "asepsis.console.settings"]
    done = subprocess.run(command, env=serving.environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
