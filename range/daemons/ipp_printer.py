"""A printer on IPP/1.1 over HTTP: RFC 8010 (encoding, HTTP binding), RFC 8011 (the operations that a printer must have).

    python range/daemons/ipp_printer.py --listen 10.1.8.30:631 --model "LaserJet 600 M602" --maker HP \
        --server "HP HTTP Server; HP LaserJet 600 M602 - CE991A" --firmware 2308937_578507 --status FILE

A job is printed at once: its pages are counted and forgotten. `ippeveprinter` of CUPS needs a DNS-SD daemon beside it, so it is not used.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from address import place
from links import ipp
from links.ipp import Attribute, Message, Value
from status import Status

BODY_BYTES = 32 << 20
CHUNK_LINE = 64
REMEMBERED = 100  # jobs
UP_S = 86_400  # printer-up-time: the range's clock is not this machine's, so it stands
IDLE, COMPLETED = 3, 9  # printer-state and job-state, RFC 8011 5.4.11 and 5.3.7
FORMATS = ("application/pdf", "application/postscript", "application/octet-stream", "text/plain", "image/pwg-raster")
Group = tuple[int, list[Attribute]]
Answer = tuple[int, list[Group]]  # status and what follows the opening


class Printer:
    """The printer object and its last jobs."""

    def __init__(self, asked: argparse.Namespace, status: Status) -> None:
        self.asked, self.status = asked, status
        self.uri = f"ipp://{asked.listen[0]}:{asked.listen[1]}/ipp/print"
        self.jobs: dict[int, tuple[str, str]] = {}
        self.printed = 0
        self.lock = threading.Lock()

    def answer(self, asked: Message) -> Message:
        acts: dict[int, Callable[[Message], Answer]] = {
            ipp.PRINT_JOB: self.print,
            ipp.VALIDATE_JOB: self.validate,
            ipp.CANCEL_JOB: lambda one: (ipp.NOT_POSSIBLE if self._job(one) else ipp.NOT_FOUND, []),
            ipp.GET_JOB: self.job,
            ipp.GET_JOBS: self.listed,
            ipp.GET_PRINTER: lambda one: (ipp.OK, [(ipp.PRINTER, self._wanted(one))]),
        }
        groups: list[Group] = []
        if asked.version[0] not in (1, 2):
            code = ipp.VERSION_NOT_SUPPORTED
        elif not _well_formed(asked):
            code = ipp.BAD_REQUEST
        elif asked.code not in acts:
            code = ipp.OPERATION_NOT_SUPPORTED
        else:
            code, groups = acts[asked.code](asked)
        return Message(code, asked.number, [(ipp.OPERATION, list(ipp.opening())), *groups])

    def validate(self, asked: Message) -> Answer:
        known = asked.first("document-format", FORMATS[2]) in FORMATS
        return (ipp.OK if known else ipp.FORMAT_NOT_SUPPORTED), []

    def print(self, asked: Message) -> Answer:
        code, _ = self.validate(asked)
        if code != ipp.OK:
            return code, []
        with self.lock:
            self.printed += 1
            self.jobs[self.printed] = (str(asked.first("job-name", "untitled")), str(asked.first("requesting-user-name", "anonymous")))
            while len(self.jobs) > REMEMBERED:
                del self.jobs[next(iter(self.jobs))]
            number = self.printed
        self.status.count("jobs")
        self.status.count("bytes", by=len(asked.document))
        return ipp.OK, [(ipp.JOB, self._told(number))]

    def job(self, asked: Message) -> Answer:
        number = self._job(asked)
        return (ipp.OK, [(ipp.JOB, self._told(number))]) if number else (ipp.NOT_FOUND, [])

    def listed(self, asked: Message) -> Answer:
        """Get-Jobs (4.2.6): of those that wait, unless the completed are asked for; each with number and address, unless more is."""
        done = list(self.jobs)[::-1] if asked.first("which-jobs") == "completed" else []
        wanted = set(map(str, asked.values("requested-attributes"))) or {"job-uri", "job-id"}
        every = wanted & {"all", "job-description"}
        return ipp.OK, [(ipp.JOB, [one for one in self._told(number) if every or one[1] in wanted]) for number in done]

    def _job(self, asked: Message) -> int:
        """The job that is meant, by number or address; 0 where it is not known."""
        said = asked.first("job-id", 0) or str(asked.first("job-uri")).rpartition("/")[2]
        number = int(said) if str(said).isdigit() else 0
        return number if number in self.jobs else 0

    def _told(self, number: int) -> list[Attribute]:
        name, user = self.jobs[number]
        return [
            (ipp.URI, "job-uri", [f"{self.uri}/{number}"]),
            (ipp.INTEGER, "job-id", [number]),
            (ipp.ENUM, "job-state", [COMPLETED]),
            (ipp.KEYWORD, "job-state-reasons", ["job-completed-successfully"]),
            (ipp.NAME, "job-name", [name]),
            (ipp.NAME, "job-originating-user-name", [user]),
            (ipp.URI, "job-printer-uri", [self.uri]),
            (ipp.INTEGER, "time-at-creation", [UP_S]),
            (ipp.INTEGER, "time-at-processing", [UP_S]),
            (ipp.INTEGER, "time-at-completed", [UP_S]),
            (ipp.INTEGER, "job-printer-up-time", [UP_S]),
        ]

    def _wanted(self, asked: Message) -> list[Attribute]:
        """What `requested-attributes` names (4.2.5.1); everything unless it names some."""
        wanted = set(map(str, asked.values("requested-attributes"))) - {"none"}
        every = not wanted or wanted & {"all", "printer-description"}
        return [one for one in self.attributes() if every or one[1] in wanted]

    def attributes(self) -> list[Attribute]:
        """Those that RFC 8011 5.4 requires, and those by which an inventory may know the printer."""
        named = f"{self.asked.maker} {self.asked.model}"
        operations: list[Value] = [ipp.PRINT_JOB, ipp.VALIDATE_JOB, ipp.CANCEL_JOB, ipp.GET_JOB, ipp.GET_JOBS, ipp.GET_PRINTER]
        return [
            (ipp.URI, "printer-uri-supported", [self.uri]),
            (ipp.KEYWORD, "uri-security-supported", ["none"]),
            (ipp.KEYWORD, "uri-authentication-supported", ["requesting-user-name"]),
            (ipp.NAME, "printer-name", [self.asked.name]),
            (ipp.TEXT, "printer-info", [self.asked.name]),
            (ipp.TEXT, "printer-location", [self.asked.location]),
            (ipp.TEXT, "printer-make-and-model", [named]),
            (ipp.URI, "printer-more-info", [f"http://{self.asked.listen[0]}:{self.asked.listen[1]}/"]),
            (ipp.TEXT, "printer-device-id", [f"MFG:{self.asked.maker};MDL:{self.asked.model};CMD:PDF,PS;"]),
            (ipp.NAME, "printer-firmware-name", ["system"]),
            (ipp.TEXT, "printer-firmware-string-version", [self.asked.firmware]),
            (ipp.ENUM, "printer-state", [IDLE]),
            (ipp.KEYWORD, "printer-state-reasons", ["none"]),
            (ipp.KEYWORD, "ipp-versions-supported", ["1.1"]),
            (ipp.ENUM, "operations-supported", operations),
            (ipp.CHARSET, "charset-configured", ["utf-8"]),
            (ipp.CHARSET, "charset-supported", ["utf-8"]),
            (ipp.LANGUAGE, "natural-language-configured", ["en"]),
            (ipp.LANGUAGE, "generated-natural-language-supported", ["en"]),
            (ipp.MIME, "document-format-default", [FORMATS[2]]),
            (ipp.MIME, "document-format-supported", list(FORMATS)),
            (ipp.BOOLEAN, "printer-is-accepting-jobs", [True]),
            (ipp.INTEGER, "queued-job-count", [0]),
            (ipp.KEYWORD, "pdl-override-supported", ["not-attempted"]),
            (ipp.INTEGER, "printer-up-time", [UP_S]),
            (ipp.KEYWORD, "compression-supported", ["none"]),
            (ipp.BOOLEAN, "color-supported", [False]),
        ]


def _well_formed(asked: Message) -> bool:
    """A number, charset and language first, and a printer or job that is meant (4.1.1, 4.1.4, 4.1.5)."""
    if not asked.number or not asked.groups or asked.groups[0][0] != ipp.OPERATION:
        return False
    names = [name for _, name, _ in asked.groups[0][1]]
    return names[:2] == [name for _, name, _ in ipp.opening()] and bool({"printer-uri", "job-uri"} & set(names))


class Handler(BaseHTTPRequestHandler):
    """The HTTP binding (RFC 8010 4): POST of application/ipp to the printer's address; a page for whoever looks with a browser."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    timeout = 60
    printer: Printer

    def do_GET(self) -> None:
        self.printer.status.count("pages_shown")
        self._say(200, "text/html", f"<title>{self.printer.asked.maker} {self.printer.asked.model}</title>".encode())

    def do_POST(self) -> None:
        if self.headers.get("Content-Type", "") != "application/ipp":
            self._say(415, "text/plain", b"application/ipp only\n")
            return
        body = self._body()
        if body is None:
            self.close_connection = True
            self._say(413, "text/plain", b"too long, or of no known length\n")
            return
        self.printer.status.count("requests")
        try:
            said = self.printer.answer(ipp.decode(body))
        except ipp.IppError:
            said = Message(ipp.BAD_REQUEST, 1, [(ipp.OPERATION, list(ipp.opening()))])
        self._say(200, "application/ipp", ipp.encode(said))

    def _body(self) -> bytes | None:
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            return self._chunks()
        length = self.headers.get("Content-Length", "")
        return self.rfile.read(int(length)) if length.isdigit() and int(length) <= BODY_BYTES else None

    def _chunks(self) -> bytes | None:
        """RFC 9112 7.1, without trailers."""
        body = b""
        while len(body) <= BODY_BYTES:
            try:
                size = int(self.rfile.readline(CHUNK_LINE).split(b";")[0], 16)
            except ValueError:
                return None
            if not 0 <= size <= BODY_BYTES:
                return None
            body += self.rfile.read(size)
            self.rfile.readline(CHUNK_LINE)
            if not size:
                return body
        return None

    def _say(self, code: int, kind: str, body: bytes) -> None:
        self.send_response_only(code)
        self.send_header("Server", self.printer.asked.server)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def log_message(self, *_: Any) -> None:
        """Say nothing: what was printed by whom is nobody's business."""


class Quiet(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: Any) -> None:
        """A caller that left is none."""


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--listen", type=place, required=True, metavar="ADDRESS:PORT")
    parser.add_argument("--maker", default="ZZ Example")
    parser.add_argument("--model", default="Printer 6")
    parser.add_argument("--firmware", default="1.0")
    parser.add_argument("--server", default="ZZ-Printer/1.0", help="the HTTP header of that name")
    parser.add_argument("--name", default="ward-printer")
    parser.add_argument("--location", default="ward")
    parser.add_argument("--status", type=Path)
    asked = parser.parse_args()
    Handler.printer = Printer(asked, Status(asked.status, jobs=0, requests=0))
    server = Quiet(asked.listen, Handler)
    print("listening 1", flush=True)
    with contextlib.suppress(KeyboardInterrupt):
        server.serve_forever()


if __name__ == "__main__":
    main()
