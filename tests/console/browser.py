"""A console that runs, and people who use it: the real processes, the real pages, over HTTPS."""

from __future__ import annotations

import functools
import http.client
import http.cookiejar
import re
import ssl
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass, field

PASSWORD = "a sentence that nobody else would think of"


@dataclass(frozen=True, slots=True)
class Page:
    """What came back: the status, the text, and the address in the end."""

    status: int
    text: str
    url: str
    headers: dict[str, str] = field(default_factory=dict)

    def said(self) -> list[str]:
        """What the page tells of what was just done."""
        return [one.strip() for one in re.findall(r'class="said[^>]*>([^<]+)', self.text)]


class Visitor:
    """One browser, with its own cookies, at an address of this machine."""

    def __init__(self, base: str, address: str = "127.0.0.1") -> None:
        self.base, self.last = base, Page(0, "", "")
        trusting = ssl.create_default_context()
        trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
        self.cookies = http.cookiejar.CookieJar()
        self._opener = urllib.request.build_opener(_From(address, trusting), urllib.request.HTTPCookieProcessor(self.cookies))
        self._opener.addheaders = [("Referer", base + "/")]

    def get(self, path: str, **headers: str) -> Page:
        return self._open(urllib.request.Request(self.base + path, headers={k.replace("_", "-"): v for k, v in headers.items()}))

    def post(self, path: str, **fields: str | list[str]) -> Page:
        """Sends a form, with the token of the page that was last looked at."""
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', self.last.text)
        given = fields | ({"csrfmiddlewaretoken": token.group(1)} if token else {})
        return self._open(urllib.request.Request(self.base + path, urllib.parse.urlencode(given, doseq=True).encode()))

    def give(self, path: str, *files: bytes, name: str = "a.pcap", headers: dict[str, str] | None = None, **fields: str) -> Page:
        """Sends a form with files, all of this name, as a browser does (RFC 7578), with the token of the page that was last looked at."""
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', self.last.text)
        edge, body = "asepsis-edge", b""
        for key, value in (({"csrfmiddlewaretoken": token.group(1)} if token else {}) | fields).items():
            body += f'--{edge}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'.encode()
        for data in files:
            head = f'--{edge}\r\nContent-Disposition: form-data; name="captures"; filename="{name}"\r\nContent-Type: application/x\r\n\r\n'
            body += head.encode() + data + b"\r\n"
        body += f"--{edge}--\r\n".encode()
        given = {"Content-Type": f"multipart/form-data; boundary={edge}"} | (headers or {})
        return self._open(urllib.request.Request(self.base + path, body, given))

    def ask(self, path: str, method: str) -> int:
        """The status of a bare request, which leaves the page that was looked at as it is; 302 where it led elsewhere."""
        last = self.last
        tokens = [cookie.value or "" for cookie in self.cookies if cookie.name == "__Host-csrf"]
        headers = dict(zip(("X-CSRFToken",), tokens, strict=False))
        page = self._open(urllib.request.Request(self.base + path, b"" if method == "POST" else None, headers, method=method))
        self.last = last
        return page.status if page.url == self.base + path else 302

    def _open(self, request: urllib.request.Request) -> Page:
        try:
            with self._opener.open(request, timeout=30) as answer:
                # What goes on telling is left after its first words.
                said = answer.readline() if answer.headers["Content-Type"] == "text/event-stream" else answer.read()
                self.last = Page(answer.status, said.decode(), answer.url, dict(answer.headers))
        except urllib.error.HTTPError as error:
            self.last = Page(error.code, error.read().decode(), request.full_url, dict(error.headers))
        return self.last


class _From(urllib.request.HTTPSHandler):
    def __init__(self, address: str, trusting: ssl.SSLContext) -> None:
        super().__init__(context=trusting)
        self._made = functools.partial(http.client.HTTPSConnection, context=trusting, source_address=(address, 0))

    def https_open(self, request: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(self._made, request)


def come_in(base: str, link: str, name: str) -> Visitor:
    """Somebody who was invited, and is logged in now."""
    visitor, path = Visitor(base), urllib.parse.urlsplit(link).path
    visitor.get(path)
    page = visitor.post(path, username=name, password=PASSWORD, again=PASSWORD)
    assert page.status == 200, page.text
    return visitor
