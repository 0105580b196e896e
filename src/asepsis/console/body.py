"""What a request brings: read to its end and bounded, before anybody knows who sends it; or of captures, as it comes, once the door let
its sender through."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from contextvars import copy_context
from typing import Any

from django.core.handlers.asgi import ASGIHandler

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

MOST = 4 << 20
"""Bytes of a request other than captures: forms are some kB, and Django holds no more of them either."""
STREAMED = frozenset({"/captures", "/api/v1/captures"})
"""Where captures are given."""
LONGEST_PIECE_S = 120.0
"""Seconds without a byte after which who sends captures is taken for gone."""


class _TooLarge(Exception):
    """It is larger than anything that is asked of here."""


class Body:
    """The bytes of one request as they come, for the thread that reads them; what is not read is not kept anywhere."""

    def __init__(self, receive: Receive) -> None:
        self._receive, self._loop = receive, asyncio.get_running_loop()
        # A server reads a connection on in the context in which it was asked for more. In the thread's, later requests would find what
        # Django keeps of one that is over.
        self._context = copy_context()
        self._held, self._more = b"", True
        self.ended = asyncio.Event()

    def read(self, size: int = -1) -> bytes:
        """At most `size` bytes; none at the end. Raises OSError where the sender is gone. Never called in the loop's own thread."""
        while self._more and (size < 0 or not self._held):
            self._held += self._context.run(asyncio.run_coroutine_threadsafe, self._next(), self._loop).result()
        size = len(self._held) if size < 0 else size
        given, self._held = self._held[:size], self._held[size:]
        return given

    def readline(self, size: int = -1) -> bytes:
        """A piece: Django asks for lines only to read what is left, and there are none in packets."""
        return self.read(64 << 10 if size < 0 else size)

    def close(self) -> None:
        """Nothing is kept."""

    async def _next(self) -> bytes:
        try:
            message = await asyncio.wait_for(self._receive(), LONGEST_PIECE_S)
        except TimeoutError:
            raise OSError("nothing came for a long time") from None
        if message["type"] == "http.disconnect":
            raise OSError("the sender is gone")
        self._more = bool(message.get("more_body", False))
        if not self._more:
            self.ended.set()
        return bytes(message.get("body", b""))


class _Request:
    """`receive` of one request: counts what comes where it is to be held, and knows the body that is read as it comes."""

    def __init__(self, receive: Receive, streamed: bool) -> None:
        self._receive, self._count = receive, 0
        self.body = Body(receive) if streamed else None

    async def __call__(self) -> Message:
        message = await self._receive()
        self._count += len(message.get("body", b""))
        if self.body is None and self._count > MOST:
            raise _TooLarge
        return message


class Handler(ASGIHandler):
    """Django, behind the bounds of what a request may bring."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        streamed = scope.get("method") == "POST" and scope.get("path") in STREAMED
        try:
            await super().__call__(scope, _Request(receive, streamed), send)
        except _TooLarge:
            said = f"This is larger than anything that is asked for here: {MOST >> 20} MiB.".encode()
            headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"connection", b"close")]
            await send({"type": "http.response.start", "status": 413, "headers": headers})
            await send({"type": "http.response.body", "body": said})

    async def read_body(self, receive: Any) -> Any:
        return receive.body or await super().read_body(receive)

    async def listen_for_disconnect(self, receive: Any) -> None:
        # What comes before the body's end is its own.
        if receive.body is not None:
            await receive.body.ended.wait()
        await super().listen_for_disconnect(receive)
