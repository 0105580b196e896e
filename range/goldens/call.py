"""One end of a video visit as a browser's stack has it (aiortc): silence for a moment, a word over a data channel, and the end.

    python range/goldens/call.py offer|answer FOLDER

Descriptions of the session go by files in a folder; no server helps. Needs Python with aiortc.
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import AudioStreamTrack

SPEAKS_S = 0.4


async def told(path: Path) -> RTCSessionDescription:
    while not path.exists():
        await asyncio.sleep(0.05)
    return RTCSessionDescription(**json.loads(path.read_text()))


def tell(path: Path, description: RTCSessionDescription) -> None:
    draft = path.with_suffix(".draft")
    draft.write_text(json.dumps({"sdp": description.sdp, "type": description.type}))
    draft.rename(path)


async def call(side: str, folder: Path) -> None:
    end = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    end.addTrack(AudioStreamTrack())
    connected = asyncio.Event()
    end.on("connectionstatechange", lambda: connected.set() if end.connectionState == "connected" else None)
    if side == "offer":
        channel = end.createDataChannel("zztest")
        channel.on("open", lambda: channel.send("ZZTEST invented"))
        await end.setLocalDescription(await end.createOffer())
        tell(folder / "offer", end.localDescription)
        await end.setRemoteDescription(await told(folder / "answer"))
    else:
        await end.setRemoteDescription(await told(folder / "offer"))
        await end.setLocalDescription(await end.createAnswer())
        tell(folder / "answer", end.localDescription)
    await connected.wait()
    await asyncio.sleep(SPEAKS_S)
    await end.close()


asyncio.run(call(sys.argv[1], Path(sys.argv[2])))
