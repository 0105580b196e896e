"""The printer with a workstation of the range and, where it is installed, with CUPS' own client."""

from __future__ import annotations

import http.client
import re
import shutil
import subprocess
from contextlib import closing
from pathlib import Path

import pytest

from .conftest import until

SUITE = Path("/usr/share/cups/ipptool/ipp-1.1.test")


@pytest.fixture
def printer(start, port, tmp_path):
    """Its port and status file."""
    at, status = port(), tmp_path / "printer.json"
    words = ["--maker", "HP", "--model", "LaserJet 600 M602", "--server", "HP HTTP Server; HP LaserJet", "--firmware", "23.08"]
    start("ipp_printer", "--listen", f"127.0.0.1:{at}", "--status", status, *words)
    return at, status


def test_a_workstation_prints(printer) -> None:
    from clients.printing import PrintError, Queue

    port, status = printer
    queue = Queue("127.0.0.1", port)
    said = queue.attributes()
    assert said["printer-make-and-model"] == ["HP LaserJet 600 M602"]
    assert said["printer-state"] == [3]
    assert queue.print("ZZTEST letter", b"%PDF-1.4 " + bytes(100_000)) == 1
    assert queue.print("ZZTEST letter", b"%PDF-1.4") == 2
    with pytest.raises(PrintError, match="0x040a"):
        queue.print("a film", b"", "video/mp4")
    assert queue.jobs() == [2, 1]
    assert until(status, lambda s: s["jobs"] == 2)["bytes"] == 100_017


@pytest.mark.skipif(not SUITE.exists() or not shutil.which("ipptool"), reason="needs ipptool and its tests (cups-ipp-utils)")
def test_cups_finds_nothing_wrong(printer, tmp_path) -> None:
    """The conformance suite of CUPS for IPP/1.1; the documents that it sends are not in Debian's package."""
    port, _ = printer
    shutil.copy(SUITE, tmp_path)
    for name in set(re.findall(r"FILE (document-\S+)", SUITE.read_text())):
        (tmp_path / name).write_text("ZZTEST\n")
    words = ["ipptool", "-tI", "-T", "10", "-f", "document-letter.pdf", f"ipp://127.0.0.1:{port}/ipp/print", f"./{SUITE.name}"]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, timeout=30, check=False)
    assert ", 0 failed" in done.stdout, done.stdout[-3000:]


def test_what_is_no_ipp_is_refused_and_the_printer_lives(printer) -> None:
    from clients.printing import Queue

    port, _ = printer

    def ask(body: bytes, kind: str = "application/ipp", **headers: str) -> tuple[int, bytes]:
        with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=10)) as link:
            link.request("POST", "/ipp/print", body, {"Content-Type": kind, **headers})
            answer = link.getresponse()
            return answer.status, answer.read()

    assert ask(b"x", "text/plain")[0] == 415
    for broken in (b"", b"\x01", b"\x01\x01\x00\x02\x00\x00\x00\x01\x01\x47\xff\xff", bytes(9), b"\x01\x01\x00\x02\x00\x00\x00\x01\x03"):
        code, body = ask(broken)
        assert code == 200
        assert body[2] in (0x04, 0x05), broken
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=10)) as link:
        link.request("GET", "/")
        answer = link.getresponse()
        assert (answer.status, answer.headers["Server"]) == (200, "HP HTTP Server; HP LaserJet")
        answer.read()
    assert Queue("127.0.0.1", port).jobs() == []
