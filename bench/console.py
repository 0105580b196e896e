"""What the pages of the console cost on a large site: time of the server and bytes, of every page and filter.

    python bench/filled.py SITE && python bench/console.py SITE [--rounds 40] [--json]

The site is one that nobody has logged in to yet. A console is started on it as the product starts it, over HTTPS on loopback, and one
administrator asks for each page again and again; times are those from the request to the last byte, without the handshake.
"""

from __future__ import annotations

import argparse
import gzip
import http.client
import json
import re
import socket
import ssl
import statistics
import subprocess
import sys
import time
import urllib.parse
from pathlib import Path

BAR_MS, BAR_BYTES = 150.0, 120_000
PAGES = (
    "/", "/?decision=scheduled", "/?q=patients", "/findings", "/findings?state=accepted", "/findings?decision=immediate",
    "/findings?kind=alert", "/findings?q=CT", "/findings?assigned=anna", "/assets", "/assets?q=host04", "/assets?kind=CT",
    "/assets?zone=zone+07&sort=last_seen", "/assets?sort=manufacturer", "/stories", "/detection", "/detection/coverage", "/sensor",
    "/map", "/approvals", "/reports", "/jobs", "/settings", "/journal", "/people", "/clients", "/about", "FINDING", "ASSET", "DEEP",
)  # fmt: skip
PASSWORD = "a sentence that nobody else would think of"


class Visitor:
    """One connection that stays open, with its cookies."""

    def __init__(self, port: int) -> None:
        trusting = ssl.create_default_context()
        trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
        self.connection = http.client.HTTPSConnection("127.0.0.1", port, context=trusting, timeout=60)
        self.cookies: dict[str, str] = {}
        self.port, self.sent = port, 0

    def ask(self, path: str, fields: dict[str, str] | None = None) -> tuple[int, bytes, float, http.client.HTTPMessage]:
        """Status, body, seconds and headers."""
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()), "Accept-Encoding": "gzip"}
        headers["Referer"] = f"https://127.0.0.1:{self.port}/"
        body = urllib.parse.urlencode(fields).encode() if fields is not None else None
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        began = time.perf_counter()
        self.connection.request("GET" if body is None else "POST", path, body, headers)
        answer = self.connection.getresponse()
        sent = answer.read()
        took = time.perf_counter() - began
        for cookie in answer.headers.get_all("Set-Cookie") or ():
            name, _, value = cookie.partition(";")[0].partition("=")
            self.cookies[name] = value
        said = gzip.decompress(sent) if answer.headers["Content-Encoding"] == "gzip" else sent
        self.sent += len(sent)
        return answer.status, said, took, answer.headers


def started(site: Path) -> tuple[subprocess.Popen[str], int, str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "asepsis", "up", "--site", str(site), "--bind", f"127.0.0.1:{port}", "--json"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert process.stdout
    told = json.loads(process.stdout.readline())
    return process, port, told["first_administrator"]


def logged_in(port: int, link: str) -> Visitor:
    visitor, path = Visitor(port), urllib.parse.urlsplit(link).path
    _, page, _, _ = visitor.ask(path)
    token = re.search(rb'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    assert token, "somebody has logged in to this site already"
    visitor.ask(path, {"csrfmiddlewaretoken": token.group(1).decode(), "username": "anna", "password": PASSWORD, "again": PASSWORD})
    return visitor


def paths(visitor: Visitor) -> dict[str, str]:
    """The pages, those of one thing with the first there is, and a page deep in the list of findings."""
    one = {"FINDING": rb'href="(/findings/F\w+)"', "ASSET": rb'href="(/assets/[^"?]+)"'}
    found = {}
    for name in PAGES:
        if name in one:
            _, page, _, _ = visitor.ask("/findings" if name == "FINDING" else "/assets")
            found[name] = re.findall(one[name], page)[0].decode()
        elif name == "DEEP":
            at = "/findings"
            for _ in range(20):
                _, page, _, _ = visitor.ask(at)
                more = re.findall(rb'href="(/findings\?[^"]*after=[^"]+)"', page)
                at = more[0].decode().replace("&amp;", "&") if more else at
            found[name] = at
        else:
            found[name] = name
    return found


def measured(visitor: Visitor, rounds: int) -> list[dict[str, object]]:
    rows = []
    for name, path in paths(visitor).items():
        times, status, size = [], 0, 0
        for _ in range(rounds):
            before = visitor.sent
            status, _, took, _ = visitor.ask(path)
            times.append(1000 * took)
            size = visitor.sent - before
        times.sort()
        p95 = times[min(len(times) - 1, round(0.95 * len(times)))]
        rows.append(
            {"page": name, "status": status, "median_ms": round(statistics.median(times), 1), "p95_ms": round(p95, 1), "bytes": size}
        )
        print(f"{name:38} {status} {statistics.median(times):8.1f} {p95:8.1f} ms {size:9,} B", file=sys.stderr, flush=True)
    return rows


def first_view(visitor: Visitor) -> int:
    """Bytes of the worklist with all that it names, as a browser fetches them the first time."""
    before = visitor.sent
    _, page, _, _ = visitor.ask("/")
    parts = re.findall(rb'(?:href|src)="(/static/[^"]+)"', page)
    for part in dict.fromkeys(parts):
        visitor.ask(part.decode())
    return visitor.sent - before


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("site", type=Path)
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    process, port, link = started(given.site)
    try:
        visitor = logged_in(port, link)
        rows, first = measured(visitor, given.rounds), first_view(visitor)
    finally:
        process.terminate()
        process.wait(60)
    over = [row["page"] for row in rows if row["status"] != 200 or float(str(row["p95_ms"])) > BAR_MS]
    if given.json:
        print(json.dumps({"pages": rows, "first_view_bytes": first, "over": over}))
    else:
        print(f"First view {first:,} bytes (bar {BAR_BYTES:,}); over {BAR_MS:.0f} ms or not there: {', '.join(map(str, over)) or 'none'}")


if __name__ == "__main__":
    main()
