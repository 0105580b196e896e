"""The one account that services of the range share, and how a machine gets to know it."""

from __future__ import annotations

import subprocess
from pathlib import Path

from lan import SCRATCH

ACCOUNT, PASSWORD = "zzservice", "zz-service-invented"


def invent_account() -> None:
    """Give this mount namespace, and nothing outside it, one more login: files are covered by copies, never changed."""
    hashed = subprocess.run(["openssl", "passwd", "-6", PASSWORD], check=True, capture_output=True, text=True).stdout.strip()
    home = SCRATCH / "home"
    home.mkdir()
    home.chmod(0o777)
    for name, line in (
        ("passwd", f"{ACCOUNT}:x:4242:4242::{home}:/bin/sh"),
        ("shadow", f"{ACCOUNT}:{hashed}:20000::::::"),
        ("group", f"{ACCOUNT}:x:4242:"),
    ):
        cover = SCRATCH / name
        cover.write_text(Path("/etc", name).read_text().rstrip("\n") + f"\n{line}\n")
        cover.chmod(0o600 if name == "shadow" else 0o644)
        subprocess.run(["mount", "--bind", str(cover), f"/etc/{name}"], check=True)
