"""The clinical zone's HL7 v2 feeds: admissions, laboratory and monitors send to the interface engine, which passes on to the EHR."""

from __future__ import annotations

import sys
from pathlib import Path

from lan import SCRATCH, address, run, start

SCRIPT = str(Path(__file__).with_name("mllp.py"))
SENDERS = {"adt": ("adt", 2575), "lis": ("lab", 6661), "mongw": ("monitor", 2575)}


def open_engine() -> None:
    start("ehr", [sys.executable, SCRIPT, "receive", "--ports", "2575"], ports=[2575])
    forward = f"{address('ehr')}:2575"
    start("engine", [sys.executable, SCRIPT, "receive", "--ports", "2575", "6661", "--forward", forward], ports=[2575, 6661])


def feed(name: str, seed: int, messages: int) -> None:
    """Let one sender run through its morning."""
    kind, port = SENDERS[name]
    words = ["send", "--feed", kind, "--to", f"{address('engine')}:{port}", "--seed", str(seed), "--messages", str(messages)]
    run(name, [sys.executable, SCRIPT, *words], env={"TMPDIR": str(SCRATCH)})
