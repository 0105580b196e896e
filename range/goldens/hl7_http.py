"""HL7 v2 over HTTP (HAPI's specification): curl and an engine of our own (`webengine.py`)."""

from __future__ import annotations

import sys
from pathlib import Path

import lan

from goldens.cable import Recorded

PACKAGES = {"curl": "curl"}
SCRIPT = str(Path(__file__).with_name("webengine.py"))


def record(into: Path, server: str, recorded: Recorded) -> None:
    """Two messages to an engine, on one connection; what is no HL7 it refuses."""
    lan.start("server", [sys.executable, SCRIPT, server, "8081"], ports=[8081])
    admission = "MSH|^~\\&|ZZADT|MAIN|ZZEHR|HOSPITAL|20260101120000||ADT^A01^ADT_A01|{}|P|2.5.1\rEVN||20260101120000\r"
    admission += "PID|1||ZZ100042^^^MAIN^MR||ZZMUSTER^ZZERIKA||19640101|F\rPV1|1|I|ICU1^^Bed7\r"
    url = f"http://{server}:8081/hl7"
    posts = [("application/hl7-v2; charset=UTF-8", admission.format("ZZ1")), ("application/hl7-v2", admission.format("ZZ2"))]
    words: list[str] = []
    for kind, text in [*posts, ("text/plain", "no HL7")]:
        words += ["--next"] if words else []
        words += ["-s", "-H", f"Content-Type: {kind}", "--data-binary", text, url]
    path = into / "hl7" / "over_http.pcap"
    with recorded(path, "tcp port 8081"):
        lan.run("client", ["curl", *words])
