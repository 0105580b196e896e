"""An HL7 v2 interface engine: takes messages on several ports, queues them, hands them on to the destinations of their kind.

    python range/daemons/interface_engine.py --listen 10.1.0.5:2575 --listen 10.1.0.5:6661 \
        --destination ehr='10.1.0.9:2575,10.1.0.19:2575@ZZEHR|ZZHOSP' --destination ris=10.1.0.8:2575 \
        --route ADT=ehr,ris --route ORM^O01=ris --route '*=ehr' --status FILE --control SOCKET

A message is acknowledged in original mode (v2.5.1 2.9.2) once it is queued for every destination: AA; a full queue gives AE; what has no
header or no route gives AR. Each destination has one connection that stays open, tries again for ever, and goes to its next address when
one refuses. Control lines: `pause NAME`, `resume NAME`, `deliver NAME ADDRESS` (0 is the first), `status`. Queues live in memory.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import sys
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from address import place
from control import listen
from links.hl7 import (
    ACCEPTED,
    CONNECTIONS,
    END,
    ERROR,
    MESSAGE_BYTES,
    REJECTED,
    START,
    Head,
    acknowledgement,
    answer_code,
    head,
    next_message,
)
from status import Status

ANSWER_S = 10.0  # after which a destination that does not answer is taken for gone
CONNECT_S = 5.0
ORDERS = ("ORM^O01", "OMG^O19", "OML^O21", "RDE^O11")


@dataclass(slots=True)
class Message:
    """A message on its way; `missing` destinations have not acknowledged it yet."""

    told: Head
    raw: bytes
    missing: int


@dataclass(slots=True)
class Destination:
    """A system that gets messages: its addresses in order of preference, its queue, its one connection."""

    name: str
    addresses: list[tuple[str, int]]
    identity: str = ""  # MSH-5 and -6 as this system knows itself
    queue: deque[Message] = field(default_factory=deque)
    now: int = 0
    filled: asyncio.Event = field(default_factory=asyncio.Event)
    running: asyncio.Event = field(default_factory=asyncio.Event)
    link: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    def hang_up(self) -> None:
        if self.link:
            self.link[1].close()
        self.link = None

    def next_address(self) -> None:
        self.deliver_to((self.now + 1) % len(self.addresses))

    def deliver_to(self, address: int) -> None:
        if self.now != address % len(self.addresses):
            self.hang_up()
            self.now = address % len(self.addresses)


class Engine:
    """Routes, queues and counts."""

    def __init__(self, destinations: list[Destination], routes: dict[str, list[str]], limit: int, retry_s: float, status: Status) -> None:
        self.destinations = {one.name: one for one in destinations}
        self.routes, self.limit, self.retry_s, self.status = routes, limit, retry_s, status
        self.senders: set[asyncio.StreamWriter] = set()
        for one in destinations:
            one.running.set()

    def _route(self, kind: str) -> list[Destination]:
        for pattern in (kind, kind.split("^", maxsplit=1)[0], "*"):
            if pattern in self.routes:
                return [self.destinations[name] for name in self.routes[pattern]]
        return []

    def _note(self, told: Head | None, what: str) -> None:
        self.status.count(what)
        if told:
            self.status.count("kinds", told.kind, what)

    def _queues(self) -> None:
        states = {
            one.name: {"queued": len(one.queue), "paused": not one.running.is_set(), "address": ":".join(map(str, one.addresses[one.now]))}
            for one in self.destinations.values()
        }
        self.status.set(destinations=states, queued=sum(len(one.queue) for one in self.destinations.values()))

    def take(self, raw: bytes) -> bytes:
        """Queue a message for every destination of its kind, and give the acknowledgement."""
        told = head(raw)
        self._note(told, "received")
        if not told:
            self.status.count("rejected")
            return acknowledgement(told, REJECTED, "no MSH with a kind and a number")
        to = self._route(told.kind)
        if not to:
            self._note(told, "rejected")
            return acknowledgement(told, REJECTED, "no route for this kind of message")
        if any(len(one.queue) >= self.limit for one in to):
            self._note(told, "full")
            return acknowledgement(told, ERROR, "queue full")
        message = Message(told, START + raw + END, len(to))
        for one in to:
            one.queue.append(message)
            one.filled.set()
        self._note(told, "acknowledged")
        self._queues()
        return acknowledgement(told, ACCEPTED)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One sender's connection, for as long as it lives."""
        if len(self.senders) >= CONNECTIONS:
            writer.close()
            return
        self.senders.add(writer)
        self.status.set(senders=len(self.senders))
        try:
            while True:
                writer.write(self.take(await next_message(reader)))
                await writer.drain()
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, OSError):
            pass
        finally:
            self.senders.discard(writer)
            self.status.set(senders=len(self.senders))
            writer.close()

    async def deliver(self, to: Destination) -> None:
        """Empty one destination's queue in order, for ever."""
        while True:
            await to.running.wait()
            if not to.queue:
                to.filled.clear()
                await to.filled.wait()
                continue
            address, fresh = to.now, to.link is None
            try:
                code = await self._hand_over(to, to.queue[0])
            except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
                await self._failed(to, address, fresh)
                continue
            self._taken(to.queue.popleft(), code)

    async def _failed(self, to: Destination, address: int, fresh: bool) -> None:
        """A connection that was open is opened again where it was; one that could not be opened goes to the next address."""
        self.status.count("retries")
        if to.now != address:  # somebody said `deliver` meanwhile
            return
        if fresh:
            to.next_address()
        else:
            to.hang_up()
        self._queues()
        if fresh and to.now == 0:  # every address was tried
            await asyncio.sleep(self.retry_s)

    async def _hand_over(self, to: Destination, message: Message) -> str:
        if not to.link:
            opening = asyncio.open_connection(*to.addresses[to.now], limit=MESSAGE_BYTES)
            to.link = await asyncio.wait_for(opening, CONNECT_S)
            self._queues()
        reader, writer = to.link
        writer.write(addressed(message.raw, to.identity))
        await writer.drain()
        return answer_code(await asyncio.wait_for(next_message(reader), ANSWER_S))

    def _taken(self, message: Message, code: str) -> None:
        """A destination answered: AA is taken; AE and AR are counted and not repeated, since they would be refused again."""
        self._note(message.told, "forwarded" if code == ACCEPTED else "refused")
        message.missing -= code == ACCEPTED
        if not message.missing:
            self._note(message.told, "delivered")
            if message.told.kind in ORDERS:
                self.status.count("orders_acknowledged")
        self._queues()

    def obey(self, words: list[str]) -> str:
        if words == ["status"]:
            return self.status.text()
        verb, name, *more = words
        to = self.destinations[name]
        acts: dict[str, Callable[..., None]] = {"pause": to.running.clear, "resume": to.running.set, "deliver": to.deliver_to}
        acts[verb](*map(int, more))
        self._queues()
        return "ok"


