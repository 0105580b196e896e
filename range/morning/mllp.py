"""HL7 v2 over MLLP, both ends, as one host of the range runs them.

Framing: HL7 MLLP Release 1 (start block 0x0B, end block 0x1C 0x0D). Messages: HL7 v2.5.1 chapters 2 (MSH, SFT, MSA), 3 (ADT), 7 (ORU),
4 (ORM); monitor results name their device in OBX-18 as IHE PCD-01 does.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from cast import Patient, patients

START, END = b"\x0b", b"\x1c\r"
MESSAGE_BYTES = 1 << 20
PACE_S = (0.05, 0.35)
SOFTWARE = {
    "adt": ("ZZADT|MAIN", "SFT|ZZ Example Software|4.2|ZZ-ADT|4.2.1"),
    "lab": ("ZZLIS|CORELAB", "SFT|ZZ Example Laboratory|11.0|ZZ-LIS|11.0.3"),
    "monitor": ("PICIX|ICU", "SFT|Philips Medical Systems|C.03.20|PIC iX|C.03.20"),
}


def now() -> str:
    return time.strftime("%Y%m%d%H%M%S")


def head(feed: str, kind: str, control: str) -> list[str]:
    sender, software = SOFTWARE[feed]
    structure = kind.replace("A08", "A01")
    return [
        f"MSH|^~\\&|{sender}|ZZEHR|HOSPITAL|{now()}||{kind}^{structure.replace('^', '_')}|{control}|P|2.5.1||||||UNICODE UTF-8",
        software,
    ]


def person(patient: Patient) -> list[str]:
    return [
        f"PID|1||{patient.id}^^^ZZHOSP^MR||{patient.name}||{patient.birth}|O"
        f"|||1 ZZ Test Lane^^Exampletown||555-0100|||||{patient.accession}",
        "PV1|1|I|ICU^01^1^ZZHOSP||||ZZ1^ZZTEST^DOCTOR",
    ]


def admission(rng: random.Random, patient: Patient, control: str) -> list[str]:
    kind = rng.choice(["A01", "A04", "A08"])
    return [*head("adt", f"ADT^{kind}", control), f"EVN|{kind}|{now()}", *person(patient)]


def laboratory(rng: random.Random, patient: Patient, control: str) -> list[str]:
    if rng.random() < 0.25:
        return [*head("lab", "ORM^O01", control), *person(patient), f"ORC|NW|{patient.order}", f"OBR|1|{patient.order}||CBC^Blood count^L"]
    results = [
        f"OBX|{n}|NM|{code}^{name}^LN||{rng.uniform(*span):.1f}|{unit}|||||F|||{now()}||||ZZANALYSER-1^ZZ Example Analyser"
        for n, (code, name, unit, span) in enumerate(
            [
                ("718-7", "Hemoglobin", "g/dL", (8, 17)),
                ("6690-2", "Leukocytes", "10*3/uL", (3, 15)),
                ("777-3", "Platelets", "10*3/uL", (90, 400)),
            ],
            1,
        )
    ]
    return [*head("lab", "ORU^R01", control), *person(patient), f"OBR|1|{patient.order}||CBC^Blood count^L|||{now()}", *results]


def monitor(rng: random.Random, patient: Patient, control: str) -> list[str]:
    bed = f"0009FBFFFE00000{rng.randrange(1, 5)}"
    origin = f"|||||R|||{now()}||||{bed}^{bed}^EUI-64"
    return [
        *head("monitor", "ORU^R01", control),
        *person(patient),
        f"OBR|1|{patient.order}||182777000^monitoring of patient^SCT|||{now()}",
        f"OBX|1|NM|147842^MDC_ECG_HEART_RATE^MDC|1.1.1.1|{rng.randrange(50, 120)}|264864^MDC_DIM_BEAT_PER_MIN^MDC{origin}",
        f"OBX|2|NM|150456^MDC_PULS_OXIM_SAT_O2^MDC|1.2.1.1|{rng.randrange(88, 100)}|262688^MDC_DIM_PERCENT^MDC{origin}",
    ]


FEEDS: dict[str, Callable[[random.Random, Patient, str], list[str]]] = {"adt": admission, "lab": laboratory, "monitor": monitor}


def framed(segments: list[str]) -> bytes:
    return START + ("\r".join(segments) + "\r").encode() + END


def acknowledgement(message: bytes) -> bytes:
    """An original-mode acknowledgement (v2.5.1 2.9.2): sender and receiver change places, MSA-2 repeats MSH-10."""
    field = message.lstrip(START).split(b"\r", 1)[0].decode(errors="replace").split("|")
    answer = ["MSH", field[1], field[4], field[5], field[2], field[3], now(), "", "ACK", "A" + field[9], "P", "2.5.1"]
    return framed(["|".join(answer), f"MSA|AA|{field[9]}"])


async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, message: bytes) -> None:
    writer.write(message)
    await writer.drain()
    await reader.readuntil(END)


async def send(feed: str, to: str, seed: int, messages: int) -> None:
    """One long-lived connection, one message after the other's acknowledgement, at a human pace."""
    address, port = to.split(":")
    rng, everyone = random.Random(f"{seed}{feed}"), patients(seed)
    reader, writer = await asyncio.open_connection(address, int(port), limit=MESSAGE_BYTES)
    for number in range(messages):
        segments = FEEDS[feed](rng, everyone[number % len(everyone)], f"{feed[:3].upper()}{number:06d}")
        await converse(reader, writer, framed(segments))
        await asyncio.sleep(rng.uniform(*PACE_S))
    writer.close()
    await writer.wait_closed()


async def receive(ports: list[int], forward: str) -> None:
    """Acknowledge whatever comes; with `forward`, hand each message on first, over one connection a sender."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        onward = await asyncio.open_connection(*forward.split(":"), limit=MESSAGE_BYTES) if forward else None
        try:
            while True:
                message = await reader.readuntil(END)
                if onward:
                    await converse(*onward, message)
                writer.write(acknowledgement(message[: -len(END)]))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()
            if onward:
                onward[1].close()

    servers = [await asyncio.start_server(serve, "0.0.0.0", port, limit=MESSAGE_BYTES) for port in ports]
    await asyncio.gather(*(server.serve_forever() for server in servers))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    role = parser.add_subparsers(dest="role", required=True)
    receiver = role.add_parser("receive")
    receiver.add_argument("--ports", type=int, nargs="+", required=True)
    receiver.add_argument("--forward", default="", help="ADDRESS:PORT")
    sender = role.add_parser("send")
    sender.add_argument("--feed", choices=sorted(FEEDS), required=True)
    sender.add_argument("--to", required=True, help="ADDRESS:PORT")
    sender.add_argument("--seed", type=int, required=True)
    sender.add_argument("--messages", type=int, required=True)
    asked = parser.parse_args()
    if asked.role == "receive":
        asyncio.run(receive(asked.ports, asked.forward))
    else:
        asyncio.run(send(asked.feed, asked.to, asked.seed, asked.messages))


if __name__ == "__main__":
    main()
