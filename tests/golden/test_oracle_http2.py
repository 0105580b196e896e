"""HTTP/2 of nginx, nghttpd and nghttpx against tshark, which keeps the tables of HPACK too.

Where we differ on purpose: as in `test_oracle_tshark.py`, and an answer to a request of HTTP/1.1 stands in the row of that request.
"""

from __future__ import annotations

import json
import subprocess
from collections import defaultdict
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from .captures import HERE
from .oracle import first, needs_tshark, rows, tshark
from .test_oracle_tshark import same_shape

pytestmark = needs_tshark
DATA, HEADERS, RESET, PUSH = "0", "1", "3", "5"
PADDED = 8
CAPTURES = sorted(HERE.glob("http/http2_*.pcap"))
AS = ("-d", "tcp.port==8080,http2", "-d", "tcp.port==8082,http2", "-d", "tcp.port==8083,http")
captures = pytest.mark.parametrize("path", CAPTURES, ids=lambda path: path.stem)


@dataclass
class Exchange:
    """What tshark says of one stream."""

    version: str = "2"
    asked: dict[str, str] = field(default_factory=dict)
    said: dict[str, str] = field(default_factory=dict)
    sizes: dict[bool, int] = field(default_factory=lambda: {False: 0, True: 0})
    reset: bool = False


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _frames(path: Path) -> list[tuple[str, str, dict[str, Any]]]:
    """Community id, source port and fields of each frame, in order."""
    command = ["tshark", "-n", "-r", str(path), "--enable-protocol", "communityid", *AS, "-Y", "http2", "-T", "json", "--no-duplicate-keys"]
    packets = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    found = []
    for packet in packets:
        layers = packet["_source"]["layers"]
        for layer in _list(layers["http2"]):
            frames = [frame for frame in _list(layer.get("http2.stream", [])) if "http2.type" in frame]  # the preface has none
            found += [(layers["communityid"], layers["tcp"]["tcp.srcport"], frame) for frame in frames]
    return found


@cache
def exchanges(path: Path) -> dict[str, list[Exchange]]:
    """Of each connection, in the order of their requests' heads."""
    streams: dict[str, dict[str, Exchange]] = defaultdict(dict)
    asked = ("communityid", "http.request.method", "http.request.uri", "http.host", "http.user_agent", "http.authorization")
    for flow, *values in tshark(path, "http.request && http.upgrade", *asked, options=AS):
        names = (":method", ":path", ":authority", "user-agent", "authorization")
        given = {name: first(value) for name, value in zip(names, values, strict=True)}
        streams[flow[0]]["1"] = Exchange("1.1", {name: value for name, value in given.items() if value})
    for flow, port, frame in _frames(path):
        kind, stream = frame["http2.type"], frame.get("http2.push_promise.promised_stream_id", frame["http2.streamid"])
        answer = port in ("8080", "8082", "8083")
        if kind in (HEADERS, PUSH):
            fields = {one["http2.header.name"]: one.get("http2.header.value", "") for one in _list(frame["http2.header"])}
            exchange = streams[flow].setdefault(stream, Exchange())
            (exchange.asked if ":method" in fields else exchange.said).update(fields)
        elif kind == DATA:
            padding = int(frame["http2.pad_length"]) + 1 if int(frame["http2.flags"], 16) & PADDED else 0
            streams[flow][stream].sizes[answer] += int(frame["http2.length"]) - padding
        elif kind == RESET:
            streams[flow][stream].reset = True
    return {flow: list(found.values()) for flow, found in streams.items()}


@captures
def test_every_stream_is_a_row(path: Path) -> None:
    theirs = exchanges(path)
    assert sum(map(len, theirs.values())) == len(rows(path)["http"]) > 5
    for row in rows(path)["http"]:
        other = theirs[row["community_id"]][row["trans_depth"] - 1]
        asked, said = other.asked, other.said
        target, _, query = asked[":path"].partition("?")
        assert (row["version"], row["method"], row["host"]) == (other.version, asked[":method"], asked[":authority"].partition(":")[0])
        assert same_shape(row["uri"].lower(), target.lower())  # words are kept in lower case
        keys = [pair.partition("=")[0] for pair in query.split("&")] if query else []
        assert all(mine in (key, "{}") for mine, key in zip(row["query_keys"], keys, strict=True))
        assert row["auth_scheme"] == (asked["authorization"].split()[0].lower() if "authorization" in asked else None)
        assert row["user_agent"] == asked.get("user-agent")
        assert (row["server"] or "") in said["server"]  # products that are not known are left out
        assert (row["content_type"], row["resp_mime"]) == tuple(_media(fields.get("content-type")) for fields in (asked, said))
        assert row["status_code"] == int(said[":status"])
        assert (row["request_body_len"], row["response_body_len"]) == (other.sizes[False], other.sizes[True])
        assert (row["partial"], row["malformed"]) == (other.reset, None)


def _media(value: str | None) -> str | None:
    return value.partition(";")[0].strip() if value else None


def test_what_is_compared_has_all_that_matters() -> None:
    """Answers from the table, requests from it, bodies of several frames, pushes, an upgrade."""
    found = [(path, frame) for path in CAPTURES for _, _, frame in _frames(path)]
    fields = [one for _, frame in found for one in _list(frame.get("http2.header", []))]
    kinds = {one["http2.header.repr"].partition(" - ")[0] for one in fields}
    assert kinds >= {"Indexed Header Field", "Literal Header Field with Incremental Indexing", "Literal Header Field without Indexing"}
    assert sum(int(one.get("http2.header.index", 0)) > 61 for one in fields) > 30
    assert {frame["http2.type"] for _, frame in found} >= {DATA, HEADERS, RESET, PUSH}
    assert {other.version for path in CAPTURES for flow in exchanges(path).values() for other in flow} == {"1.1", "2"}
    assert all(rows(CAPTURES[0])[stream] for stream in ("fhir", "dicomweb"))
