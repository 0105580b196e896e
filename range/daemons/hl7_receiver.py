"""An end system of HL7 v2 feeds (EHR, LIS, RIS): acknowledges every message in original mode and counts by kind.

python range/daemons/hl7_receiver.py --listen 10.1.0.9:2575 --status FILE [--answer AE]
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from address import place
from links.hl7 import ACCEPTED, CONNECTIONS, ERROR, MESSAGE_BYTES, REJECTED, acknowledgement, head, next_message
from status import Status


class Receiver:
    """Takes what comes and keeps nothing of it but counts."""

    def __init__(self, answer: str, status: Status) -> None:
        self.answer, self.status = answer, status
        self.senders = 0

    def take(self, raw: bytes) -> bytes:
        told = head(raw)
        self.status.count("received")
        if not told:
            self.status.count("rejected")
            return acknowledgement(told, REJECTED, "no MSH with a kind and a number")
        self.status.count("kinds", told.kind)
        self.status.count("acknowledged" if self.answer == ACCEPTED else "refused")
        return acknowledgement(told, self.answer)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.senders >= CONNECTIONS:
            writer.close()
            return
        self.senders += 1
        self.status.set(senders=self.senders)
        try:
            while True:
                writer.write(self.take(await next_message(reader)))
                await writer.drain()
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, OSError):
            pass
        finally:
            self.senders -= 1
            self.status.set(senders=self.senders)
            writer.close()


async def run(asked: argparse.Namespace) -> None:
    receiver = Receiver(asked.answer, Status(asked.status, received=0, acknowledged=0))
    servers = [await asyncio.start_server(receiver.serve, *one, limit=MESSAGE_BYTES) for one in asked.listen]
    print(f"listening {len(servers)}", flush=True)
    await asyncio.gather(*(server.serve_forever() for server in servers))


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--listen", type=place, action="append", required=True, metavar="ADDRESS:PORT")
    parser.add_argument("--answer", choices=(ACCEPTED, ERROR, REJECTED), default=ACCEPTED)
    parser.add_argument("--status", type=Path)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(run(parser.parse_args()))


if __name__ == "__main__":
    main()
