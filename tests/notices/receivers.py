"""Who gets notices, on loopback: a real mail server, a real web server, real log servers."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast

from aiosmtpd.controller import Controller


class Mailbox:
    """What a mail server took; it refuses everybody while `refuses` is set."""

    def __init__(self) -> None:
        self.raw: list[bytes] = []
        self.refuses = ""

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if self.refuses:
            return self.refuses
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.raw.append(envelope.content)
        return "250 taken"

    @property
    def mails(self) -> list[EmailMessage]:
        return [cast(EmailMessage, message_from_bytes(raw, policy=policy.default)) for raw in self.raw]


@contextmanager
def mail_server(**how: Any) -> Iterator[tuple[Mailbox, int]]:
    """A mail server on a free port."""
    box = Mailbox()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(box, hostname="127.0.0.1", port=port, **how)
    controller.start()
    try:
        yield box, port
    finally:
        controller.stop()


@dataclass(slots=True)
class Asked:
    """What a web server was asked, and what it answers."""

    requests: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    status: int = 204
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    drips: threading.Event | None = None
    heard: threading.Event = field(default_factory=threading.Event)


@contextmanager
def web_server(tls: Any = None) -> Iterator[tuple[Asked, int]]:
    """A web server on a free port."""
    asked = Asked()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            asked.requests.append((self.path, dict(self.headers), body))
            asked.heard.set()
            if asked.drips is not None:
                self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
                for _ in range(500):
                    if asked.drips.wait(0.02):
                        break
                    self.wfile.write(b"x")
                return
            self.send_response(asked.status)
            for name, value in asked.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(asked.body)))
            self.end_headers()
            self.wfile.write(asked.body)

        do_GET = do_POST

        def log_message(self, *_: Any) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: Any, client_address: Any) -> None:
            pass

    server = Server(("127.0.0.1", 0), Handler)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield asked, server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def udp_server() -> Iterator[tuple[socket.socket, int]]:
    """A log server that hears datagrams."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as heard:
        heard.bind(("127.0.0.1", 0))
        heard.settimeout(10)
        yield heard, heard.getsockname()[1]


@contextmanager
def tcp_server(tls: Any = None) -> Iterator[tuple[list[bytes], int]]:
    """A log server that hears connections, and reads frames by their length (RFC 6587 3.4.1)."""
    frames: list[bytes] = []
    server = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            with suppress(OSError):
                if tls is not None:
                    connection = tls.wrap_socket(connection, server_side=True)
                with connection, connection.makefile("rb") as lines:
                    while length := b"".join(iter(lambda: lines.read(1).strip(), b"")):
                        frames.append(lines.read(int(length)))

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield frames, server.getsockname()[1]
    finally:
        server.shutdown(socket.SHUT_RDWR)
        server.close()
        thread.join(10)


@contextmanager
def talking_server(line: bytes) -> Iterator[int]:
    """A server that says one thing for ever to whoever comes."""
    server = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with suppress(OSError):
            connection, _ = server.accept()
            with connection:
                while True:
                    connection.sendall(line)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield server.getsockname()[1]
    finally:
        server.close()
        thread.join(10)