def addressed(raw: bytes, identity: str) -> bytes:
    """The message with receiving application and facility of its destination, as engines write them."""
    line, end, rest = raw.partition(b"\r")
    field = line.split(b"|")
    if identity and len(field) > 6:
        field[4:6] = identity.encode().split(b"|")
    return b"|".join(field) + end + rest


async def run(asked: argparse.Namespace) -> None:
    status = Status(asked.status, received=0, acknowledged=0, forwarded=0, delivered=0, queued=0, orders_acknowledged=0)
    engine = Engine(asked.destination, routes(asked.route), asked.queue, asked.retry, status)
    loop = asyncio.get_running_loop()

    async def act(words: list[str]) -> str:
        return engine.obey(words)

    if asked.control:
        listen(asked.control, lambda words: asyncio.run_coroutine_threadsafe(act(words), loop).result())
    work = [asyncio.create_task(engine.deliver(one)) for one in asked.destination]
    servers = [await asyncio.start_server(engine.serve, *place, limit=MESSAGE_BYTES) for place in asked.listen]
    engine._queues()
    print(f"listening {len(servers)}", flush=True)
    await asyncio.gather(*work, *(server.serve_forever() for server in servers))


def destination(text: str) -> Destination:
    name, _, rest = text.partition("=")
    addresses, _, identity = rest.partition("@")
    return Destination(name, [place(one) for one in addresses.split(",")], identity)


def routes(texts: list[str]) -> dict[str, list[str]]:
    return {kind: names.split(",") for kind, _, names in (text.partition("=") for text in texts)}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--listen", type=place, action="append", required=True, metavar="ADDRESS:PORT")
    parser.add_argument(
        "--destination", type=destination, action="append", required=True, metavar="NAME=ADDRESS:PORT,ADDRESS:PORT@APPLICATION|FACILITY"
    )
    parser.add_argument("--route", action="append", required=True, metavar="KIND=NAME,NAME", help="KIND as ADT^A01, ADT or *")
    parser.add_argument("--queue", type=int, default=10_000, help="messages a destination at most")
    parser.add_argument("--retry", type=float, default=1.0, help="seconds after every address of a destination refused")
    parser.add_argument("--status", type=Path)
    parser.add_argument("--control", type=Path)
    asked = parser.parse_args()
    known = {one.name for one in asked.destination}
    if unknown := {name for names in routes(asked.route).values() for name in names} - known:
        parser.error(f"routes to {', '.join(sorted(unknown))}, which is no --destination")
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(run(asked))


if __name__ == "__main__":
    main()
