"""A video consultation's voice: two WebRTC peers by aiortc, each a process in its host's namespace.

ICE (RFC 8445) with host addresses only, DTLS-SRTP (RFC 5764), Opus. Offer and answer (RFC 8829) go through the caller's pipes, so that
signalling is not on the wire. The voice is silence.

    python range/clients/telehealth.py offer|answer SECONDS SPEED        one peer: JSON descriptions on stdout and stdin
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

WAIT_S = 30.0
RATE, FRAME = 48_000, 960  # 20 ms of Opus


class CallError(Exception):
    """The two did not hear each other."""


@dataclass(frozen=True, slots=True)
class Heard:
    """Frames of 20 ms that each side got from the other."""

    by_a: int
    by_b: int


def call(host_a: str, host_b: str, seconds: float, speed: float = 1.0) -> Heard:
    """Let two hosts talk for so many seconds of voice; with `speed`, its packets follow that much faster. "" is this namespace."""
    with _peer(host_a, "offer", seconds, speed) as a, _peer(host_b, "answer", seconds, speed) as b:
        peers = (a, b)
        try:
            _pass(a, b)
            _pass(b, a)
            heard = [int(_line(peer)["heard"]) for peer in peers]
            for peer in peers:
                print("{}", file=peer.stdin, flush=True)  # both have heard enough: hang up
            for peer in peers:
                peer.wait(timeout=WAIT_S)
        except (OSError, ValueError, KeyError, subprocess.TimeoutExpired) as error:
            raise CallError(f"{host_a} and {host_b}: {error}") from error
        finally:
            for peer in peers:
                peer.kill()
    return Heard(*heard)


def _peer(host: str, role: str, seconds: float, speed: float) -> subprocess.Popen[str]:
    enter = ["ip", "netns", "exec", host] if host else []
    words = [*enter, sys.executable, str(Path(__file__).resolve()), role, str(seconds), str(speed)]
    return subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)


def _line(peer: subprocess.Popen[str]) -> dict[str, Any]:
    assert peer.stdout
    return dict(json.loads(peer.stdout.readline()))


def _pass(a: subprocess.Popen[str], b: subprocess.Popen[str]) -> None:
    print(json.dumps(_line(a)), file=b.stdin, flush=True)


async def talk(role: str, seconds: float, speed: float) -> None:
    """One peer's call: describe, connect, send voice and count what comes; ends when the caller says so."""
    from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription

    link = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    heard: asyncio.Queue[int] = asyncio.Queue()
    tasks = set()

    def hear(track: Any) -> None:
        tasks.add(asyncio.create_task(_count(track, round(seconds * RATE / FRAME), heard)))

    link.on("track", hear)
    link.addTrack(_silence(speed))
    if role == "answer":
        await link.setRemoteDescription(RTCSessionDescription(**await _told()))
        await link.setLocalDescription(await link.createAnswer())
    else:
        await link.setLocalDescription(await link.createOffer())
    _say({"sdp": link.localDescription.sdp, "type": link.localDescription.type})
    if role == "offer":
        await link.setRemoteDescription(RTCSessionDescription(**await _told()))
    _say({"heard": await asyncio.wait_for(heard.get(), WAIT_S + seconds / speed)})
    await _told()
    await link.close()


async def _count(track: Any, wanted: int, heard: asyncio.Queue[int]) -> None:
    for _ in range(wanted):
        await track.recv()
    heard.put_nowait(wanted)
    while True:  # until the other has heard enough too
        await track.recv()


def _silence(speed: float) -> Any:
    """A track of silent frames, at their pace."""
    from aiortc.mediastreams import MediaStreamTrack
    from av import AudioFrame

    class Silence(MediaStreamTrack):  # type: ignore[misc]  # of a library without types
        kind = "audio"
        sent = 0

        async def recv(self) -> AudioFrame:
            await asyncio.sleep(FRAME / RATE / speed)
            frame = AudioFrame(format="s16", layout="mono", samples=FRAME)
            for plane in frame.planes:
                plane.update(bytes(plane.buffer_size))
            frame.pts, frame.sample_rate, frame.time_base = self.sent, RATE, Fraction(1, RATE)
            self.sent += FRAME
            return frame

    return Silence()


async def _told() -> dict[str, Any]:
    return dict(json.loads(await asyncio.to_thread(sys.stdin.readline)))


def _say(what: dict[str, Any]) -> None:
    print(json.dumps(what), flush=True)


if __name__ == "__main__":
    asyncio.run(talk(sys.argv[1], float(sys.argv[2]), float(sys.argv[3])))
